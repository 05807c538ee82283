/**
 * `kubenova login`, `whoami` and `logout` as processes against a Manager, with a browser that runs no script, and the
 * session file that they leave.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBrowser, type Visit } from '@kubenova/manager/testing/browser.ts';
import { createTestManager, type TestManager } from '@kubenova/manager/testing/manager.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubenova as command, printed, type Run } from '../testing/command.ts';
import type { SessionFile } from './session-file.ts';

const PASSWORD = 'correct horse battery';
/** A file that is neither a token nor a certificate. */
const main = import.meta.filename;

let database: TestDatabase;
let manager: TestManager;
let origin: string;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url, { issuerUrl: 'https://127.0.0.1:1' });
  origin = await manager.server.listen({ host: '127.0.0.1', port: 0 });
  await manager.must('POST', '/api/v1/accounts', { name: 'alice', password: PASSWORD, groups: ['ops'] });
  await manager.must('POST', '/api/v1/role-bindings', { subject: { kind: 'Group', name: 'ops' }, role: 'ops' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubenova-session-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

const kubenova = (args: readonly string[], environment?: Record<string, string>) => command(folder, args, environment);

const sessions = () => JSON.parse(readFileSync(join(folder, 'sessions.json'), 'utf8')) as SessionFile;

async function loginByBrowser(): Promise<{ run: Run; callback: Visit }> {
  const run = kubenova(['login', '--server', origin]);
  const url = await printed(run, /(http:\S+\/oidc\/auth\S+)/);
  const browser = createBrowser(origin);
  const back = await browser.submit(await browser.visit(url), { name: 'alice', password: PASSWORD, do: 'login' });
  return { run, callback: back };
}

/** Makes the ID token of the session one that has to be renewed. */
function age(): void {
  const file = sessions();
  const session = file.sessions[origin];
  if (session?.kind !== 'signIn') throw new Error('nobody is signed in');
  session.expiresAt = new Date().toISOString();
  writeFileSync(join(folder, 'sessions.json'), JSON.stringify(file));
}

describe('kubenova login', () => {
  it('signs in with a browser, and the commands after it know who', async () => {
    const { run, callback } = await loginByBrowser();
    const page = await fetch(callback.url);
    expect(await page.text()).toContain('You are signed in');
    expect(await run.ended).toMatchObject({ code: 0, stdout: `Signed in to ${origin} as account:alice.\n` });
    expect(statSync(join(folder, 'sessions.json')).mode & 0o777).toBe(0o600);

    const text = await kubenova(['whoami']).ended;
    expect(text.stdout).toMatch(/^who {6}account:alice\nManager {2}http/);
    expect(text.stdout).toContain('ops everywhere');
    const json = await kubenova(['whoami', '-o', 'json']).ended;
    expect(JSON.parse(json.stdout)).toMatchObject({ subject: 'account:alice', groups: ['ops'] });
  });

  it('lets nobody else finish it', async () => {
    const { run, callback } = await loginByBrowser();
    const url = new URL(callback.url);
    for (const change of [{ state: 'guessed' }, { state: '' }]) {
      const forged = new URL(url);
      forged.search = new URLSearchParams({ ...Object.fromEntries(url.searchParams), ...change }).toString();
      expect((await fetch(forged)).status).toBe(404);
    }
    expect((await fetch(new URL('/', url))).status).toBe(404);
    // A code of somebody else's sign-in, with the right state: the proof does not fit.
    const other = await loginByBrowser();
    const mixed = new URL(url);
    mixed.searchParams.set('code', new URL(other.callback.url).searchParams.get('code') ?? '');
    expect((await fetch(mixed)).status).toBe(400);
    expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
    other.run.child.kill();
    await other.run.ended;
  });

  it('says when the person refused', async () => {
    const run = kubenova(['login', '--server', origin]);
    const url = await printed(run, /(http:\S+\/oidc\/auth\S+)/);
    const browser = createBrowser(origin);
    const back = await browser.submit(await browser.visit(url), { do: 'abort' });
    await fetch(back.url);
    expect(await run.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('The person cancelled') });
  });

  it('signs in on another device', async () => {
    const run = kubenova(['login', '--server', origin, '--device']);
    const url = await printed(run, /Or open (\S+),/);
    const browser = createBrowser(origin);
    const confirm = await browser.submit(await browser.visit(url));
    const page = await browser.submit(confirm, { confirm: 'yes' });
    await browser.submit(page, { name: 'alice', password: PASSWORD, do: 'login' });
    expect(await run.ended).toMatchObject({ code: 0, stdout: `Signed in to ${origin} as account:alice.\n` });
  }, 30_000);

  it('takes an API token from a file', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${manager.adminToken}\n`);
    expect(await kubenova(['login', '--server', origin, '--token-file', file]).ended).toMatchObject({ code: 0 });
    expect((await kubenova(['whoami']).ended).stdout).toContain('admin everywhere');
    expect((await kubenova(['logout']).ended).code).toBe(0);
    expect((await kubenova(['whoami']).ended).stderr).toContain('nobody is signed in');
  });

  const wrong: [string, string[], string][] = [
    ['no Manager', ['login'], 'name the Manager with --server'],
    ['no address', ['login', '--server', 'kubenova'], 'is no address of a Manager'],
    ['nobody there', ['login', '--server', 'http://127.0.0.1:1'], 'does not answer'],
    ['no token file', ['login', '--server', 'http://127.0.0.1:1', '--token-file', '/nowhere'], 'cannot be read'],
    ['a file without a token', ['login', '--server', 'http://127.0.0.1:1', '--token-file', main], 'holds no API token'],
    ['no CA file', ['login', '--server', 'http://127.0.0.1:1', '--ca-file', '/nowhere'], 'cannot be read'],
    [
      'a CA file without a certificate',
      ['login', '--server', 'http://127.0.0.1:1', '--ca-file', main],
      'no certificate',
    ],
    ['nobody signed in', ['whoami'], 'nobody is signed in'],
    ['nobody to sign out', ['logout'], 'nobody is signed in'],
  ];
  it.each(wrong)('%s is told in a line', async (_, args, text) => {
    const { code, stderr } = await kubenova(args).ended;
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/^kubenova: [^\n]*\n$/);
    expect(code).toBe(1);
  });

  it('leaves alone a token that the Manager does not know', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `kn_${'A'.repeat(43)}`);
    const { code, stderr } = await kubenova(['login', '--server', origin, '--token-file', file]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('does not accept');
    expect(() => sessions()).toThrow('ENOENT');
  });
});

describe('a session', () => {
  beforeEach(async () => {
    const { run, callback } = await loginByBrowser();
    await fetch(callback.url);
    expect((await run.ended).code).toBe(0);
  });

  it('is renewed once by commands that run at once', async () => {
    const before = sessions().sessions[origin];
    age();
    const runs = await Promise.all([1, 2, 3, 4].map(() => kubenova(['whoami']).ended));
    for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' });
    const after = sessions().sessions[origin];
    expect(after).not.toEqual(before);
    age();
    expect((await kubenova(['whoami']).ended).code, 'the refresh token that is kept is a good one').toBe(0);
  });

  it('is over everywhere after kubenova logout', async () => {
    const copy = readFileSync(join(folder, 'sessions.json'));
    expect(await kubenova(['logout']).ended).toMatchObject({
      code: 0,
      stdout: `Signed out of ${origin}.\n`,
      stderr: '',
    });
    expect((await kubenova(['whoami']).ended).stderr).toContain('nobody is signed in');
    writeFileSync(join(folder, 'sessions.json'), copy, { mode: 0o600 });
    age();
    const { code, stderr } = await kubenova(['whoami']).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`the session has ended at ${origin}; run: kubenova login --server ${origin}`);
  });

  it('is not read where others can read it', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(join(folder, 'sessions.json'), 0o644);
    expect((await kubenova(['whoami']).ended).stderr).toContain('chmod 600');
  });

  it('gives way to the environment', async () => {
    const environment = { KUBENOVA_SERVER: origin, KUBENOVA_TOKEN: manager.adminToken };
    expect((await kubenova(['whoami'], environment).ended).stdout).toContain('admin everywhere');
    expect((await kubenova(['whoami'], { KUBENOVA_TOKEN: manager.adminToken }).ended).stdout).toContain('admin');
  });
});
