/**
 * Where the exec plugin keeps tokens between two calls of kubectl, so that most of them need no request: one file a
 * token, which only its owner may read, named by a hash of whom and what it is for. A file is replaced whole. What has
 * ended is cleared away, and there are never more than a hundred.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configFolder } from '../session/session-file.ts';

export interface CachedToken {
  token: string;
  /** RFC 3339. */
  expiresAt: string;
}

/** All that tells two tokens apart. */
export interface TokenKey {
  server: string;
  /** Who is signed in: a token of one person is never given to another on the same machine account. */
  subject: string;
  tenant: string;
  cluster: string;
  project?: string;
  role?: string;
}

export interface TokenCache {
  get(key: TokenKey): CachedToken | undefined;
  put(key: TokenKey, token: CachedToken, now: Date): void;
  forget(key: TokenKey): void;
  /** Forgets all of them. */
  clear(): void;
}

const MOST = 100;

/** Beside the session. */
export function tokenFolder(): string {
  return join(configFolder(), 'kubectl-tokens');
}

/** @param folder made where there is none */
export function openTokenCache(folder: string): TokenCache {
  const fileOf = (key: TokenKey) => join(folder, `${hashOf(key)}.json`);
  return {
    get(key) {
      try {
        const file = fileOf(key);
        // What others can read, or have written, is not taken.
        if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) return undefined;
        return asToken(JSON.parse(readFileSync(file, 'utf8')));
      } catch {
        return undefined;
      }
    },
    put(key, token, now) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      clearAway(folder, now);
      const file = fileOf(key);
      const draft = `${file}.${process.pid}.tmp`;
      writeFileSync(draft, JSON.stringify(token), { mode: 0o600 });
      renameSync(draft, file);
    },
    forget: (key) => rmSync(fileOf(key), { force: true }),
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function hashOf({ server, subject, tenant, cluster, project = '', role = '' }: TokenKey): string {
  return createHash('sha256')
    .update(JSON.stringify([server, subject, tenant, cluster, project, role]))
    .digest('hex');
}

function asToken(value: unknown): CachedToken | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, expiresAt } = value as Partial<Record<keyof CachedToken, unknown>>;
  if (typeof token !== 'string' || typeof expiresAt !== 'string') return undefined;
  return Number.isNaN(Date.parse(expiresAt)) ? undefined : { token, expiresAt };
}

/** Removes what has ended, and the oldest where there is too much; drafts of a call that was killed too. */
function clearAway(folder: string, now: Date): void {
  const live: { file: string; expiresAt: number }[] = [];
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const expiresAt = name.endsWith('.json') ? endOf(file) : 0;
    const isDraft = name.endsWith('.tmp') && ageOf(file, now) < 60_000;
    if (expiresAt > now.getTime()) live.push({ file, expiresAt });
    else if (!isDraft) rmSync(file, { force: true });
  }
  const tooMany = live.sort((a, b) => a.expiresAt - b.expiresAt).slice(0, Math.max(0, live.length - MOST + 1));
  for (const { file } of tooMany) rmSync(file, { force: true });
}

function endOf(file: string): number {
  try {
    return Date.parse(asToken(JSON.parse(readFileSync(file, 'utf8')))?.expiresAt ?? '') || 0;
  } catch {
    return 0;
  }
}

function ageOf(file: string, now: Date): number {
  try {
    return now.getTime() - statSync(file).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
