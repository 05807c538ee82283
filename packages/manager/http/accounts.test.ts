/** KubeNova's own accounts: their passwords, their sessions, and what goes with them. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyPassword } from '../identity/accounts.ts';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { createPeople, type People } from '../testing/people.ts';

let database: TestDatabase;
let people: People;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople('embedded');
  manager = await createTestManager(database.url, { verifier: people.verifier });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(async () => {
  await manager.store.pool.query(
    'DELETE FROM tokens; DELETE FROM role_bindings; DELETE FROM accounts; DELETE FROM tenants',
  );
  await manager.must('POST', PATH, { name: 'ann', password: PASSWORD, groups: ['crew'], email: 'ann@example.org' });
});

const PATH = '/api/v1/accounts';
const PASSWORD = 'correct horse battery';
const OTHER = 'staple battery correct';
const LATER = () => new Date(Date.now() + 5_000);

const signIn = (name = 'ann') => people.signIn(`account:${name}`, { groups: ['from the token'], issuedAt: LATER() });
const me = (token: string) => manager.call('GET', '/api/v1/me', { token });
const check = (password: string, name = 'ann') => verifyPassword(manager.store.db, name, password);
/** As if a sign-in provider had something of the account at hand. */
async function beSignedIn(): Promise<() => Promise<number>> {
  await manager.store.pool.query(
    "INSERT INTO sign_in_payloads (model, id, payload, account_id) SELECT 'Session', 's', '{}', id FROM accounts WHERE name = 'ann'",
  );
  return async () => (await manager.store.pool.query('SELECT id FROM sign_in_payloads')).rows.length;
}

describe('an account', () => {
  it('signs in as itself, with the groups that it has today', async () => {
    await manager.must('POST', '/api/v1/role-bindings', { subject: { kind: 'Group', name: 'crew' }, role: 'ops' });
    const ann = signIn();
    expect((await me(ann)).body).toMatchObject({
      subject: 'account:ann',
      groups: ['crew'],
      grants: [{ role: 'ops', scope: {} }],
      operations: expect.arrayContaining(['changePassword', 'createCluster']),
    });
    await manager.must('PATCH', `${PATH}/ann`, { groups: [] });
    expect((await me(ann)).body).toMatchObject({ groups: [], grants: [] });
  });

  it('is not anybody of an outside provider, and nobody without its row', async () => {
    for (const subject of ['ann', 'user:ann', 'account:bob', 'account:']) {
      expect((await me(people.signIn(subject, { issuedAt: LATER() }))).status, subject).toBe(401);
    }
  });

  it('changes by one at a time, and only what is named', async () => {
    const read = await manager.call('GET', `${PATH}/ann`);
    const headers = { 'if-match': String(read.headers.etag) };
    const changed = await manager.call('PATCH', `${PATH}/ann`, { body: { displayName: 'Ann', email: null }, headers });
    expect(changed.body).toMatchObject({ displayName: 'Ann', email: null, groups: ['crew'], generation: 2 });
    expect((await manager.call('PATCH', `${PATH}/ann`, { body: { displayName: 'X' }, headers })).status).toBe(412);
    expect((await manager.call('DELETE', `${PATH}/ann`, { headers })).status).toBe(412);
    const same = await manager.call('PATCH', `${PATH}/ann`, { body: { displayName: 'Ann' } });
    expect(same.body.generation).toBe(2);
    expect(same.headers.etag).toBe(changed.headers.etag);
  });

  it('is made once with one key, whatever hash its password has', async () => {
    const headers = { 'idempotency-key': 'bob' };
    const body = { name: 'bob', password: PASSWORD };
    const first = await manager.call('POST', PATH, { body, headers });
    expect((await manager.call('POST', PATH, { body, headers })).body).toEqual(first.body);
    // A hash of the request is kept, and nothing of the password is in it.
    const other = { ...body, password: OTHER };
    expect((await manager.call('POST', PATH, { body: other, headers })).body).toEqual(first.body);
    expect(await check(OTHER, 'bob')).toBeUndefined();
    expect(problem(await manager.call('POST', PATH, { body }))).toMatchObject({ status: 409 });
  });

  const weak: [string, string, RegExp][] = [
    ['its name within', 'I-am-Bolena-1', /holds the account's name/],
    ['one character over and over', 'aaaaaaaaaaaaaaaa', /fewer than five/],
    ['too short', 'short', /12/],
  ];
  it.each(weak)('takes no password with %s', async (_, password, says) => {
    const answer = await manager.call('POST', PATH, {
      body: { name: 'bolena', password },
    });
    expect(problem(answer)).toMatchObject({
      status: 422,
      errors: [{ pointer: '/password', detail: expect.stringMatching(says) }],
    });
    expect(answer.text).not.toContain(password);
  });
});

describe('sessions end at once', () => {
  const ways: [string, (token: string) => Promise<unknown>][] = [
    ['by a new password from the administrator', () => manager.must('PATCH', `${PATH}/ann`, { password: OTHER })],
    [
      "by the account's own new password",
      (token) =>
        manager.must('PUT', '/api/v1/me/password', { currentPassword: PASSWORD, newPassword: OTHER }, { token }),
    ],
    ['by disabling', () => manager.must('PATCH', `${PATH}/ann`, { disabled: true })],
    ['by signing out', () => manager.must('POST', `${PATH}/ann:sign-out`)],
    ['by deletion', () => manager.must('DELETE', `${PATH}/ann`)],
  ];
  it.each(ways)('%s', async (_, end) => {
    // Issued when sessions of before were over and this one's end is not yet.
    const issuedAt = new Date(Math.ceil(Date.now() / 1000) * 1000);
    await manager.store.pool.query('UPDATE accounts SET sessions_from = $1', [issuedAt]);
    const ann = people.signIn('account:ann', { issuedAt });
    const kept = await beSignedIn();
    expect((await me(ann)).status).toBe(200);
    await expect.poll(() => Date.now()).toBeGreaterThan(issuedAt.getTime());
    await end(ann);
    expect((await me(ann)).status).toBe(401);
    expect(await kept()).toBe(0);
  });

  it('and those that begin after it are good, although their token tells whole seconds', async () => {
    await manager.must('POST', `${PATH}/ann:sign-out`);
    await expect(check(PASSWORD)).resolves.toMatchObject({ name: 'ann' });
    const issuedAt = new Date(Math.floor(Date.now() / 1000) * 1000);
    expect((await me(people.signIn('account:ann', { issuedAt }))).status).toBe(200);
  });
});

describe('what goes by the name of an account', () => {
  it('is nothing when it is deleted, so that the next of the name begins with nothing', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'acme' });
    const subject = { kind: 'User', name: 'account:ann' };
    await manager.must('POST', '/api/v1/role-bindings', { subject, role: 'tenantOwner', scope: { tenant: 'acme' } });
    const made = await manager.must(
      'POST',
      '/api/v1/tokens',
      { name: 'a', role: 'readOnly', scope: { tenant: 'acme' }, ttlSeconds: 86_400 },
      { token: signIn() },
    );
    expect((await me(made.token)).body.grants).toHaveLength(1);
    await manager.must('DELETE', `${PATH}/ann`);
    expect((await me(made.token)).status).toBe(401);
    expect((await manager.must('GET', '/api/v1/tenants/acme')).owners).toEqual([]);
    await manager.must('POST', PATH, { name: 'ann', password: PASSWORD });
    expect((await me(signIn())).body).toMatchObject({ subject: 'account:ann', grants: [] });
    expect((await me(made.token)).status).toBe(401);
  });

  it('rests while it is disabled', async () => {
    await manager.must('POST', '/api/v1/role-bindings', {
      subject: { kind: 'User', name: 'account:ann' },
      role: 'ops',
    });
    const made = await manager.must(
      'POST',
      '/api/v1/tokens',
      { name: 'a', role: 'ops', ttlSeconds: 86_400 },
      { token: signIn() },
    );
    await manager.must('PATCH', `${PATH}/ann`, { disabled: true });
    for (const token of [made.token, signIn()]) expect((await me(token)).status).toBe(401);
    expect(await check(PASSWORD)).toBeUndefined();
    await manager.must('PATCH', `${PATH}/ann`, { disabled: false });
    for (const token of [made.token, signIn()]) expect((await me(token)).status).toBe(200);
  });
});

describe('a password', () => {
  it('is changed by whoever is signed in and knows it, and by no token', async () => {
    await manager.must('POST', '/api/v1/role-bindings', {
      subject: { kind: 'User', name: 'account:ann' },
      role: 'admin',
    });
    const ann = signIn();
    const change = (token: string, currentPassword: string) =>
      manager.call('PUT', '/api/v1/me/password', { token, body: { currentPassword, newPassword: OTHER } });
    const made = await manager.must(
      'POST',
      '/api/v1/tokens',
      { name: 'a', role: 'admin', ttlSeconds: 600 },
      { token: ann },
    );
    for (const token of [made.token, manager.adminToken]) expect((await change(token, PASSWORD)).status).toBe(403);
    expect(problem(await change(ann, OTHER))).toMatchObject({ status: 422, errors: [{ pointer: '/currentPassword' }] });
    expect((await change(ann, PASSWORD)).status).toBe(204);
    expect(await check(PASSWORD)).toBeUndefined();
    expect(await check(OTHER)).toMatchObject({ name: 'ann', last_sign_in_at: expect.any(Date) });
    const { items } = await manager.must('GET', '/api/v1/audit?operation=changePassword');
    expect(items.map((item: { status: number; detail: object }) => [item.status, item.detail])).toContainEqual([
      204,
      { account: 'ann', password: 'changed' },
    ]);
  });

  it('is guessed at ever more slowly, by many at once too, and nobody is told', async () => {
    const guesses = await Promise.all(Array.from({ length: 8 }, () => check('wrong')));
    expect(guesses.every((guess) => guess === undefined)).toBe(true);
    const counted = async () =>
      (await manager.store.pool.query("SELECT failed_attempts FROM accounts WHERE name = 'ann'")).rows[0]
        .failed_attempts;
    // The sixth had to wait, so it and those behind it were no attempts.
    expect(await counted()).toBe(5);
    const failedAgo = (seconds: number, attempts: number) =>
      manager.store.pool.query(
        "UPDATE accounts SET failed_attempts = $1, failed_at = now() - make_interval(secs => $2) WHERE name = 'ann'",
        [attempts, seconds],
      );
    const waits: [number, number][] = [
      [5, 1],
      [8, 8],
      [12, 128],
      [60, 300],
      [2_000_000_000, 300],
    ];
    for (const [attempts, wait] of waits) {
      await failedAgo(wait - 0.9, attempts);
      expect(await check(PASSWORD), `${attempts} within the wait`).toBeUndefined();
      await failedAgo(wait + 0.1, attempts);
      expect(await check(PASSWORD), `${attempts} after it`).toMatchObject({ name: 'ann' });
      expect(await counted()).toBe(0);
    }
  });

  it('of nobody is checked as one of somebody is', async () => {
    expect(await check(PASSWORD, 'nobody')).toBeUndefined();
    expect(await check(PASSWORD, '')).toBeUndefined();
  });
});
