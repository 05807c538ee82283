import { describe, expect, it } from 'vitest';
import { configMap, createWorld, type World } from '../testing/world.ts';
import { list, listOptions } from './read.ts';

function filled(count = 5): World {
  const world = createWorld();
  for (let index = 0; index < count; index += 1) {
    const labels = { parity: index % 2 === 0 ? 'even' : 'odd' };
    world.store.put('configmaps', configMap(`c-${index}`, {}, { namespace: 'ns', uid: `${index}`, labels }), undefined);
  }
  return world;
}
const ask = (world: World, query: string, namespace = 'ns') =>
  list(world, { ...world.on('configmaps'), namespace }, listOptions(new URLSearchParams(query)));
const names = ({ entries }: { entries: readonly { name: string }[] }) => entries.map(({ name }) => name);

describe('list', () => {
  it('goes on where the last page ended, as of the first page', () => {
    const world = filled();
    const first = ask(world, 'limit=2');
    expect(first).toMatchObject({ remainingItemCount: 3, revision: 5 });
    const token = JSON.parse(Buffer.from(first.continue ?? '', 'base64url').toString());
    expect(token).toEqual({ v: 'meta.k8s.io/v1', rv: 5, start: '/c-1\0' });
    world.store.put('configmaps', configMap('c-11', {}, { namespace: 'ns', uid: 'x' }), undefined);
    const second = ask(world, `limit=2&continue=${first.continue}`);
    expect(names(second)).toEqual(['c-2', 'c-3']);
    expect(names(ask(world, `limit=2&continue=${second.continue}`))).toEqual(['c-4']);
    world.store.compact();
    expect(() => ask(world, `limit=2&continue=${first.continue}`)).toThrow(
      /^The provided continue parameter is too old/,
    );
  });

  it('fills a page with what the selectors pick, and then does not tell how much is left', () => {
    const world = filled(9);
    const first = ask(world, 'limit=2&labelSelector=parity%3Deven');
    expect(names(first)).toEqual(['c-0', 'c-2']);
    expect(first.remainingItemCount).toBeUndefined();
    expect(names(ask(world, `limit=9&labelSelector=parity%3Deven&continue=${first.continue}`))).toEqual([
      'c-4',
      'c-6',
      'c-8',
    ]);
    expect(names(ask(world, 'fieldSelector=metadata.name%3Dc-3', ''))).toEqual(['c-3']);
  });

  it('shows an exact version when it is asked for one', () => {
    const world = filled();
    expect(names(ask(world, 'resourceVersion=2&resourceVersionMatch=Exact'))).toEqual(['c-0', 'c-1']);
    expect(names(ask(world, 'resourceVersion=2&resourceVersionMatch=NotOlderThan'))).toHaveLength(5);
    expect(names(ask(world, 'resourceVersion=2'))).toHaveLength(5);
    expect(names(ask(world, 'resourceVersion=0'))).toHaveLength(5);
  });

  it.each([
    ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    [
      'resourceVersion=abc',
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    ['resourceVersion=99', 'Timeout: Too large resource version: 99, current: 5'],
    [
      'continue=xxx',
      "invalid continue token: continue key is not valid: invalid character 'Ç' looking for beginning of value",
    ],
    [
      'continue=eyJ2IjoiZm9vIn0',
      'invalid continue token: continue key is not valid: server does not recognize this encoded version foo',
    ],
    [
      'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    [
      'resourceVersionMatch=Exact',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersionMatch=Foo&resourceVersion=1',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'sendInitialEvents=true',
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
  ])('refuses %s', (query, message) => {
    expect(() => ask(filled(), query)).toThrow(message);
  });
});
