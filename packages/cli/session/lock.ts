/**
 * A lock between processes of one person on one machine: a file that is made exclusively and names its holder. A holder
 * that died leaves it behind; then it is taken over, by moving it away, which only one of several can do.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../output/failure.ts';

const LOOK_AGAIN_MS = 50;
/** Longer than anything that is done under a lock may take. */
const PATIENCE_MS = 60_000;

/** @throws CommandFailure when another process holds the lock for longer than a minute */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mark = `${process.pid} ${crypto.randomUUID()}`;
  const deadline = Date.now() + PATIENCE_MS;
  while (!take(path, mark)) {
    const holder = read(path);
    if (holder !== undefined && !isAlive(Number(holder.split(' ')[0]))) takeAway(path, holder);
    else if (Date.now() > deadline) {
      throw new CommandFailure(`another process (${holder ?? 'unknown'}) holds ${path}; end it, or remove the file`);
    } else await sleep(LOOK_AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    if (read(path) === mark) rmSync(path, { force: true });
  }
}

function take(path: string, mark: string): boolean {
  // Written aside and then linked: nobody ever sees a lock without its holder.
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`;
  writeFileSync(draft, mark, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function takeAway(path: string, dead: string): void {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  // Somebody else was quicker, and this is its lock: it gets it back.
  if (read(aside) !== dead) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
