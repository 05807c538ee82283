/**
 * A Postgres for tests: one real server a test run, one database a test file, cloned from a migrated template.
 *
 * Whichever worker asks first starts the server; the others wait for it. It lives as long as the run (the process that
 * started the workers) and takes its data with it, also when the run is killed.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { startPostgres } from '@kubenova/manager/postgres.ts';
import { openStore } from '@kubenova/manager/store/connect.ts';
import { migrate } from '@kubenova/manager/store/migrate.ts';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends every session and removes the database. */
  drop(): Promise<void>;
}

const TEMPLATE = 'kubenova_template';
const START_TIMEOUT_MS = 60_000;

/** A database of its own: migrated, or empty when asked for. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  const from = options.empty === true ? 'template1' : TEMPLATE;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${from}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

let started: Promise<string> | undefined;

/** The URL of the run's server. */
function testServer(): Promise<string> {
  started ??= findOrStart();
  return started;
}

async function findOrStart(): Promise<string> {
  // Workers are child processes of the run, or threads of it.
  const runPid = isMainThread ? process.ppid : process.pid;
  const folder = join(tmpdir(), `kubenova-test-postgres-${runPid}`);
  const answer = join(folder, 'server.json');
  if (takesOn(folder)) {
    try {
      const url = await start(folder, runPid);
      publish(answer, { url });
      return url;
    } catch (error) {
      publish(answer, { error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!existsSync(answer)) {
    if (Date.now() > deadline) throw new Error(`the test run's Postgres in ${folder} did not start in time`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  const found = JSON.parse(readFileSync(answer, 'utf8')) as { url?: string; error?: string };
  if (found.url === undefined) throw new Error(`the test run's Postgres did not start: ${found.error}`);
  return found.url;
}

/** Whether it falls to this worker to start the server. A folder of an older run with the same number is cleared. */
function takesOn(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o711 });
    return true;
  } catch {
    const age = Date.now() - statSync(folder).birthtimeMs;
    if (age < process.uptime() * 1000 + 3_600_000) return false;
    rmSync(folder, { recursive: true, force: true });
    return takesOn(folder);
  }
}

async function start(folder: string, runPid: number): Promise<string> {
  const server = await startPostgres({
    folder: join(folder, 'data'),
    passwordFile: join(folder, 'password'),
    database: 'postgres',
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      autovacuum: 'off',
      max_connections: '300',
      shared_buffers: '32MB',
    },
    livesWith: { pid: runPid },
  });
  await administer(server.url, `CREATE DATABASE ${TEMPLATE}`);
  const template = new URL(server.url);
  template.pathname = `/${TEMPLATE}`;
  const store = openStore({ url: template.href, maxConnections: 1 });
  try {
    await migrate(store.pool);
  } finally {
    await store.close();
  }
  return server.url;
}

/** Whole or not at all, so that no worker reads half of it. */
function publish(file: string, content: { url: string } | { error: string }): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
