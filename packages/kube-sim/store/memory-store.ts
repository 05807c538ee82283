/**
 * The store in memory: sorted entries by storage, one history of changes for watches and for lists that go on at an
 * older revision. Such a list takes what is there now and undoes what came after.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { PackedEntry } from './packed-entry.ts';
import { compareKeys, partition, SortedEntries } from './sorted-entries.ts';
import { type Change, Compacted, type ListQuery, type Page, type Store } from './store.ts';

interface Owned {
  readonly storage: string;
  readonly entry: PackedEntry;
}

export interface StoreOptions {
  /** Changes that are remembered; 5,000 unless said otherwise. */
  readonly historyLimit?: number;
}

export function createStore({ historyLimit = 5000 }: StoreOptions = {}): Store {
  const storages = new Map<string, SortedEntries>();
  const owned = new Map<string, Owned[]>();
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
      const list = owned.get(uid);
      if (list === undefined) owned.set(uid, [{ storage, entry }]);
      else list.push({ storage, entry });
    }
  }

  function disown(entry: PackedEntry | undefined): void {
    for (const uid of entry?.owners ?? []) {
      const rest = owned.get(uid)?.filter((each) => each.entry !== entry) ?? [];
      if (rest.length === 0) owned.delete(uid);
      else owned.set(uid, rest);
    }
  }

  /** What was there at a revision, of those that come after a key. */
  function rewind(storage: string, query: ListQuery, at: number): Iterable<PackedEntry> {
    const { namespace, continue: token } = query;
    const entries = storages.get(storage) ?? new SortedEntries();
    const [afterNamespace, afterName] = token?.after ? splitKey(token.after) : [namespace ?? '', ''];
    const was = new Map<string, PackedEntry | undefined>();
    for (const change of store.changesSince(storage, at)) {
      const { entry, previous } = change;
      const key = `${entry.namespace}/${entry.name}`;
      const after = compareKeys(entry.namespace, entry.name, afterNamespace, afterName) > 0;
      if (after && !was.has(key)) was.set(key, previous as PackedEntry | undefined);
    }
    if (was.size === 0) return entries.from(afterNamespace, afterName);
    const merged = new SortedEntries();
    for (const entry of entries.from(afterNamespace, afterName)) {
      if (!was.has(`${entry.namespace}/${entry.name}`)) merged.set(entry);
    }
    for (const entry of was.values()) {
      if (entry !== undefined) merged.set(entry);
    }
    return merged.from();
  }

  const store: Store = {
    get revision() {
      return revision;
    },
    get: find,

    list(storage, query = {}) {
      const { namespace, limit, continue: token } = query;
      const at = token?.revision ?? revision;
      if (token === undefined && limit === undefined) {
        return { entries: storages.get(storage)?.in(namespace) ?? [], revision };
      }
      const found: PackedEntry[] = [];
      let more = 0;
      for (const entry of rewind(storage, query, at)) {
        if (namespace !== undefined && entry.namespace !== namespace) break;
        if (token !== undefined && `${entry.namespace}/${entry.name}` === token.after) continue;
        if (limit !== undefined && found.length >= limit) more += 1;
        else found.push(entry);
      }
      const last = found.at(-1);
      const page: Page = { entries: found, revision: at };
      return more === 0 || last === undefined
        ? page
        : { ...page, next: `${last.namespace}/${last.name}`, remaining: more };
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
      let entries = storages.get(storage);
      if (entries === undefined) {
        entries = new SortedEntries();
        storages.set(storage, entries);
      }
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

/** Stamps the revision. kind, apiVersion and metadata come first: `api/rendering.ts` relies on it. */
function written({ kind, apiVersion, metadata, ...rest }: KubeObject, revision: number): PackedEntry {
  const { name, generateName, namespace, uid, resourceVersion: _, managedFields, ...others } = metadata as Metadata;
  const ordered = {
    name,
    ...(generateName !== undefined && { generateName }),
    ...(namespace !== undefined && { namespace }),
    uid,
    resourceVersion: String(revision),
    ...others,
    ...(managedFields !== undefined && { managedFields }),
  };
  const object: KubeObject = { kind, apiVersion, metadata: ordered, ...rest };
  const json = JSON.stringify(object);
  if (json.length > LARGEST) throw new Error('etcdserver: request is too large');
  const owners = metadata.ownerReferences?.map((owner) => owner.uid) ?? NOBODY;
  return new PackedEntry(object, json, revision, owners);
}

type Metadata = KubeObject['metadata'] & { generateName?: string };

function splitKey(key: string): [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
