/**
 * Chart archives on disk, by digest, so that a pinned revision needs no network and survives its repository.
 * Bounded: the least recently used go first. What comes out is checked against its name again, so that a damaged
 * disk is a miss and not a different chart.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from './chart-archive.ts';

export interface ChartCache {
  /** @param digest `sha256:<hex>` */
  get(digest: string): Promise<Buffer | undefined>;
  /** Where the file of a digest lies; helm reads it from there. */
  fileOf(digest: string): string;
  put(archive: Buffer): Promise<string>;
}

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** @param folder made when absent; @param maxBytes what all archives together may take */
export function createChartCache(folder: string, maxBytes = 256 * 1024 * 1024): ChartCache {
  const fileOf = (digest: string) => {
    const hex = DIGEST.exec(digest)?.[1];
    if (hex === undefined) throw new Error('A digest is sha256: and 64 hex digits.');
    return path.join(folder, `${hex}.tgz`);
  };
  return {
    fileOf,
    async get(digest) {
      if (!DIGEST.test(digest)) return undefined;
      const file = fileOf(digest);
      const archive = await readFile(file).catch(() => undefined);
      if (archive === undefined) return undefined;
      if (digestOf(archive) !== digest) {
        await rm(file, { force: true });
        return undefined;
      }
      const now = new Date();
      await utimes(file, now, now).catch(() => undefined);
      return archive;
    },
    async put(archive) {
      const digest = digestOf(archive);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = path.join(folder, `.${randomUUID()}.tmp`);
      await writeFile(draft, archive, { mode: 0o600 });
      await rename(draft, fileOf(digest));
      await prune(folder, maxBytes, fileOf(digest));
      return digest;
    },
  };
}

async function prune(folder: string, maxBytes: number, keep: string): Promise<void> {
  const files = [];
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const facts = await stat(file).catch(() => undefined);
    if (facts?.isFile()) files.push({ file, size: facts.size, used: facts.mtimeMs });
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files.sort((a, b) => a.used - b.used)) {
    if (total <= maxBytes) return;
    if (file === keep) continue;
    await rm(file, { force: true });
    total -= size;
  }
}
