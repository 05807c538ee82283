/**
 * Where the command line keeps its sessions: one file that only its owner may read, one entry a Manager. It is replaced
 * whole and never written in place, so a reader sees the state before or after a change.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CommandFailure } from '../output/failure.ts';
import { withLock } from './lock.ts';

/** Tokens of a sign-in at the Manager's OpenID Connect issuer. */
export interface SignInSession {
  kind: 'signIn';
  idToken: string;
  /** When the ID token ends, RFC 3339. */
  expiresAt: string;
  /** Absent where the issuer gives none: then the session ends with its ID token. */
  refreshToken?: string;
}

/** An API token, for pipelines and for who prefers it. */
export interface TokenSession {
  kind: 'token';
  token: string;
}

export type StoredSession = (SignInSession | TokenSession) & {
  /** PEM of the authority that the Manager's certificate, and its issuer's, is from; the system's where it is absent. */
  ca?: string;
};

export interface SessionFile {
  /** The Manager that is meant where none is named. */
  current?: string;
  /** By the Manager's URL. */
  sessions: Record<string, StoredSession>;
}

/** The folder of the command line's own files. */
export function configFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.KUBENOVA_CONFIG) return environment.KUBENOVA_CONFIG;
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'kubenova');
}

/** @throws CommandFailure when the file is there but is no session file, or others can read it */
export function readSessions(folder: string): SessionFile {
  const path = join(folder, 'sessions.json');
  let text: string;
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new CommandFailure(`${path} holds tokens and can be read by others; run: chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { sessions: {} };
    throw error;
  }
  const file = parse(text);
  if (file === undefined) throw new CommandFailure(`${path} is damaged; remove it and sign in again`);
  return file;
}

/**
 * Changes the file, alone: whoever else wants to waits. The change may take its time, such as a request to the issuer;
 * what it answers is written, unless it is undefined.
 */
export async function changeSessions<T>(
  folder: string,
  change: (file: SessionFile) => Promise<{ file?: SessionFile; result: T }>,
): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withLock(join(folder, 'sessions.lock'), async () => {
    const { file, result } = await change(readSessions(folder));
    if (file !== undefined) {
      const draft = join(folder, `sessions.json.${process.pid}`);
      writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
      renameSync(draft, join(folder, 'sessions.json'));
    }
    return result;
  });
}

function parse(text: string): SessionFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isSessionFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSessionFile(value: unknown): value is SessionFile {
  if (typeof value !== 'object' || value === null || !('sessions' in value)) return false;
  if ('current' in value && typeof value.current !== 'string') return false;
  const { sessions } = value;
  return typeof sessions === 'object' && sessions !== null && Object.values(sessions).every(isStoredSession);
}

function isStoredSession(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'token') return 'token' in value && typeof value.token === 'string';
  return (
    value.kind === 'signIn' &&
    'idToken' in value &&
    typeof value.idToken === 'string' &&
    'expiresAt' in value &&
    typeof value.expiresAt === 'string' &&
    (!('refreshToken' in value) || typeof value.refreshToken === 'string')
  );
}
