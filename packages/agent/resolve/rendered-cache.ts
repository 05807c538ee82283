/**
 * What a chart was rendered to, kept on disk by what went into it.
 *
 * Charts may ask for random passwords and certificates, so rendering one twice need not give the same objects; an App
 * that had only its Application deleted by hand must not come back with other passwords. One file an App, so that it
 * is bounded by their number and goes with the App.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '@kubenova/domain/manifest.ts';

export interface RenderedCache {
  get(appId: string, key: string): Promise<Manifest[] | undefined>;
  put(appId: string, key: string, objects: readonly Manifest[]): Promise<void>;
  remove(appId: string): Promise<void>;
}

/** A key over everything that a rendering depends on. */
export function renderedKey(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** @param folder made when absent */
export function createRenderedCache(folder: string): RenderedCache {
  // Ids are UUIDs by the time they get here; hashing keeps anything else from becoming a path.
  const fileOf = (appId: string) =>
    path.join(folder, `${createHash('sha256').update(appId).digest('hex').slice(0, 32)}.json`);
  return {
    async get(appId, key) {
      try {
        const stored = JSON.parse(await readFile(fileOf(appId), 'utf8')) as { key?: string; objects?: Manifest[] };
        return stored.key === key && Array.isArray(stored.objects) ? stored.objects : undefined;
      } catch {
        return undefined;
      }
    },
    async put(appId, key, objects) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = path.join(folder, `.${randomUUID()}.tmp`);
      // Rendered objects can hold Secrets, so nobody else on the machine may read them.
      await writeFile(draft, JSON.stringify({ key, objects }), { mode: 0o600 });
      await rename(draft, fileOf(appId));
    },
    async remove(appId) {
      await rm(fileOf(appId), { force: true });
    },
  };
}
