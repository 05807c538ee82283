import type { KubeObject } from '@kubenova/kube/object.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../negotiation.ts';
import { configMap, createWorld, type World } from '../testing/world.ts';
import { listOptions } from './read.ts';
import { watch } from './watching.ts';

interface Watched {
  readonly events: () => string[];
  readonly objects: () => KubeObject[];
  readonly stop: () => void;
  ended: boolean;
}

function open(world: World, query: string, accept?: string): Watched {
  let text = '';
  const parsed = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { type: string; object: KubeObject });
  const watched: Watched = {
    events: () =>
      parsed().map(({ type, object }) => `${type} ${object.metadata.name ?? ''}@${object.metadata.resourceVersion}`),
    objects: () => parsed().map(({ object }) => object),
    stop: () => stop(),
    ended: false,
  };
  const sink = {
    write(events: string) {
      text += events;
    },
    end() {
      watched.ended = true;
    },
  };
  const render = { format: negotiate(accept), includeObject: 'Metadata', now: 0 } as const;
  const stop = watch(world, world.on('configmaps'), listOptions(new URLSearchParams(query), true), render, sink);
  return watched;
}

function put(world: World, name: string, labels: Record<string, string> = {}, namespace = 'ns'): void {
  const object = configMap(name, {}, { namespace, uid: name, labels });
  world.store.put('configmaps', object, world.store.get('configmaps', namespace, name));
}
function drop(world: World, name: string): void {
  const entry = world.store.get('configmaps', 'ns', name);
  if (entry) world.store.remove('configmaps', entry);
}
const shows = async (watched: Watched, expected: string[]) => {
  await waitFor({
    what: expected.join(),
    timeoutMs: 5_000,
    everyMs: 1,
    look: () => watched.events().length >= expected.length || undefined,
  });
  expect(watched.events()).toEqual(expected);
};

describe('a watch', () => {
  it('without a version begins with what is there', async () => {
    const world = createWorld();
    put(world, 'a');
    const watched = open(world, '');
    put(world, 'a');
    put(world, 'elsewhere', {}, 'other');
    drop(world, 'a');
    await shows(watched, ['ADDED a@1', 'MODIFIED a@2', 'DELETED a@4']);
    watched.stop();
  });

  it('goes on after a version, and says when that is forgotten', async () => {
    const world = createWorld();
    put(world, 'a');
    put(world, 'b');
    const watched = open(world, 'resourceVersion=1');
    await shows(watched, ['ADDED b@2']);
    watched.stop();
    world.store.compact();
    put(world, 'c');
    const late = open(world, 'resourceVersion=1');
    expect(late.ended).toBe(true);
    expect(late.objects()).toMatchObject([
      { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (3)' },
    ]);
  });

  it('sends what stops to match as deleted, as it was, and what starts to as added', async () => {
    const world = createWorld();
    put(world, 'a', { on: 'yes' });
    const watched = open(world, 'labelSelector=on%3Dyes');
    put(world, 'a', { on: 'yes', more: 'x' });
    put(world, 'a', { on: 'no' });
    put(world, 'a', { on: 'no', still: 'x' });
    put(world, 'a', { on: 'yes' });
    drop(world, 'a');
    await shows(watched, ['ADDED a@1', 'MODIFIED a@2', 'DELETED a@3', 'ADDED a@5', 'DELETED a@6']);
    expect(watched.objects()[2]?.metadata.labels).toEqual({ on: 'yes', more: 'x' });
    watched.stop();
  });

  it('marks the end of what is there when asked to', async () => {
    const world = createWorld();
    put(world, 'a');
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watched = open(world, query);
    await shows(watched, ['ADDED a@1', 'BOOKMARK @1']);
    expect(watched.objects()[1]?.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    watched.stop();
  });

  it('ends at its time', async () => {
    const watched = open(createWorld(), 'timeoutSeconds=1');
    await waitFor({ what: 'the end', timeoutMs: 5_000, everyMs: 10, look: () => watched.ended || undefined });
  });

  it('as a table names its columns once', async () => {
    const world = createWorld();
    put(world, 'a');
    put(world, 'b');
    const watched = open(world, '', 'application/json;as=Table;v=v1;g=meta.k8s.io');
    await waitFor({
      what: 'two rows',
      timeoutMs: 5_000,
      everyMs: 1,
      look: () => watched.objects().length === 2 || undefined,
    });
    const [first, second] = watched.objects();
    expect(first).toMatchObject({ kind: 'Table', rows: [{ cells: ['a', 0, expect.any(String)] }] });
    expect(first?.columnDefinitions).toHaveLength(3);
    expect(second?.columnDefinitions).toBeNull();
    watched.stop();
  });

  it.each([
    ['resourceVersion=abc', 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'],
    ['sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [
      'resourceVersionMatch=NotOlderThan',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    ['labelSelector=a%3D%3D%3D', "unable to parse requirement: found '=', expected: identifier"],
  ])('refuses %s', (query, message) => {
    expect(() => open(createWorld(), query)).toThrow(message);
  });
});
