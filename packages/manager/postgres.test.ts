/** The embedded Postgres: starts, keeps its data, and never outlives or blocks its Manager. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from './postgres.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubenova-postgres-'));
  chmodSync(folder, 0o711);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const data = () => join(folder, 'postgres');

describe('the embedded Postgres', () => {
  it('keeps its data over a stop and a start, and listens with a password on loopback only', async () => {
    const first = await startPostgres({ folder: data() });
    expect(new URL(first.url)).toMatchObject({ hostname: '127.0.0.1', pathname: '/kubenova' });
    await ask(first.url, 'CREATE TABLE kept (id integer)');
    expect(await ask(first.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await ask(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    const wrong = new URL(first.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    await first.stop();
    await first.ended;
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
    const second = await startPostgres({ folder: data() });
    expect(await ask(second.url, 'SELECT count(*) FROM kept')).toEqual([{ count: '0' }]);
    await second.stop();
  });

  it('starts beside a postmaster.pid whose number belongs to another program by now', async () => {
    const first = await startPostgres({ folder: data() });
    await first.stop();
    writeFileSync(join(data(), 'postmaster.pid'), `${process.pid}\n${data()}\n`);
    const second = await startPostgres({ folder: data() });
    await second.stop();
  });

  it('recovers after it was killed, and tells that it ended', async () => {
    const first = await startPostgres({ folder: data() });
    await ask(first.url, 'CREATE TABLE kept (id integer)');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    await first.stop();
    const second = await startPostgres({ folder: data() });
    expect(await ask(second.url, 'SELECT count(*) FROM kept')).toEqual([{ count: '0' }]);
    await second.stop();
  });

  it('ends with a Manager that is killed', async () => {
    const { child, pid } = await startInChild();
    child.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
  });

  it('is not shared: a second Manager is told who has it', async () => {
    const first = await startPostgres({ folder: data() });
    try {
      await expect(startPostgres({ folder: data() })).rejects.toMatchObject({
        code: 'in-use',
        message: expect.stringContaining(`process ${first.pid}`),
      });
    } finally {
      await first.stop();
    }
  }, 30_000);

  it.runIf(process.getuid?.() === 0)('says which folder its user cannot enter, when started by root', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await expect(startPostgres({ folder: join(closed, 'postgres') })).rejects.toMatchObject({
      code: 'not-reachable',
      message: expect.stringContaining(`chmod o+x ${closed}`),
    });
  });
});

async function startInChild(): Promise<{ child: ChildProcess; pid: number }> {
  const script = `const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))});
    const postgres = await startPostgres({ folder: ${JSON.stringify(data())} }); console.log(postgres.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').once('data', (text: string) => resolve(Number(text)));
    child.once('exit', () => reject(new Error('the child ended before Postgres ran')));
  });
  expect(readFileSync(join(data(), 'postmaster.pid'), 'utf8')).toMatch(new RegExp(`^${pid}\n`));
  return { child, pid };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
