/** Who is given which credential for kubectl, asked of the running edge. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { MemberTokenRequest } from '../clusters/member-tokens.ts';
import { type Answer, createTestManager, type TestManager } from '../testing/manager.ts';
import { makePlace, makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;
/** What was asked of clusters that make their tokens themselves. */
const asked: (MemberTokenRequest & { cluster: string })[] = [];
const callers = new Map<string, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  manager.services.memberTokens = {
    request: async (cluster, request) => {
      asked.push({ cluster: cluster.name, ...request });
      return { token: `account-token-of-${request.account}`, expiresAt: new Date(Date.now() + request.seconds * 1000) };
    },
  };
  for (const cluster of ['north', 'south', 'east']) {
    await makePlace(manager, { cluster, tenant: 'acme', project: 'shop' });
    await makePlace(manager, { cluster, tenant: 'acme', project: 'blog' });
  }
  await makePlace(manager, { cluster: 'south', tenant: 'globex', project: 'site' });
  await manager.must('POST', '/api/v1/clusters/north/tenants/acme/projects/shop/sandbox', {});
  await manager.must('PATCH', '/api/v1/clusters/east', { auth: 'serviceAccount' });
  callers.set('admin', manager.adminToken);
  callers.set('ops', await makeToken(manager, 'ops'));
  callers.set('owner', await makeToken(manager, 'tenantOwner', { tenant: 'acme' }));
  callers.set('reader', await makeToken(manager, 'readOnly', { tenant: 'acme' }));
  callers.set('shop dev', await makeToken(manager, 'projectDev', { tenant: 'acme', project: 'shop' }));
  callers.set('shop reader', await makeToken(manager, 'readOnly', { tenant: 'acme', project: 'shop' }));
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

const as = (caller: string, path: string, body?: unknown): Promise<Answer> =>
  manager.call(body === undefined ? 'GET' : 'POST', path, { token: callers.get(caller), body });

async function configOf(caller: string, path: string, body?: unknown) {
  const answer = await as(caller, path, body);
  expect(answer.status, answer.text).toBe(200);
  return { ...parse(answer.body.kubeconfig), expiresAt: answer.body.expiresAt as string | null };
}

interface NamedUser {
  name: string;
  user: { token: string; exec: { args: string[] } };
}

const tenantPath = '/api/v1/tenants/acme/kubeconfig';
const tokenPath = '/api/v1/tenants/acme/kubernetes-token';
const projectPath = '/api/v1/tenants/acme/projects/shop/kubeconfig';

describe('a token for one cluster', () => {
  const claimsOf = async (caller: string, body: object) => {
    const answer = await as(caller, tokenPath, { cluster: 'north', ...body });
    expect(answer.status, answer.text).toBe(200);
    const claims = decodeJwt<{ groups: string[] }>(answer.body.token);
    expect(claims).toMatchObject({ aud: 'kubenova:north', exp: Date.parse(answer.body.expiresAt) / 1000 });
    return { ...claims, lifetime: (claims.exp ?? 0) - (claims.iat ?? 0) };
  };

  it.each([
    ['admin', {}, ['acme-devs']],
    ['owner', {}, ['acme-devs']],
    ['owner', { role: 'readOnly' }, ['acme-viewers']],
    ['owner', { project: 'blog' }, ['acme/blog-devs']],
    ['reader', {}, ['acme-viewers']],
    ['reader', { project: 'shop' }, ['acme/shop-viewers']],
    ['shop dev', {}, ['acme/shop-devs']],
    ['shop dev', { role: 'readOnly' }, ['acme/shop-viewers']],
    ['shop reader', {}, ['acme/shop-viewers']],
  ])('names the groups of %s who asks for %j', async (caller, body, groups) => {
    const claims = await claimsOf(caller, body);
    expect(claims.groups).toEqual(['kubenova-users', ...groups]);
    expect(claims.lifetime).toBe(900);
  });

  it('ends with the credential that it was asked for with', async () => {
    const body = { name: 'brief', role: 'readOnly', scope: { tenant: 'acme' }, ttlSeconds: 60 };
    const brief = await manager.must('POST', '/api/v1/tokens', body);
    callers.set('brief', brief.token);
    const claims = await claimsOf('brief', { ttlSeconds: 86_400 });
    expect(claims.exp).toBeLessThanOrEqual(Date.parse(brief.expiresAt) / 1000);
  });

  it('is refused at once after the role was taken away', async () => {
    const body = { name: 'gone', role: 'projectDev', scope: { tenant: 'acme' }, ttlSeconds: 600 };
    const given = await manager.must('POST', '/api/v1/tokens', body);
    callers.set('gone', given.token);
    await claimsOf('gone', {});
    await manager.must('DELETE', `/api/v1/tokens/${given.id}`);
    expect((await as('gone', tokenPath, { cluster: 'north' })).status).toBe(401);
  });

  it('is refused at once after a role binding was taken away, whatever is left', async () => {
    const body = { name: 'moved', role: 'readOnly', scope: { tenant: 'acme', project: 'shop' }, ttlSeconds: 600 };
    const given = await manager.must('POST', '/api/v1/tokens', body);
    callers.set('moved', given.token);
    const subject = { kind: 'Token', name: given.id };
    const scope = { tenant: 'acme', project: 'blog' };
    const binding = await manager.must('POST', '/api/v1/role-bindings', { subject, role: 'projectDev', scope });
    const both = ['kubenova-users', 'acme/blog-devs', 'acme/shop-viewers'];
    expect((await claimsOf('moved', {})).groups).toEqual(both);
    await manager.must('DELETE', `/api/v1/role-bindings/${binding.id}`);
    expect((await claimsOf('moved', {})).groups).toEqual(['kubenova-users', 'acme/shop-viewers']);
    expect((await as('moved', tokenPath, { cluster: 'north', project: 'blog' })).status).toBe(422);
    expect((await as('moved', tokenPath, { cluster: 'north', role: 'projectDev' })).status).toBe(403);
  });

  it('is recorded: who got what', async () => {
    await claimsOf('shop dev', {});
    const page = await manager.must('GET', '/api/v1/audit?operation=createKubernetesToken&tenant=acme&limit=1');
    expect(page.items[0]).toMatchObject({
      actor: expect.stringMatching(/^token:projectdev-acme-shop:/),
      detail: { access: [{ cluster: 'north', as: ['acme/shop-devs'] }], expiresAt: expect.any(String) },
    });
  });

  it.each([
    ['ops', { cluster: 'north' }, 403, undefined],
    ['reader', { cluster: 'north', role: 'projectDev' }, 403, undefined],
    ['shop dev', { cluster: 'nowhere' }, 422, '/cluster'],
    ['shop dev', { cluster: 'north', project: 'blog' }, 422, '/project'],
    ['shop dev', { cluster: 'north', project: 'nothing' }, 422, '/project'],
    ['shop dev', { cluster: 'north', role: 'tenantOwner' }, 422, '/role'],
    ['shop dev', { cluster: 'north', ttlSeconds: 10 }, 422, '/ttlSeconds'],
  ])('is refused to %s who asks for %j', async (caller, body, status, pointer) => {
    const answer = await as(caller, tokenPath, body);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
  });

  it('tells a foreign project of the tenant and a missing one by the same words', async () => {
    const foreign = await as('shop dev', tokenPath, { cluster: 'north', project: 'blog' });
    const missing = await as('shop dev', tokenPath, { cluster: 'north', project: 'nothing' });
    expect({ ...foreign.body, instance: '' }).toEqual({ ...missing.body, instance: '' });
  });
});

describe('a cluster that does not trust the issuer', () => {
  it.each([
    ['admin', { ttlSeconds: 300 }, 'acme.devs', 600],
    ['owner', {}, 'acme.devs', 900],
    ['reader', { project: 'shop' }, 'acme.shop.viewers', 900],
    ['shop dev', {}, 'acme.shop.devs', 900],
  ])('is asked by %s with %j for the account of the membership', async (caller, body, account, seconds) => {
    const answer = await as(caller, tokenPath, { cluster: 'east', ...body });
    expect(answer.body.token).toBe(`account-token-of-${account}`);
    expect(asked.at(-1)).toEqual({ cluster: 'east', namespace: 'kubenova-members', account, seconds });
  });

  it('is not asked for one that would outlive an API token', async () => {
    const before = asked.length;
    const answer = await as('owner', tokenPath, { cluster: 'east', ttlSeconds: 300 });
    expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining('ten minutes') } });
    expect(asked.length).toBe(before);
  });
});

describe('a kubeconfig of a tenant', () => {
  it('holds tokens unless told otherwise, each for one cluster', async () => {
    const config = await configOf('owner', tenantPath, { clusters: ['north', 'south'] });
    expect(config['current-context']).toBe('acme@north');
    const audiences = config.users.map(({ user }: NamedUser) => decodeJwt(user.token).aud);
    expect(audiences).toEqual(['kubenova:north', 'kubenova:south']);
    expect(config.expiresAt).toEqual(expect.any(String));
  });

  it('of mode exec holds no secret and says how to get one', async () => {
    const config = await configOf('owner', tenantPath, { mode: 'exec', role: 'readOnly', clusters: ['south'] });
    expect(config.expiresAt).toBeNull();
    expect(config.users).toEqual([
      {
        name: 'acme@south',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: 'kubenova',
            args: [
              'kubectl-credential',
              ...['--server', 'http://localhost:80'],
              ...['--tenant', 'acme'],
              ...['--cluster', 'south'],
              ...['--role', 'readOnly'],
            ],
            env: null,
            installHint: expect.stringContaining('PATH'),
            interactiveMode: 'IfAvailable',
            provideClusterInfo: false,
          },
        },
      },
    ]);
  });

  it('of mode exec has no lifetime', async () => {
    const answer = await as('owner', tenantPath, { mode: 'exec', ttlSeconds: 600 });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/ttlSeconds' }] } });
  });

  it('has a context a project where one account cannot speak for all', async () => {
    const bound = async (project: string) => {
      const body = {
        name: `both-${project}`,
        role: 'projectDev',
        scope: { tenant: 'acme', project },
        ttlSeconds: 3600,
      };
      return manager.must('POST', '/api/v1/tokens', body);
    };
    const token = await bound('shop');
    const subject = { kind: 'Token', name: token.id };
    const scope = { tenant: 'acme', project: 'blog' };
    await manager.must('POST', '/api/v1/role-bindings', { subject, role: 'projectDev', scope });
    callers.set('both', token.token);
    const config = await configOf('both', tenantPath, { mode: 'exec' });
    expect(config.contexts.map(({ name }: { name: string }) => name)).toEqual([
      'acme/blog@east',
      'acme/shop@east',
      'acme@north',
      'acme@south',
    ]);
    const refused = await as('both', tokenPath, { cluster: 'east' });
    expect(refused.body).toMatchObject({
      errors: [{ pointer: '/project', detail: expect.stringContaining('blog, shop') }],
    });
  });
});

describe('a kubeconfig of a project', () => {
  it('speaks for the project alone', async () => {
    const config = await configOf('owner', projectPath);
    expect(config.users.map(({ name }: NamedUser) => name)).toEqual([
      'acme/shop@east',
      'acme/shop@north',
      'acme/shop@south',
    ]);
    for (const { user } of config.users as NamedUser[]) expect(user.exec.args.join(' ')).toContain('--project shop');
  });
});

describe('a kubeconfig of a sandbox', () => {
  it('stands in its namespace', async () => {
    const path = '/api/v1/clusters/north/tenants/acme/projects/shop/sandbox/sbx-001/kubeconfig';
    const config = await configOf('shop dev', path, { ttlSeconds: 600 });
    expect(config.contexts).toEqual([
      {
        name: 'acme/shop/sbx-001@north',
        context: { cluster: 'north', namespace: 'tn-acme-shop-sbx-001', user: 'acme/shop/sbx-001@north' },
      },
    ]);
    expect(decodeJwt(config.users[0].user.token).groups).toEqual(['kubenova-users', 'acme/shop-devs']);
  });
});

describe('the kubeconfig of all that one may use', () => {
  const contexts = async (caller: string, body: object) =>
    (await configOf(caller, '/api/v1/kubeconfig', { mode: 'exec', ...body })).contexts.map(
      ({ name }: { name: string }) => name,
    );

  it('has a context for every tenant on every cluster', async () => {
    expect(await contexts('admin', {})).toEqual(['acme@east', 'acme@north', 'acme@south', 'globex@south']);
    expect(await contexts('owner', {})).toEqual(['acme@east', 'acme@north', 'acme@south']);
    expect(await contexts('shop reader', { clusters: ['north'] })).toEqual(['acme@north']);
    expect(await contexts('admin', { tenants: ['globex'] })).toEqual(['globex@south']);
  });

  it.each([
    ['ops', {}, 409, undefined],
    ['owner', { tenants: ['acme', 'globex'] }, 422, '/tenants/1'],
    ['owner', { tenants: ['nobody'] }, 422, '/tenants/0'],
    ['owner', { clusters: ['north', 'nowhere'] }, 422, '/clusters/1'],
    ['reader', { role: 'projectDev' }, 403, undefined],
  ])('is refused to %s who asks for %j', async (caller, body, status, pointer) => {
    const answer = await as(caller, '/api/v1/kubeconfig', body);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
  });
});

describe('signing keys', () => {
  it('are listed, and rotated once at a time', async () => {
    const made = await manager.call('POST', '/api/v1/signing-keys:rotate');
    expect(made).toMatchObject({ status: 201, body: { state: 'next' } });
    const { items } = await manager.must('GET', '/api/v1/signing-keys');
    expect(items.map(({ state }: { state: string }) => state)).toEqual(['next', 'signing']);
    expect(items[1].verifiesUntil > items[0].signsFrom).toBe(true);
    const again = await manager.call('POST', '/api/v1/signing-keys:rotate');
    expect(again).toMatchObject({ status: 409, body: { detail: expect.stringContaining('signs soon') } });
  });
});
