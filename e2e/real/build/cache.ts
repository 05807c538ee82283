import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '@kubenova/testkit/process/is-alive.ts';
import type { Component } from './components.ts';

const modulesFolder = path.join(import.meta.dirname, '..', 'modules');

/** The folder under `e2e/real/modules` that pins a component's Go module. */
export function pinFolder(component: Component): string {
  return path.join(modulesFolder, component.pin);
}

/**
 * The folder that keeps what was built, outside the source tree so that a fresh clone reuses it:
 * `KUBENOVA_CACHE`, else `kubenova` under `XDG_CACHE_HOME`, else under `~/.cache`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.KUBENOVA_CACHE) return path.resolve(environment.KUBENOVA_CACHE);
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'kubenova');
}

/** The cache folder of a component; its name changes with everything that goes into the build. */
export function componentFolder(cache: string, component: Component): string {
  const hash = createHash('sha256').update(JSON.stringify(component));
  const pin = pinFolder(component);
  for (const file of readdirSync(pin).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(pin, file)));
  }
  const identity = `${component.name}@${component.version}-${hash.digest('hex').slice(0, 12)}`;
  return path.join(cache, 'bin', identity);
}

/**
 * Runs `work` while no other process does so for the same file, so that two starts at once build
 * each component once. A lock whose holder is gone is taken over; if two waiters take it over in
 * the same instant both do the work, which costs time and nothing else, since a result is renamed
 * into place whole.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  while (!(await takeLock(file))) await delay(200);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  // An empty file belongs to a process that is just about to write its number.
  if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
  return false;
}

/** Moves a finished folder into place; another process that was faster wins and nothing is lost. */
export async function publishFolder(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    await rm(from, { recursive: true, force: true });
  }
}
