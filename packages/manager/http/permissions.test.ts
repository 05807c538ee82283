/**
 * Who may do what, asked of the running edge: every operation × every kind of caller × its own, a sibling's and a foreign
 * scope, printed as a golden matrix. An operation that is not in the contract's table cannot be missing from it.
 */
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askNothing, hasPlace, pathOf } from '../testing/ask.ts';
import type { Answer, TestManager } from '../testing/manager.ts';
import { createTwoTenants, KINDS, type Kind, type TwoTenants } from '../testing/two-tenants.ts';

let database: TestDatabase;
let world: TwoTenants;
let manager: TestManager;

const guarded = (Object.keys(operations) as OperationId[]).filter((id) => !operations[id].public);

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTwoTenants(database.url);
  manager = world.manager;
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

/** What anybody may ask who can sign in: about oneself, and for what is handed out within what one holds, which is nothing. */
const OPEN_TO_ALL = [
  'getVersion',
  'getMe',
  'listTokens',
  'createToken',
  'deleteToken',
  'changePassword',
  'createOwnKubeconfig',
];

/** `yes`, `no` (403), or `-`: there is no such thing (404). */
function verdict(id: OperationId, answer: Answer): string {
  if (answer.status === 403) return 'no';
  // What is in no place is asked for where it is not: to be told so is to be let in.
  if (answer.status === 404 && hasPlace(id)) return '-';
  return 'yes';
}

/** The words for a caller: its own place, a sibling project, a foreign tenant; one word where no place is named. */
async function cell(id: OperationId, token: string): Promise<string> {
  const places = hasPlace(id) ? [world.own, world.sibling, world.foreign] : [world.own];
  const answers = places.map(async (place) => verdict(id, await askNothing(manager, id, pathOf(id, place), token)));
  return (await Promise.all(answers)).join(' ');
}

/** Rows of operations, columns of roles. */
async function matrix(roles: readonly string[], kind: Kind): Promise<string[][]> {
  const rows: string[][] = [];
  for (const id of guarded) {
    rows.push([id, ...(await Promise.all(roles.map((role) => cell(id, world.bearer(role, kind)))))]);
  }
  return rows;
}

describe('the permission matrix', () => {
  const byKind = new Map<Kind, string[][]>();
  beforeAll(async () => {
    for (const kind of KINDS) byKind.set(kind, await matrix(world.roles, kind));
  }, 120_000);

  it('is as reviewed', async () => {
    const rows = [['operation', ...world.roles], ...(byKind.get('token') ?? [])];
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    const lines = rows.map((row) =>
      row
        .map((one, column) => one.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    const legend = [
      'Who may call what, as the running edge answers: yes, no (403), or - for "there is no such thing" (404).',
      'Three words are the own place (north/acme/shop), a sibling project (north/acme/blog), a foreign tenant (south/globex/site).',
      'It is the same for whoever has the role by an API token, by name, or by a group.',
      '',
    ];
    await expect(`${[...legend, ...lines].join('\n')}\n`).toMatchFileSnapshot('../golden/permissions.txt');
  });

  it.each(['user', 'group'] as const)('is the same for whoever has the role by %s', (kind) => {
    expect(byKind.get(kind)).toEqual(byKind.get('token'));
  });

  it('holds nothing for whoever signed in and has no role, but what is about oneself', async () => {
    const rows = await matrix(['nobody'], 'user');
    expect(rows.filter(([, words]) => words?.includes('yes')).map(([id]) => id)).toEqual(OPEN_TO_ALL);
  }, 30_000);
});

describe('what a caller hands out', () => {
  const ask2 = (token: string, role: string, scope: object) =>
    manager.call('POST', '/api/v1/tokens', { token, body: { name: 'given', role, scope, ttlSeconds: 60 } });

  it('is never more than it holds', async () => {
    const owner = world.bearer('tenantOwner of tenant');
    const dev = world.bearer('projectDev of project');
    const cases: [string, string, object, number][] = [
      [owner, 'tenantOwner', { tenant: 'acme' }, 201],
      [owner, 'projectDev', { tenant: 'acme', project: 'blog' }, 201],
      [owner, 'readOnly', {}, 403],
      [owner, 'admin', {}, 403],
      [owner, 'ops', {}, 403],
      [owner, 'readOnly', { tenant: 'globex' }, 422],
      [world.bearer('ops'), 'ops', {}, 201],
      [world.bearer('ops'), 'readOnly', {}, 403],
      [world.bearer('ops'), 'tenantOwner', { tenant: 'acme' }, 403],
      [dev, 'readOnly', { tenant: 'acme', project: 'shop' }, 201],
      [dev, 'projectDev', { tenant: 'acme' }, 403],
      [dev, 'projectDev', { tenant: 'acme', project: 'blog' }, 422],
      [dev, 'tenantOwner', { tenant: 'acme' }, 403],
      [world.bearer('ops'), 'admin', {}, 403],
    ];
    for (const [token, role, scope, status] of cases) {
      const answer = await ask2(token, role, scope);
      expect(answer.status, `${role} ${JSON.stringify(scope)}: ${answer.text}`).toBe(status);
    }
  });

  it('does not outlive what it came from', async () => {
    const owner = world.bearer('tenantOwner of tenant');
    const body = { name: 'long', role: 'readOnly', scope: { tenant: 'acme' }, ttlSeconds: 7200 };
    const answer = await manager.call('POST', '/api/v1/tokens', { token: owner, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/ttlSeconds' }] } });
  });

  it('can be taken back by it, and by nobody else below an admin', async () => {
    const owner = world.bearer('tenantOwner of tenant');
    const dev = world.bearer('projectDev of tenant');
    const given = (await ask2(owner, 'readOnly', { tenant: 'acme' })).body;
    expect((await manager.call('DELETE', `/api/v1/tokens/${given.id}`, { token: dev })).status).toBe(404);
    expect((await manager.call('DELETE', `/api/v1/tokens/${given.id}`, { token: owner })).status).toBe(204);
    expect((await manager.call('GET', '/api/v1/me', { token: given.token })).status).toBe(401);
  });

  it('is a kubeconfig no higher than its role', async () => {
    const path = '/api/v1/tenants/acme/kubeconfig';
    const reader = world.bearer('readOnly of tenant');
    expect((await manager.call('POST', path, { token: reader, body: { role: 'projectDev' } })).status).toBe(403);
    for (const [caller, body, group] of [
      ['readOnly of tenant', {}, 'acme-viewers'],
      ['readOnly of tenant', { role: 'readOnly' }, 'acme-viewers'],
      ['projectDev of tenant', {}, 'acme-devs'],
      ['tenantOwner of tenant', { role: 'readOnly' }, 'acme-viewers'],
    ] as const) {
      const answer = await manager.must('POST', path, body, { token: world.bearer(caller) });
      const token = /token: (\S+)/.exec(answer.kubeconfig)?.[1] ?? '';
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claims.groups, caller).toEqual(['kubenova-users', group]);
      expect(claims.sub).toMatch(/^kubenova:token:/);
    }
  });
});

describe('the address of an API server', () => {
  it('is shown to operators only', async () => {
    for (const name of world.roles) {
      const { body } = await manager.call('GET', '/api/v1/clusters/north', { token: world.bearer(name) });
      expect('server' in body, name).toBe(name === 'admin' || name === 'ops');
    }
  });
});
