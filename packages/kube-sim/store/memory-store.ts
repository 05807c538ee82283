/**
 * The store in memory: sorted entries by storage, one history of changes for watches and for lists that go on at an
 * older revision. Such a list takes what is there now and undoes what came after.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Change, Compacted, type Entry, type Store } from '@kubenova/kube-model/store.ts';
import { PackedEntry } from './packed-entry.ts';
import { compareKeys, partition, SortedEntries } from './sorted-entries.ts';

/** @param options.historyLimit changes that are remembered */
export function createStore({ historyLimit = 5000 }: { readonly historyLimit?: number } = {}): Store {
  const storages = new Map<string, SortedEntries>();
  const owned = new Map<string, { storage: string; entry: PackedEntry }[]>();
  const listeners = new Map<string | undefined, Set<(change: Change) => void>>();
  let history: Change[] = [];
  /** The newest change that is forgotten; earlier ones are too. */
  let compacted = 0;
  let revision = 0;

  const find = (storage: string, namespace: string, name: string) => storages.get(storage)?.get(namespace, name);

  function record(change: Change): void {
    history.push(change);
    // Forgetting in batches: dropping one at a time from the front would copy the whole each time.
    if (history.length > historyLimit + Math.max(64, historyLimit / 4)) forget(history.length - historyLimit);
    for (const key of [change.storage, undefined]) {
      for (const listener of listeners.get(key) ?? []) listener(change);
    }
  }

  function forget(count: number): void {
    compacted = history[count - 1]?.revision ?? compacted;
    for (const { previous, type, entry } of history.slice(0, count)) {
      if (previous instanceof PackedEntry) previous.release();
      if (type === 'DELETED' && entry instanceof PackedEntry) entry.release();
    }
    history = history.slice(count);
  }

  /** Index of the first change after a revision. */
  const indexAfter = (since: number) => partition(history.length, (at) => (history[at]?.revision ?? 0) <= since);

  function own(storage: string, entry: PackedEntry): void {
    for (const uid of entry.owners) {
      const list = owned.get(uid) ?? [];
      list.push({ storage, entry });
      owned.set(uid, list);
    }
  }

  function disown(entry: PackedEntry | undefined): void {
    for (const uid of entry?.owners ?? []) {
      const rest = owned.get(uid)?.filter((each) => each.entry !== entry) ?? [];
      if (rest.length === 0) owned.delete(uid);
      else owned.set(uid, rest);
    }
  }

  /** What was there at a revision. @throws Compacted */
  function rewound(storage: string, namespace: string | undefined, at: number): readonly PackedEntry[] {
    const now = storages.get(storage)?.in(namespace) ?? [];
    const changed = new Map<string, PackedEntry | undefined>();
    for (const { entry, previous } of at === revision ? [] : store.changesSince(storage, at)) {
      if (namespace !== undefined && entry.namespace !== namespace) continue;
      const key = keyOf(entry);
      if (!changed.has(key)) changed.set(key, previous as PackedEntry | undefined);
    }
    if (changed.size === 0) return now;
    const was = new SortedEntries();
    for (const entry of now) if (!changed.has(keyOf(entry))) was.set(entry);
    for (const entry of changed.values()) if (entry !== undefined) was.set(entry);
    return was.in(undefined);
  }

  const store: Store = {
    get revision() {
      return revision;
    },
    get: find,

    list(storage, { namespace, limit = Number.POSITIVE_INFINITY, continue: token } = {}) {
      const at = token?.revision ?? revision;
      const all = rewound(storage, namespace, at);
      const [, afterNamespace = '', afterName = ''] = /^(.*?)\/(.*)$/.exec(token?.after ?? '') ?? [];
      const isBefore = (entry: PackedEntry | undefined): boolean =>
        entry !== undefined && compareKeys(entry.namespace, entry.name, afterNamespace, afterName) <= 0;
      const start = token?.after ? partition(all.length, (index) => isBefore(all[index])) : 0;
      const entries = start === 0 && limit >= all.length ? all : all.slice(start, start + limit);
      const remaining = all.length - start - entries.length;
      const last = entries.at(-1);
      if (remaining === 0 || last === undefined) return { entries, revision: at };
      return { entries, revision: at, next: keyOf(last), remaining };
    },

    storages: (namespace) => [...storages.keys()].filter((storage) => store.count(storage, namespace) > 0).sort(),

    count: (storage, namespace) =>
      namespace === undefined ? (storages.get(storage)?.size ?? 0) : (storages.get(storage)?.in(namespace).length ?? 0),

    put(storage, object, expected) {
      const { name, namespace = '' } = object.metadata;
      const there = find(storage, namespace, name);
      if (there !== expected) return undefined;
      const entry = written(object, revision + 1);
      revision += 1;
      const entries = storages.get(storage) ?? new SortedEntries();
      storages.set(storage, entries);
      entries.set(entry);
      disown(there);
      own(storage, entry);
      record({ type: there ? 'MODIFIED' : 'ADDED', storage, revision, entry, previous: there });
      return entry;
    },

    remove(storage, expected) {
      const there = find(storage, expected.namespace, expected.name);
      if (there === undefined || there !== expected) return undefined;
      const entry = written(there.object, revision + 1);
      revision += 1;
      storages.get(storage)?.delete(there.namespace, there.name);
      disown(there);
      record({ type: 'DELETED', storage, revision, entry, previous: there });
      return entry;
    },

    changesSince(storage, since) {
      if (since < compacted) throw new Compacted(compacted);
      return history.slice(indexAfter(since)).filter((change) => change.storage === storage);
    },

    onChange(storage, listener) {
      const set = listeners.get(storage) ?? new Set();
      listeners.set(storage, set.add(listener));
      return () => void set.delete(listener);
    },

    ownedBy: (uid) => owned.get(uid) ?? [],

    compact(upTo = revision) {
      forget(indexAfter(upTo));
      compacted = Math.max(compacted, Math.min(upTo, revision));
    },
  };
  return store;
}

/** etcd's `--max-request-bytes`. */
const LARGEST = 1.5 * 1024 * 1024;
const NOBODY: readonly string[] = [];

const keyOf = ({ namespace, name }: Entry): string => `${namespace}/${name}`;

/** Stamps the revision. kind, apiVersion and metadata come first: `api/rendering.ts` relies on it. */
function written({ kind, apiVersion, metadata, ...rest }: KubeObject, revision: number): PackedEntry {
  const given = metadata as KubeObject['metadata'] & { generateName?: string };
  const { name, generateName, namespace, uid, resourceVersion: _, managedFields, ...others } = given;
  const resourceVersion = String(revision);
  const ordered = { name, generateName, namespace, uid, resourceVersion, ...others, managedFields };
  const object: KubeObject = { kind, apiVersion, metadata: ordered, ...rest };
  const json = JSON.stringify(object);
  if (json.length > LARGEST) throw new Error('etcdserver: request is too large');
  return new PackedEntry(object, json, revision, metadata.ownerReferences?.map((owner) => owner.uid) ?? NOBODY);
}
