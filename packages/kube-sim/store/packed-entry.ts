/**
 * How versions of objects lie in memory. A hundred clusters of a thousand app namespaces are more than a million objects
 * of two to four KB; as plain strings they would need several gigabytes, parsed ones ten times that.
 *
 * So an entry is warm first: its JSON is a string, its parsed object is at hand. Both are dropped by generations, a cheap
 * LRU: what was used since the last turn stays for one more. An entry whose text goes cold is packed together with others
 * of its kind and time, 32 to a block: they differ in little more than names, and a block's entry takes about a tenth of
 * its text. A packed entry stays packed; reading it unpacks its block, of which the last few are
 * kept. When most of a block's entries are replaced or deleted the others are made warm again, so that nothing dead is
 * carried for long.
 *
 * The generations and the last unpacked blocks are shared by all stores of the process: they bound the process.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';

const BLOCK_ENTRIES = 32;
/** Bounds of one generation; up to two are alive. */
const WARM_TEXT = 32 * 1024 * 1024;
const WARM_OBJECTS = 4096;
const UNPACKED_BLOCKS = 64;
/** A block with fewer living entries is taken apart. */
const WORTHWHILE = BLOCK_ENTRIES / 4;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

interface Block {
  readonly bytes: Buffer;
  /** Where each entry's text ends, in characters. */
  readonly ends: readonly number[];
  members: (PackedEntry | undefined)[];
  living: number;
}

export class PackedEntry implements Entry {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** The uids of its owners, so that the index need not unpack it. */
  readonly owners: readonly string[];
  text: string | undefined;
  block: Block | undefined;
  slot = 0;
  parsed: KubeObject | undefined;
  textGeneration = 0;
  objectGeneration = 0;

  /** The object is not kept: what was written may hold what JSON does not, such as fields that are undefined. */
  constructor({ metadata }: KubeObject, json: string, revision: number, owners: readonly string[]) {
    this.namespace = shared(metadata.namespace ?? '');
    this.name = metadata.name;
    this.revision = revision;
    this.owners = owners;
    this.text = json;
    this.block = undefined;
    this.parsed = undefined;
    warmTexts.touch(this, json.length);
  }

  /** Asked for so seldom that it is not worth its place. */
  get uid(): string {
    return this.object.metadata.uid ?? '';
  }

  get json(): string {
    if (this.text === undefined) return textInBlock(this);
    warmTexts.touch(this, this.text.length);
    return this.text;
  }

  get object(): KubeObject {
    this.parsed ??= JSON.parse(this.json) as KubeObject;
    warmObjects.touch(this, 1);
    return this.parsed;
  }

  /** To be called when neither the store nor its history holds it any more. */
  release(): void {
    const { block } = this;
    if (block?.members[this.slot] !== this) return;
    block.members[this.slot] = undefined;
    block.living -= 1;
    if (block.living >= WORTHWHILE) return;
    for (const survivor of block.members) {
      if (survivor === undefined) continue;
      survivor.text = detached(textInBlock(survivor));
      survivor.block = undefined;
      warmTexts.touch(survivor, survivor.text.length);
    }
    block.members = [];
    unpacked.delete(block);
  }
}

/** Names of namespaces, each of which is otherwise kept once an object in it. */
const namespaces = new Map<string, string>();
const MOST_NAMESPACES = 10_000;

function shared(namespace: string): string {
  const known = namespaces.get(namespace);
  if (known !== undefined) return known;
  if (namespaces.size >= MOST_NAMESPACES) namespaces.clear();
  namespaces.set(namespace, namespace);
  return namespace;
}

/** Keeps what was touched in this generation or the one before; what is older is given to `drop`. */
function generations(limit: number, field: 'textGeneration' | 'objectGeneration', drop: (cold: PackedEntry[]) => void) {
  let number = 1;
  let weight = 0;
  let current: PackedEntry[] = [];
  let previous: PackedEntry[] = [];
  return {
    touch(entry: PackedEntry, itsWeight: number): void {
      if (entry[field] === number) return;
      entry[field] = number;
      current.push(entry);
      weight += itsWeight;
      if (weight < limit) return;
      const cold = previous.filter((each) => each[field] !== number);
      previous = current;
      current = [];
      weight = 0;
      number += 1;
      drop(cold);
    },
  };
}

const warmObjects = generations(WARM_OBJECTS, 'objectGeneration', (cold) => {
  for (const entry of cold) entry.parsed = undefined;
});

const warmTexts = generations(WARM_TEXT, 'textGeneration', (cold) => {
  for (const alike of Map.groupBy(cold, headOf).values()) {
    for (let at = 0; at < alike.length; at += BLOCK_ENTRIES) pack(alike.slice(at, at + BLOCK_ENTRIES));
  }
});

/** Kind and version: they come first. */
const headOf = ({ text = '' }: PackedEntry): string => text.slice(0, text.indexOf('"metadata"'));

function pack(entries: PackedEntry[]): void {
  let all = '';
  const ends = entries.map((entry) => {
    all += entry.text ?? '';
    return all.length;
  });
  const packed = zstdCompressSync(all, FAST);
  // What zlib answers lies in a much larger buffer.
  const bytes = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(bytes);
  const block: Block = { bytes, ends, members: entries, living: entries.length };
  for (const [slot, entry] of entries.entries()) {
    entry.text = undefined;
    entry.block = block;
    entry.slot = slot;
  }
}

/** The last unpacked blocks, the oldest first. */
const unpacked = new Map<Block, string>();

function textInBlock({ block, slot }: PackedEntry): string {
  if (block === undefined) throw new Error('An entry has neither text nor block.');
  let all = unpacked.get(block);
  if (all === undefined) {
    all = zstdDecompressSync(block.bytes).toString();
    unpacked.set(block, all);
    const [oldest] = unpacked.keys();
    if (oldest !== undefined && unpacked.size > UNPACKED_BLOCKS) unpacked.delete(oldest);
  }
  return all.slice(slot === 0 ? 0 : block.ends[slot - 1], block.ends[slot]);
}

/** A slice keeps all of its source alive; this is a string of its own. */
const detached = (text: string): string => Buffer.from(text).toString();
