/** The command line with an outside provider. It is another Manager's: to the first one it is a provider like any other. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBrowser } from '@kubenova/manager/testing/browser.ts';
import { createTestManager, type TestManager } from '@kubenova/manager/testing/manager.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubenova, printed } from '../testing/command.ts';
import type { SessionFile } from './session-file.ts';

const PASSWORD = 'correct horse battery';

let folder: string;
let databases: TestDatabase[];
let provider: TestManager;
let manager: TestManager;
let issuer: string;
let origin: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubenova-external-'));
  databases = [await createTestDatabase(), await createTestDatabase()];
  const { provider: port = 0 } = await choosePorts(['provider'], join(folder, 'ports.json'));
  issuer = `http://127.0.0.1:${port}`;
  provider = await createTestManager(databases[0]?.url ?? '', { issuerUrl: issuer });
  await provider.server.listen({ host: '127.0.0.1', port });
  await provider.must('POST', '/api/v1/accounts', { name: 'alice', password: PASSWORD, groups: ['team'] });
  manager = await createTestManager(databases[1]?.url ?? '', {
    signIn: {
      kind: 'external',
      issuer,
      clientId: 'kubenova-cli',
      scopes: ['openid', 'profile', 'groups'],
      usernameClaim: 'preferred_username',
      groupsClaim: 'groups',
    },
  });
  origin = await manager.server.listen({ host: '127.0.0.1', port: 0 });
  await manager.must('POST', '/api/v1/role-bindings', { subject: { kind: 'Group', name: 'team' }, role: 'readOnly' });
});
afterAll(async () => {
  await manager.close();
  await provider.close();
  for (const database of databases) await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  ['by browser', []],
  ['by another device', ['--device']],
])(
  'signs in %s, renews the session and ends it there',
  async (_, how) => {
    const login = kubenova(folder, ['login', '--server', origin, ...how]);
    const browser = createBrowser(issuer);
    let page = await browser.visit(await printed(login, /(http:\S+\/oidc\/(?:auth\S+|device\?[^\s,]+))/));
    if (how.length > 0) page = await browser.submit(await browser.submit(page), { confirm: 'yes' });
    const back = await browser.submit(page, { name: 'alice', password: PASSWORD, do: 'login' });
    if (how.length === 0) await fetch(back.url);
    expect(await login.ended).toMatchObject({ code: 0, stdout: `Signed in to ${origin} as user:alice.\n` });

    const file = join(folder, 'sessions.json');
    const read = () => JSON.parse(readFileSync(file, 'utf8')) as SessionFile;
    const aged = read();
    const session = aged.sessions[origin];
    if (session?.kind !== 'signIn') throw new Error('nobody is signed in');
    session.expiresAt = new Date().toISOString();
    writeFileSync(file, JSON.stringify(aged));
    expect((await kubenova(folder, ['whoami']).ended).stdout).toContain('readOnly everywhere');
    const renewed = readFileSync(file);
    expect(read().sessions[origin]).not.toEqual(session);

    expect((await kubenova(folder, ['logout']).ended).stderr).toBe('');
    const kept = JSON.parse(renewed.toString()) as SessionFile;
    const over = kept.sessions[origin];
    if (over?.kind === 'signIn') over.expiresAt = new Date().toISOString();
    writeFileSync(file, JSON.stringify(kept));
    expect((await kubenova(folder, ['whoami']).ended).stderr).toContain('the session has ended');
  },
  40_000,
);
