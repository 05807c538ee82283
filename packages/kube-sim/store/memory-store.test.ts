import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Change, Compacted, type Store } from '@kubenova/kube-model/store.ts';
import { describe, expect, it } from 'vitest';
import { createStore } from './memory-store.ts';

const object = (name: string, namespace = 'a', more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, uid: `uid-${name}`, ...more },
});

function put(store: Store, value: KubeObject) {
  const { namespace = '', name } = value.metadata;
  const entry = store.put('configmaps', value, store.get('configmaps', namespace, name));
  if (entry === undefined) throw new Error('lost a race against nobody');
  return entry;
}

const names = (page: { entries: readonly { name: string }[] }): string[] => page.entries.map(({ name }) => name);

describe('writing', () => {
  it('stamps one revision for everything and keeps nothing of the object but its JSON', () => {
    const store = createStore();
    const value = { ...object('x'), data: { a: '1', gone: undefined } };
    const entry = put(store, value);
    value.data.a = '2';
    expect(entry.revision).toBe(1);
    expect(entry.object).toEqual({ ...object('x', 'a', { resourceVersion: '1' }), data: { a: '1' } });
    expect(Object.keys(entry.object.data as object)).toEqual(['a']);
    expect(entry.json).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"x"/);
    expect(put(store, object('y', 'b')).revision).toBe(2);
    expect(store.revision).toBe(2);
  });

  it('happens only on top of what the writer has seen', () => {
    const store = createStore();
    const first = put(store, object('x'));
    expect(store.put('configmaps', object('x'), undefined)).toBeUndefined();
    const second = put(store, object('x'));
    expect(store.put('configmaps', object('x'), first)).toBeUndefined();
    expect(store.remove('configmaps', first)).toBeUndefined();
    expect(store.remove('configmaps', second)?.object.metadata.resourceVersion).toBe('3');
    expect(store.get('configmaps', 'a', 'x')).toBeUndefined();
    expect(store.revision).toBe(3);
  });

  it('refuses what etcd would not take, and writes nothing of it', () => {
    const store = createStore();
    const large = { ...object('x'), data: 'x'.repeat(1.5 * 1024 * 1024) };
    expect(() => put(store, large)).toThrow('etcdserver: request is too large');
    expect(store.revision).toBe(0);
  });

  it('finds the dependents of an owner, as they are now', () => {
    const store = createStore();
    const owner = { apiVersion: 'v1', kind: 'X', name: 'o', uid: 'owner' };
    put(store, object('x', 'a', { ownerReferences: [owner] }));
    const now = put(store, object('x', 'a', { ownerReferences: [owner], labels: { a: 'b' } }));
    expect(store.ownedBy('owner')).toEqual([{ storage: 'configmaps', entry: now }]);
    put(store, object('x'));
    expect(store.ownedBy('owner')).toEqual([]);
  });
});

describe('lists', () => {
  it('go page by page through what was there when the first was asked for', () => {
    const store = createStore();
    for (const name of ['b', 'c', 'd', 'e']) put(store, object(name));
    put(store, object('z', 'other'));
    const first = store.list('configmaps', { namespace: 'a', limit: 2 });
    expect(first).toMatchObject({ revision: 5, next: 'a/c', remaining: 2 });
    const gone = store.get('configmaps', 'a', 'd');
    if (gone) store.remove('configmaps', gone);
    put(store, object('cc'));
    put(store, { ...object('e'), data: { changed: 'yes' } });
    const on = { after: first.next ?? '', revision: first.revision };
    const second = store.list('configmaps', { namespace: 'a', limit: 2, continue: on });
    expect(names(second)).toEqual(['d', 'e']);
    expect(second.entries[1]?.object.data).toBeUndefined();
    expect(second.next).toBeUndefined();
    expect(names(store.list('configmaps', { namespace: 'a' }))).toEqual(['b', 'c', 'cc', 'e']);
    expect(names(store.list('configmaps', { continue: { after: '', revision: 2 } }))).toEqual(['b', 'c']);
  });

  it('end with Compacted once what they go on from is forgotten', () => {
    const store = createStore();
    for (const name of ['b', 'c']) put(store, object(name));
    store.compact();
    put(store, object('d'));
    expect(() => store.list('configmaps', { limit: 1, continue: { after: 'a/b', revision: 1 } })).toThrow(Compacted);
    expect(names(store.list('configmaps', { limit: 9, continue: { after: 'a/b', revision: 2 } }))).toEqual(['c']);
  });

  it('count by storage and namespace', () => {
    const store = createStore();
    put(store, object('b'));
    put(store, object('c', 'other'));
    expect([store.count('configmaps'), store.count('configmaps', 'a'), store.count('pods')]).toEqual([2, 1, 0]);
    expect(store.storages('other')).toEqual(['configmaps']);
    expect(store.storages('nowhere')).toEqual([]);
  });
});

describe('changes', () => {
  it('are told in order, with what was there before', () => {
    const store = createStore();
    const seen: string[] = [];
    const note = ({ type, entry, previous, revision }: Change) =>
      seen.push(`${type} ${entry.name} ${revision} after ${previous?.revision}`);
    const stop = store.onChange('configmaps', note);
    store.onChange('pods', note);
    put(store, object('x'));
    const last = put(store, object('x'));
    store.remove('configmaps', last);
    stop();
    put(store, object('x'));
    expect(seen).toEqual(['ADDED x 1 after undefined', 'MODIFIED x 2 after 1', 'DELETED x 3 after 2']);
    expect(store.changesSince('configmaps', 1).map(({ revision }) => revision)).toEqual([2, 3, 4]);
    expect(store.changesSince('pods', 0)).toEqual([]);
  });

  it('are forgotten beyond the limit', () => {
    const store = createStore({ historyLimit: 10 });
    for (let count = 0; count < 200; count += 1) put(store, object('x'));
    expect(() => store.changesSince('configmaps', 100)).toThrow(Compacted);
    expect(store.changesSince('configmaps', 195)).toHaveLength(5);
  });
});

it('gives every object back unharmed after it has been packed', () => {
  const store = createStore({ historyLimit: 10 });
  const text = 'x'.repeat(8000);
  const many = 9_600;
  for (let index = 0; index < many; index += 1) put(store, { ...object(`n-${index}`), data: `ü ${index} ${text}` });
  for (let index = 0; index < many; index += 97) {
    const entry = store.get('configmaps', 'a', `n-${index}`);
    expect(entry?.object.data).toBe(`ü ${index} ${text}`);
    expect(JSON.parse(entry?.json ?? '')).toEqual(entry?.object);
  }
  // Most of some blocks goes; what is left of them is taken out and is still whole.
  for (let index = 0; index < 1600; index += 1) {
    const entry = store.get('configmaps', 'a', `n-${index}`);
    if (index % 32 !== 7 && entry) store.remove('configmaps', entry);
  }
  expect(store.get('configmaps', 'a', 'n-7')?.object.data).toBe(`ü 7 ${text}`);
  expect(store.get('configmaps', 'a', 'n-1')).toBeUndefined();
});
