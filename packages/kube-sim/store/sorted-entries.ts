/**
 * The entries of one storage in the order of their keys, as etcd has them. Chunks of a few hundred keep an insertion
 * cheap; there is no map beside them, since a million map slots would cost more than the entries.
 */
import { ascending } from '@kubenova/kube-model/ascending.ts';
import type { PackedEntry } from './packed-entry.ts';

const CHUNK = 512;

/** Order of `namespace/name`, without building such strings. */
export function compareKeys(aNamespace: string, aName: string, bNamespace: string, bName: string): number {
  if (aNamespace === bNamespace) return ascending(aName, bName);
  // The slash that follows a namespace sorts after the dash: `a-b/x` comes before `a/x`.
  if (bNamespace.startsWith(aNamespace)) return '/' < bNamespace.charAt(aNamespace.length) ? -1 : 1;
  if (aNamespace.startsWith(bNamespace)) return aNamespace.charAt(bNamespace.length) < '/' ? -1 : 1;
  return aNamespace < bNamespace ? -1 : 1;
}

export class SortedEntries {
  readonly #chunks: PackedEntry[][] = [[]];
  size = 0;

  get(namespace: string, name: string): PackedEntry | undefined {
    const { chunk, at } = this.#place(namespace, name);
    const found = this.#chunks[chunk]?.[at];
    return found?.name === name && found.namespace === namespace ? found : undefined;
  }

  /** Adds the entry or puts it in the place of the one with its key. */
  set(entry: PackedEntry): void {
    const { chunk, at } = this.#place(entry.namespace, entry.name);
    const entries = this.#chunks[chunk] ?? [];
    const there = entries[at];
    if (there?.name === entry.name && there.namespace === entry.namespace) {
      entries[at] = entry;
      return;
    }
    entries.splice(at, 0, entry);
    this.size += 1;
    if (entries.length > CHUNK) {
      // Objects tend to be made in order: a full last chunk is left full.
      const keep = chunk === this.#chunks.length - 1 && at === CHUNK ? CHUNK : CHUNK / 2;
      this.#chunks.splice(chunk + 1, 0, entries.splice(keep));
    }
  }

  delete(namespace: string, name: string): void {
    const { chunk, at } = this.#place(namespace, name);
    const entries = this.#chunks[chunk];
    const there = entries?.[at];
    if (there?.name !== name || there.namespace !== namespace) return;
    entries?.splice(at, 1);
    this.size -= 1;
    if (entries?.length === 0 && this.#chunks.length > 1) this.#chunks.splice(chunk, 1);
  }

  /** Of a namespace, all when it is undefined; a copy. */
  in(namespace: string | undefined): PackedEntry[] {
    const all = this.#chunks;
    if (namespace === undefined) return all.flat();
    const found: PackedEntry[] = [];
    for (let { chunk, at } = this.#place(namespace, ''); chunk < all.length; chunk += 1, at = 0) {
      const here = all[chunk]?.slice(at) ?? [];
      const end = here.findIndex((entry) => entry.namespace !== namespace);
      found.push(...(end === -1 ? here : here.slice(0, end)));
      if (end !== -1) break;
    }
    return found;
  }

  /** Where the key is or would be. */
  #place(namespace: string, name: string): { chunk: number; at: number } {
    const chunks = this.#chunks;
    const before = (entry: PackedEntry | undefined) =>
      entry !== undefined && compareKeys(entry.namespace, entry.name, namespace, name) < 0;
    const chunk = partition(chunks.length, (index) => before(chunks[index]?.at(-1)));
    if (chunk === chunks.length) return { chunk: chunk - 1, at: chunks[chunk - 1]?.length ?? 0 };
    const entries = chunks[chunk] ?? [];
    return { chunk, at: partition(entries.length, (index) => before(entries[index])) };
  }
}

/** The first index of 0 … length for which `isBefore` is false. */
export function partition(length: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
