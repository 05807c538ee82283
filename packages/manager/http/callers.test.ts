/** Who calls, and with what: people by their ID tokens, and tokens that do no more than their owners can now. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { createPeople, type People } from '../testing/people.ts';
import { makePlace } from '../testing/world.ts';

let database: TestDatabase;
let people: People;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  people = createPeople('external');
  manager = await createTestManager(database.url, { verifier: people.verifier });
  await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'blog' });
  await makePlace(manager, { cluster: 'north', tenant: 'globex', project: 'site' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(async () => {
  await manager.store.pool.query('DELETE FROM role_bindings');
  await manager.store.pool.query('DELETE FROM tokens');
});

interface Given {
  kind?: 'User' | 'Group' | 'Token';
  name: string;
  role: string;
  scope?: { tenant?: string; project?: string };
}

const bind = ({ kind = 'User', name, role, scope = {} }: Given, token?: string) =>
  manager.must('POST', '/api/v1/role-bindings', { subject: { kind, name }, role, scope }, { token });
const unbind = (binding: { id: string }) => manager.must('DELETE', `/api/v1/role-bindings/${binding.id}`);
const me = (token: string) => manager.must('GET', '/api/v1/me', undefined, { token });
const makeTokenAs = (token: string, role: string, scope: object, ttlSeconds = 86_400) =>
  manager.call('POST', '/api/v1/tokens', { token, body: { name: 'mine', role, scope, ttlSeconds } });

describe('a person', () => {
  it('is known by sub and groups, with what both hold', async () => {
    await bind({ name: 'auth0|ann', role: 'projectDev', scope: { tenant: 'acme', project: 'shop' } });
    await bind({ kind: 'Group', name: 'Site Owners', role: 'tenantOwner', scope: { tenant: 'globex' } });
    const ann = await me(people.signIn('auth0|ann', { groups: ['Site Owners', 'others'] }));
    expect(ann).toMatchObject({
      subject: 'user:auth0|ann',
      groups: ['Site Owners', 'others'],
      grants: [
        { role: 'projectDev', scope: { tenant: 'acme', project: 'shop' } },
        { role: 'tenantOwner', scope: { tenant: 'globex' } },
      ],
    });
    expect(Date.parse(ann.expiresAt)).toBeGreaterThan(Date.now());
    expect(ann.operations).toContain('putProjectAccess');
    expect(ann.operations).not.toContain('createTenant');
  });

  it('may ask who it is without any grant, and nothing else', async () => {
    const stranger = people.signIn('stranger');
    const { operations, ...known } = await me(stranger);
    expect(known).toMatchObject({ subject: 'user:stranger', grants: [] });
    expect(operations).toContain('listTokens');
    for (const other of ['listTenants', 'createTenant', 'changePassword']) expect(operations).not.toContain(other);
    for (const path of ['/api/v1/tenants', '/api/v1/apps', '/api/v1/role-bindings', '/metrics']) {
      expect((await manager.call('GET', path, { token: stranger })).status, path).toBe(403);
    }
    expect((await manager.call('GET', '/api/v1/tenants/acme', { token: stranger })).status).toBe(404);
  });

  it('is named in the audit', async () => {
    await bind({ name: 'ann', role: 'tenantOwner', scope: { tenant: 'acme' } });
    await manager.must('POST', '/api/v1/tenants/acme/projects', { name: 'audited' }, { token: people.signIn('ann') });
    const { items } = await manager.must('GET', '/api/v1/audit?operation=createProject&limit=1');
    expect(items[0]).toMatchObject({ actor: 'user:ann', outcome: 'allowed' });
  });

  it('loses at the next call what is taken away', async () => {
    const binding = await bind({ name: 'ann', role: 'readOnly', scope: { tenant: 'acme' } });
    const ann = people.signIn('ann');
    expect((await manager.call('GET', '/api/v1/tenants/acme', { token: ann })).status).toBe(200);
    await unbind(binding);
    expect((await manager.call('GET', '/api/v1/tenants/acme', { token: ann })).status).toBe(404);
  });

  it('is taken for nobody else by its name', async () => {
    await bind({ name: 'account:admin', role: 'admin' });
    await bind({ kind: 'Group', name: 'crew', role: 'admin' });
    // The external provider calls somebody as KubeNova calls its own accounts.
    expect((await manager.call('GET', '/api/v1/me', { token: people.signIn('account:admin') })).status).toBe(401);
    for (const subject of ['crew', 'admin', 'user:ann', 'token:ci:00000000-0000-4000-8000-000000000000']) {
      expect(await me(people.signIn(subject)), subject).toMatchObject({ subject: `user:${subject}`, grants: [] });
    }
    const { id } = (await makeTokenAs(manager.adminToken, 'admin', {})).body;
    expect((await me(people.signIn(id))).grants).toEqual([]);
  });

  it('is read in one statement, and so is a token', async () => {
    await bind({ name: 'ann', role: 'tenantOwner', scope: { tenant: 'acme' } });
    const ann = people.signIn('ann', { groups: ['a', 'b'] });
    const made = (await makeTokenAs(ann, 'projectDev', { tenant: 'acme' })).body;
    const child = (await makeTokenAs(made.token, 'readOnly', { tenant: 'acme' }, 3600)).body;
    const statementsOf = async (token: string) => {
      const before = manager.store.statements();
      await me(token);
      return manager.store.statements() - before;
    };
    // The first use of a token is noted in a statement of its own, behind the answer; it may be counted with a later call.
    for (const token of [ann, made.token, child.token]) await expect.poll(() => statementsOf(token)).toBe(1);
  });
});

describe("a person's token", () => {
  it('outlives the session that it was made in', async () => {
    await bind({ name: 'ann', role: 'projectDev', scope: { tenant: 'acme' } });
    const made = await makeTokenAs(people.signIn('ann'), 'projectDev', { tenant: 'acme' }, 30 * 86_400);
    expect(made.status).toBe(201);
    expect((await manager.must('GET', '/api/v1/tokens')).items).toMatchObject([{ owner: 'user:ann' }]);
  });

  it('is powerless as soon as the person is no member any more', async () => {
    const binding = await bind({ name: 'ann', role: 'projectDev', scope: { tenant: 'acme' } });
    const { token } = (await makeTokenAs(people.signIn('ann'), 'projectDev', { tenant: 'acme' })).body;
    const read = () => manager.call('GET', '/api/v1/tenants/acme', { token });
    expect((await read()).status).toBe(200);
    await unbind(binding);
    expect((await read()).status).toBe(404);
    expect(await me(token)).toMatchObject({ grants: [] });
    await bind({ name: 'ann', role: 'projectDev', scope: { tenant: 'acme' } });
    expect((await read()).status).toBe(200);
  });

  it('is cut to what is left of the role and the scope', async () => {
    const owner = await bind({ name: 'ann', role: 'tenantOwner', scope: { tenant: 'acme' } });
    const { token } = (await makeTokenAs(people.signIn('ann'), 'tenantOwner', { tenant: 'acme' })).body;
    expect((await me(token)).grants).toEqual([{ role: 'tenantOwner', scope: { tenant: 'acme' } }]);
    await unbind(owner);
    await bind({ name: 'ann', role: 'readOnly', scope: { tenant: 'acme', project: 'shop' } });
    expect((await me(token)).grants).toEqual([{ role: 'readOnly', scope: { tenant: 'acme', project: 'shop' } }]);
    expect((await manager.call('GET', '/api/v1/tenants/acme/projects/blog', { token })).status).toBe(404);
  });

  it('loses what came by a group when the person next comes without it', async () => {
    await bind({ kind: 'Group', name: 'devs', role: 'projectDev', scope: { tenant: 'acme' } });
    const { token } = (await makeTokenAs(people.signIn('ann', { groups: ['devs'] }), 'projectDev', { tenant: 'acme' }))
      .body;
    expect((await me(token)).grants).toHaveLength(1);
    await me(people.signIn('ann', { groups: ['others'] }));
    await expect.poll(async () => (await me(token)).grants).toEqual([]);
  });

  it('makes others that are no stronger, and all go with the first', async () => {
    const binding = await bind({ name: 'ann', role: 'projectDev', scope: { tenant: 'acme' } });
    const ann = people.signIn('ann');
    const first = (await makeTokenAs(ann, 'projectDev', { tenant: 'acme' })).body;
    const second = (await makeTokenAs(first.token, 'projectDev', { tenant: 'acme', project: 'shop' }, 3600)).body;
    const third = (await makeTokenAs(second.token, 'readOnly', { tenant: 'acme', project: 'shop' }, 1800)).body;
    expect((await me(third.token)).grants).toEqual([{ role: 'readOnly', scope: { tenant: 'acme', project: 'shop' } }]);
    await unbind(binding);
    for (const { token } of [first, second, third]) expect((await me(token)).grants).toEqual([]);
    await manager.must('DELETE', `/api/v1/tokens/${first.id}`, undefined, { token: ann });
    for (const { token } of [first, second, third]) {
      expect((await manager.call('GET', '/api/v1/me', { token })).status).toBe(401);
    }
  });

  it('is the last of four at most', async () => {
    let token = manager.adminToken;
    for (let place = 1; place <= 4; place += 1)
      token = (await makeTokenAs(token, 'readOnly', {}, 3600 - place)).body.token;
    const fifth = await makeTokenAs(token, 'readOnly', {}, 60);
    expect(problem(fifth)).toMatchObject({ status: 409, detail: expect.stringContaining('the last of 4') });
    expect((await me(token)).grants).toEqual([{ role: 'readOnly', scope: {} }]);
  });
});

describe('a role given to a token', () => {
  it('adds to what the token has, as far as its owner goes', async () => {
    const made = (await makeTokenAs(manager.adminToken, 'readOnly', { tenant: 'acme' })).body;
    const binding = await bind({ kind: 'Token', name: made.id, role: 'projectDev', scope: { tenant: 'globex' } });
    expect((await me(made.token)).grants).toEqual([
      { role: 'readOnly', scope: { tenant: 'acme' } },
      { role: 'projectDev', scope: { tenant: 'globex' } },
    ]);
    await unbind(binding);
    expect((await me(made.token)).grants).toEqual([{ role: 'readOnly', scope: { tenant: 'acme' } }]);
  });

  it('is refused beyond its owner, and for a token that is not there', async () => {
    await bind({ name: 'ann', role: 'projectDev', scope: { tenant: 'acme' } });
    const made = (await makeTokenAs(people.signIn('ann'), 'readOnly', { tenant: 'acme' })).body;
    const cases: [string, string, string, RegExp][] = [
      [made.id, 'projectDev', 'globex', /owner of this one does not hold projectDev/],
      [made.id, 'tenantOwner', 'acme', /owner of this one does not hold tenantOwner/],
      ['00000000-0000-4000-8000-000000000000', 'readOnly', 'acme', /No such token/],
      ['ci', 'readOnly', 'acme', /named by its id/],
    ];
    for (const [name, role, tenant, says] of cases) {
      const body = { subject: { kind: 'Token', name }, role, scope: { tenant } };
      const answer = await manager.call('POST', '/api/v1/role-bindings', { body });
      expect(problem(answer)).toMatchObject({ status: 422, detail: expect.stringMatching(says) });
      expect(answer.body.errors[0].pointer).toBe('/subject/name');
    }
    await bind({ kind: 'Token', name: made.id, role: 'projectDev', scope: { tenant: 'acme', project: 'shop' } });
  });

  it('goes with the token', async () => {
    const made = (await makeTokenAs(manager.adminToken, 'readOnly', { tenant: 'acme' })).body;
    await bind({ kind: 'Token', name: made.id, role: 'tenantOwner', scope: { tenant: 'globex' } });
    await manager.must('DELETE', `/api/v1/tokens/${made.id}`);
    expect((await manager.must('GET', '/api/v1/role-bindings')).items).toEqual([]);
  });
});

describe('the limits', () => {
  it('answer 429 and when to come back: to strangers, not to who has been let in from there', async () => {
    const limited = await createTestManager(database.url, { limits: { requests: 5, failures: 3, signIns: 0 } });
    try {
      const made = await limited.must('POST', '/api/v1/tokens', { name: 'a', role: 'readOnly', ttlSeconds: 600 });
      const ask = (token: string) => limited.call('GET', '/api/v1/me', { token });
      expect((await ask(made.token)).status).toBe(200);
      const wrong = made.token.replace(/.{3}$/, 'xxx');
      for (let count = 0; count < 3; count += 1) expect((await ask(wrong)).status).toBe(401);
      const refused = await ask(wrong);
      expect(problem(refused)).toMatchObject({ status: 429, code: 'KN-429' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      for (let count = 0; count < 4; count += 1) expect((await ask(made.token)).status).toBe(200);
      expect(problem(await ask(made.token))).toMatchObject({
        status: 429,
        detail: expect.stringContaining('Repeat in'),
      });
      // The way in stays open.
      for (let count = 0; count < 10; count += 1) expect((await ask(limited.adminToken)).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe("a caller's address", () => {
  it('is the one of the socket, or what a proxy that is believed says', async () => {
    const behind = await createTestManager(database.url, { trustedProxies: ['127.0.0.0/8'] });
    try {
      // Whoever calls may write what it likes; only what the proxy itself has seen stands at the end.
      const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
      for (const [asked, address] of [
        [manager, '127.0.0.1'],
        [behind, '203.0.113.9'],
      ] as const) {
        const name = `from-${address.replaceAll('.', '-')}`;
        await asked.must('POST', '/api/v1/tenants', { name }, { headers, token: asked.adminToken });
        const { items } = await asked.must('GET', `/api/v1/audit?operation=createTenant&tenant=${name}`);
        expect(items).toMatchObject([{ sourceIp: address }]);
      }
    } finally {
      await behind.close();
    }
  });
});
