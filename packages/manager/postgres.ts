/**
 * An embedded Postgres: the real server's programs, out of an npm package, as a child of the Manager.
 *
 * - Postgres refuses to run as root. Then it runs as an unprivileged user (`postgres`, made where there is none), who
 *   must be able to enter every folder on the way to its data. Programs that it cannot reach are copied beside them.
 * - It must not outlive the Manager, not even one that is killed. So a small shell stands between them and reads from a
 *   pipe whose other end is the Manager: when that end closes, however it came about, the shell stops the server.
 *   It also keeps Ctrl-C in a terminal from reaching the server before the Manager has finished with it.
 * - A `postmaster.pid` of a server that is gone is removed, even where its number belongs to another program by now; one
 *   of a server that lives means that another Manager uses the folder, and this one says so.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { readSecretFile } from './identity/sealing.ts';
import {
  findPrograms,
  type Owner,
  PostgresError,
  reachablePrograms,
  requireReachable,
  unprivilegedUser,
} from './postgres-programs.ts';

export { PostgresError } from './postgres-programs.ts';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  /** With the password in it. */
  readonly url: string;
  readonly port: number;
  /** Of the server itself. */
  readonly pid: number;
  /** Fulfilled when the server has ended, asked or not. */
  readonly ended: Promise<void>;
  /** Ends sessions, writes a checkpoint and stops. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Made where there is none; nothing else may lie in it. */
  folder: string;
  /** Beside it lie the password and, while it runs, nothing else. */
  passwordFile?: string;
  /** Made once, on the first start. */
  database?: string;
  /** A free one is chosen when left out. */
  port?: number;
  /** Server settings, such as `fsync=off` for tests. */
  settings?: Readonly<Record<string, string>>;
  /** Lines that the server logs. */
  onLog?: (line: string) => void;
  /**
   * The process whose end ends the server, instead of this one. The server then says nothing to `onLog`, and its folder
   * goes with it: this is for tests, whose workers come and go within one run.
   */
  livesWith?: { pid: number };
}

const USER = 'kubenova';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Starts Postgres in a folder, initialising it on the first start. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.folder);
  let programs = await findPrograms();
  const owner = await unprivilegedUser();
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (owner !== undefined) {
    chownSync(folder, owner.uid, owner.gid);
    // The server's user removes the folder around its data, too, when it lives with a test run.
    if (options.livesWith !== undefined) chownSync(dirname(folder), owner.uid, owner.gid);
    requireReachable(folder, owner);
    programs = await reachablePrograms(programs, dirname(folder), owner);
  }
  const passwordFile = options.passwordFile ?? `${folder}.password`;
  const password = readSecretFile(passwordFile, () => `${randomBytes(24).toString('base64url')}\n`).trim();
  if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(programs.initdb, folder, password, owner);
  await clearStalePid(folder);
  const database = options.database ?? 'kubenova';
  // Between looking for a free port and listening on it somebody else may take it.
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = launch(programs.postgres, { ...options, folder, port, owner });
    const urlOf = (name: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${name}`;
    try {
      await untilReady(server, urlOf('postgres'));
      await ensureDatabase(urlOf('postgres'), database);
      const pid = pidIn(folder);
      if (pid === undefined) throw new PostgresError('start-failed', 'Postgres ended just after its start.');
      return { url: urlOf(database), port, pid, ended: server.ended, stop: () => server.stop() };
    } catch (error) {
      await server.stop();
      const portTaken = server.lastLines().some((line) => line.includes('could not bind'));
      if (!portTaken || attempt === 3) throw error;
    }
  }
}

async function initialise(initdb: string, folder: string, password: string, owner: Owner | undefined): Promise<void> {
  const passwordFile = join(dirname(folder), `.initdb-${randomBytes(6).toString('hex')}`);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  try {
    const flags = [
      '--auth=scram-sha-256',
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    await run(initdb, [`--pgdata=${folder}`, ...flags], {
      cwd: '/',
      env: { PATH: process.env.PATH ?? '' },
      ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
    });
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new PostgresError('init-failed', `Postgres could not be initialised in ${folder}: ${text}`, error);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The first line of postmaster.pid. */
function pidIn(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** How long a server that is being stopped by an ending Manager may take. */
const HANDOVER_MS = 10_000;

async function clearStalePid(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const deadline = Date.now() + HANDOVER_MS;
  for (let pid = pidIn(folder); existsSync(file); pid = pidIn(folder)) {
    if (pid === undefined || !(await isPostgresOf(pid, folder))) {
      rmSync(file, { force: true });
      return;
    }
    if (Date.now() > deadline) {
      throw new PostgresError(
        'in-use',
        `Another Manager uses ${folder}: its Postgres runs as process ${pid}. Stop that Manager, or choose another folder.`,
      );
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

async function isPostgresOf(pid: number, folder: string): Promise<boolean> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return stdout.includes('postgres') && stdout.includes(folder);
  } catch (error) {
    // Without a ps, only the number says something: then a living process is taken for the server.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return isAlive(pid);
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/**
 * Runs the server and, beside it, a watcher; whichever ends first ends the other. SIGINT is Postgres' "fast" shutdown:
 * sessions are ended, a checkpoint is written.
 */
const guard = (watch: string, afterwards: string) => `exec 3<&0
"$@" 3<&- </dev/null &
server=$!
( ${watch}; kill -INT "$server" 2>/dev/null ) &
watcher=$!
exec 3<&-
trap '' INT TERM HUP
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
${afterwards}
exit "$status"`;
/** The pipe's other end is the Manager: reading ends when it does. */
const WHILE_PIPE_IS_OPEN = guard('read -r _ <&3', ':');
const whileAlive = (pid: number) =>
  guard(`while ps -p ${pid} >/dev/null 2>&1; do sleep 1; done`, 'cd / && rm -rf "$KUBENOVA_REMOVE"');

interface Server {
  ended: Promise<void>;
  hasEnded(): boolean;
  lastLines(): readonly string[];
  stop(): Promise<void>;
}

interface LaunchOptions extends PostgresOptions {
  port: number;
  owner: Owner | undefined;
}

function launch(postgres: string, options: LaunchOptions): Server {
  const { folder, owner, livesWith } = options;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    // A statement or a row in the log could hold what must not be there.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    logging_collector: 'off',
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const script = livesWith === undefined ? WHILE_PIPE_IS_OPEN : whileAlive(livesWith.pid);
  const command = ['-c', script, 'sh', postgres, '-D', folder, '-p', String(options.port), ...flags];
  const child: ChildProcess = spawn('/bin/sh', command, {
    cwd: '/',
    detached: true,
    stdio: livesWith === undefined ? ['pipe', 'ignore', 'pipe'] : 'ignore',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', KUBENOVA_REMOVE: dirname(folder) },
    ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
  });
  if (livesWith !== undefined) child.unref();
  const lines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      if (lines.length > 20) lines.shift();
      options.onLog?.(line);
    }
  });
  let done = false;
  const ended = new Promise<void>((resolveEnd) => {
    const end = () => {
      done = true;
      resolveEnd();
    };
    child.on('exit', end);
    child.on('error', end);
  });
  child.stdin?.on('error', () => undefined);
  return {
    ended,
    hasEnded: () => done,
    lastLines: () => lines,
    async stop() {
      child.stdin?.end();
      if (done) return;
      if (livesWith !== undefined) killServer(folder, 'SIGINT');
      const timer = setTimeout(() => killServer(folder, 'SIGQUIT'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** SIGQUIT is the last resort: a server that does not stop is ended at once, and recovers from its log at the next start. */
function killServer(folder: string, signal: 'SIGINT' | 'SIGQUIT'): void {
  const pid = pidIn(folder);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, signal);
}

async function untilReady(server: Server, url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (server.hasEnded() || Date.now() > deadline) {
      throw new PostgresError('start-failed', `Postgres did not start:\n${server.lastLines().join('\n')}`);
    }
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await client.end().catch(() => undefined);
      await new Promise((wake) => setTimeout(wake, 25));
    }
  }
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
