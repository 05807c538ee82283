import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepJournal } from './journal.ts';
import { createStore } from './memory-store.ts';

const configMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', uid: `uid-${name}` },
  data,
});

function fail(error: Error): never {
  throw error;
}

/** Everything there is, without the versions that a restart may change. */
function contentOf(store: Store): unknown[] {
  return store.storages().flatMap((storage) =>
    store.list(storage).entries.map(({ object }) => {
      const { resourceVersion: _version, ...metadata } = object.metadata;
      return { ...object, metadata };
    }),
  );
}

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubenova-journal-'));
  file = path.join(folder, 'journal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function lived(): Promise<Store> {
  const store = createStore();
  const journal = keepJournal(store, file, fail);
  const first = store.put('configmaps', configMap('a', { n: '1' }), undefined);
  store.put('configmaps', configMap('a', { n: '2' }), first);
  const gone = store.put('configmaps', configMap('gone', {}), undefined);
  if (gone !== undefined) store.remove('configmaps', gone);
  await journal.close();
  return store;
}

describe('the journal', () => {
  it('brings back what was there, with its uids, and nothing that was deleted', async () => {
    const before = await lived();
    const after = createStore();
    await keepJournal(after, file, fail).close();
    expect(contentOf(after)).toEqual(contentOf(before));
    expect(after.list('configmaps').entries.map(({ name, uid }) => [name, uid])).toEqual([['a', 'uid-a']]);
  });

  it('drops a last line that was cut off', async () => {
    const before = await lived();
    appendFileSync(file, '["configmaps",{"apiVersion":"v1","kin');
    const after = createStore();
    await keepJournal(after, file, fail).close();
    expect(contentOf(after)).toEqual(contentOf(before));
  });

  it('does not pass over a broken line in the middle: a cluster with a hole is worse than none', async () => {
    writeFileSync(file, '["configmaps",{"apiV\n["configmaps","shop","a"]\n');
    expect(() => keepJournal(createStore(), file, fail)).toThrow(SyntaxError);
  });

  it('does not grow with every start', async () => {
    await lived();
    const restart = () => keepJournal(createStore(), file, fail).close();
    await restart();
    const size = readFileSync(file).length;
    await restart();
    expect(readFileSync(file).length).toBe(size);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
  });
});
