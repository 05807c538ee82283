/**
 * What the simulator keeps of a cluster. One revision counter for everything, as in etcd; entries are immutable versions
 * of objects. All calls are synchronous: one call is one atomic step. The implementation is `memory-store.ts`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';

/** One version of one object. */
export interface Entry {
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The object's `resourceVersion`: the revision that wrote it. */
  readonly revision: number;
  /** The whole object as JSON, as it goes out. */
  readonly json: string;
  /** The same, parsed. Never change it: it is shared. */
  readonly object: KubeObject;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As in `ResourceType.storage`. */
  readonly storage: string;
  readonly revision: number;
  /** For DELETED the last state, with the revision of the deletion. */
  readonly entry: Entry;
  readonly previous: Entry | undefined;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** Of the list as a whole. */
  readonly revision: number;
  /** Key to go on after, when there is more. */
  readonly next?: string;
  readonly remaining?: number;
}

export interface ListQuery {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly limit?: number;
  /** Goes on after a key ('': from the start), as things were at a revision. */
  readonly continue?: { readonly after: string; readonly revision: number };
}

/** The store was asked for a revision that it no longer has: 410. */
export class Compacted extends Error {
  readonly oldest: number;
  constructor(oldest: number) {
    super(`revisions before ${oldest} are compacted`);
    this.name = 'Compacted';
    this.oldest = oldest;
  }
}

export interface Store {
  readonly revision: number;
  get(storage: string, namespace: string, name: string): Entry | undefined;
  /** In the order of their keys (namespace, name). @throws Compacted */
  list(storage: string, query?: ListQuery): Page;
  /** Names of the storages in which there is something, optionally in one namespace. */
  storages(namespace?: string): readonly string[];
  count(storage: string, namespace?: string): number;
  /**
   * Writes a version with its `resourceVersion`; nothing of the object is kept but its JSON.
   *
   * @param expected the entry that it replaces, undefined when it must be new
   * @returns undefined when something else is there by now
   * @throws Error in etcd's words when it is larger than 1.5 MiB
   */
  put(storage: string, object: KubeObject, expected: Entry | undefined): Entry | undefined;
  /** @returns the last state under the revision of the deletion, or undefined when something else is there by now */
  remove(storage: string, expected: Entry): Entry | undefined;
  /** What happened after a revision, oldest first. @throws Compacted */
  changesSince(storage: string, revision: number): readonly Change[];
  /** Told of every change right after it happened; of all storages when none is named. Answers how to stop. */
  onChange(storage: string | undefined, listener: (change: Change) => void): () => void;
  /** Objects whose owner references name this uid. */
  ownedBy(uid: string): readonly { storage: string; entry: Entry }[];
  /** Forgets the history up to a revision (now, when left out). */
  compact(revision?: number): void;
}
