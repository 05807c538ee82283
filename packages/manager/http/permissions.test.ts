/**
 * Who may do what, asked of the running edge: every operation × every kind of caller × its own, a sibling's and a foreign
 * scope, printed as a golden matrix. An operation that is not in the contract's table cannot be missing from it.
 */
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, createTestManager, type TestManager } from '../testing/manager.ts';
import { imageSource, makePlace, makeToken } from '../testing/world.ts';

interface Place {
  cluster: string;
  tenant: string;
  project: string;
  app: string;
  sandbox: string;
  appId: string;
}

let database: TestDatabase;
let manager: TestManager;
const callers = new Map<string, string>();
let own: Place;
let sibling: Place;
let foreign: Place;
/** The same places by id. */
let ownIds: Place;
let foreignIds: Place;

const all = Object.keys(operations) as OperationId[];
const guarded = all.filter((id) => !operations[id].public);

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  own = await fill({ cluster: 'north', tenant: 'acme', project: 'shop' });
  sibling = await fill({ cluster: 'north', tenant: 'acme', project: 'blog' });
  foreign = await fill({ cluster: 'south', tenant: 'globex', project: 'site' });
  ownIds = await idsOf(own);
  foreignIds = await idsOf(foreign);
  callers.set('admin', manager.adminToken);
  callers.set('ops', await makeToken(manager, 'ops'));
  callers.set('readOnly', await makeToken(manager, 'readOnly'));
  for (const role of ['tenantOwner', 'projectDev', 'readOnly']) {
    callers.set(`${role} of tenant`, await makeToken(manager, role, { tenant: 'acme' }));
  }
  for (const role of ['projectDev', 'readOnly']) {
    callers.set(`${role} of project`, await makeToken(manager, role, { tenant: 'acme', project: 'shop' }));
  }
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

async function fill(names: { cluster: string; tenant: string; project: string }): Promise<Place> {
  const path = await makePlace(manager, names);
  const app = await manager.must('POST', `${path}/apps`, { name: 'web', source: imageSource('1') });
  await manager.must('POST', `${path}/sandbox`, {});
  const sets = `/api/v1/clusters/${names.cluster}/tenants/${names.tenant}/policysets`;
  if ((await manager.call('GET', `${sets}/rules`)).status === 404) {
    await manager.must('POST', sets, { name: 'rules', policies: [] });
  }
  return { ...names, app: 'web', sandbox: 'sbx-001', appId: app.id };
}

async function idsOf(place: Place): Promise<Place> {
  const path = `/api/v1/clusters/${place.cluster}/tenants/${place.tenant}/projects/${place.project}`;
  const id = async (url: string) => (await manager.must('GET', url)).id;
  return {
    cluster: await id(`/api/v1/clusters/${place.cluster}`),
    tenant: await id(`/api/v1/tenants/${place.tenant}`),
    project: await id(`/api/v1/tenants/${place.tenant}/projects/${place.project}`),
    app: place.appId,
    sandbox: await id(`${path}/sandbox/sbx-001`),
    appId: place.appId,
  };
}

const NO_TOKEN = '00000000-0000-4000-8000-000000000000';

function pathOf(id: OperationId, place: Place): string {
  const values: Record<string, string> = {
    ...place,
    revision: '1',
    token: NO_TOKEN,
    roleBinding: NO_TOKEN,
    account: 'nobody',
    plan: 'baseline',
    policySet: 'rules',
    key: `app:${place.appId}`,
  };
  return operations[id].path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

/** Asks without changing anything: a body that no schema takes, a version that no object has. What is let in fails there. */
function ask(id: OperationId, path: string, token: string): Promise<Answer> {
  const { method, body } = operations[id];
  return manager.call(method, path, {
    token,
    ...(body === null ? {} : { body: { 'not-a-field': true } }),
    headers: { 'if-match': '"no-version"' },
  });
}

const hasPlace = (id: OperationId) => /\{(cluster|tenant|appId|key)\}/.test(operations[id].path);

/** `yes`, `no` (403), or `-`: there is no such thing (404). */
function verdict(id: OperationId, answer: Answer): string {
  if (answer.status === 403) return 'no';
  // What is in no place is asked for where it is not: to be told so is to be let in.
  if (answer.status === 404 && hasPlace(id)) return '-';
  return 'yes';
}

describe('the permission matrix', () => {
  it('is as reviewed', async () => {
    const names = [...callers.keys()];
    const rows: string[][] = [['operation', ...names]];
    for (const id of guarded) {
      const row: string[] = [id];
      for (const token of callers.values()) {
        const places = hasPlace(id) ? [own, sibling, foreign] : [own];
        const cells: string[] = [];
        for (const place of places) cells.push(verdict(id, await ask(id, pathOf(id, place), token)));
        row.push(cells.join(' '));
      }
      rows.push(row);
    }
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    const lines = rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    const legend = [
      'Who may call what, as the running edge answers: yes, no (403), or - for "there is no such thing" (404).',
      'Three words are the own place (north/acme/shop), a sibling project (north/acme/blog), a foreign tenant (south/globex/site).',
      '',
    ];
    await expect(`${[...legend, ...lines].join('\n')}\n`).toMatchFileSnapshot('../golden/permissions.txt');
  }, 120_000);
});

describe('a foreign object', () => {
  const tenantCallers = [
    'tenantOwner of tenant',
    'projectDev of tenant',
    'projectDev of project',
    'readOnly of project',
  ];
  const withPlace = guarded.filter((id) => hasPlace(id) && !operations[id].path.includes('{key}'));

  it.each(withPlace)('answers as a missing one does: %s', async (id) => {
    const missing: Place = { ...foreign, cluster: 'nowhere', tenant: 'nobody', project: 'nothing', appId: NO_TOKEN };
    for (const name of tenantCallers) {
      const token = callers.get(name) ?? '';
      const there = await ask(id, pathOf(id, foreign), token);
      const absent = await ask(id, pathOf(id, missing), token);
      expect(there.status, name).toBe(404);
      expect({ ...there.body, instance: '' }).toEqual({ ...absent.body, instance: '' });
      expect(Object.keys(there.headers).sort()).toEqual(Object.keys(absent.headers).sort());
    }
  });

  it.each(withPlace)('is not reached by its id or name within an own path: %s', async (id) => {
    const parameters = [...operations[id].path.matchAll(/\{(cluster|tenant|project|app|sandbox|appId)\}/g)].map(
      (match) => match[1] ?? '',
    );
    for (const name of tenantCallers) {
      const token = callers.get(name) ?? '';
      for (const parameter of parameters) {
        for (const [mine, theirs] of [
          [own, foreign],
          [ownIds, foreignIds],
        ] as const) {
          const key = parameter as keyof Place;
          // Names of Apps and sandboxes are alike in both places; only their ids are foreign.
          if (mine[key] === theirs[key]) continue;
          const answer = await ask(id, pathOf(id, { ...mine, [key]: theirs[key] }), token);
          expect(answer.status, `${name}: ${parameter}`).toBe(404);
        }
      }
    }
  });

  it('is in no list', async () => {
    for (const name of tenantCallers) {
      const token = callers.get(name) ?? '';
      for (const path of [
        '/api/v1/apps',
        '/api/v1/clusters',
        '/api/v1/tenants',
        '/api/v1/tenants/acme/projects',
        '/api/v1/clusters/north/tenants',
        '/api/v1/tokens',
        '/api/v1/tenants/acme/projects/shop/access',
        '/api/v1/me',
      ]) {
        const page = /(me|access)$/.test(path) ? '' : '?limit=200';
        const { text, status } = await manager.call('GET', `${path}${page}`, { token });
        expect(status, path).toBe(200);
        expect(text, `${name} ${path}`).not.toMatch(/globex|south|site/);
        if (name.endsWith('of project')) expect(text, `${name} ${path}`).not.toContain('blog');
      }
    }
  });

  it('does not lend its namespace a name', async () => {
    // globex/site-app-web + x and globex/site + web-app-x… differ; acme cannot collide with globex by design of the names.
    await makePlace(manager, { cluster: 'north', tenant: 'acme-shop', project: 'app' });
    const stranger = await manager.must('POST', '/api/v1/clusters/north/tenants/acme-shop/projects/app/apps', {
      name: 'x',
      source: imageSource('1'),
    });
    // tn-acme-shop-app-app-x, seen from acme: project shop, app app-x.
    const body = { name: 'app-x', source: imageSource('1') };
    const path = '/api/v1/clusters/north/tenants/acme/projects/shop/apps';
    const asAdmin = await manager.call('POST', path, { body });
    expect(asAdmin).toMatchObject({ status: 409, body: { detail: expect.stringContaining('tenant acme-shop') } });
    for (const name of ['tenantOwner of tenant', 'projectDev of project']) {
      const asOwner = await manager.call('POST', path, { body, token: callers.get(name) });
      expect(asOwner).toMatchObject({ status: 409, body: { detail: expect.stringContaining('another object') } });
      expect(asOwner.text).not.toMatch(/acme-shop |project app|app x/);
      const checked = await manager.call('POST', `${path}:validate`, { body, token: callers.get(name) });
      expect(checked.body.problems).toMatchObject([
        { pointer: '/name', detail: expect.stringContaining(stranger.namespace) },
      ]);
    }
  });
});

describe('what a caller hands out', () => {
  const ask2 = (token: string, role: string, scope: object) =>
    manager.call('POST', '/api/v1/tokens', { token, body: { name: 'given', role, scope, ttlSeconds: 60 } });

  it('is never more than it holds', async () => {
    const owner = callers.get('tenantOwner of tenant') ?? '';
    const dev = callers.get('projectDev of project') ?? '';
    const cases: [string, string, object, number][] = [
      [owner, 'tenantOwner', { tenant: 'acme' }, 201],
      [owner, 'projectDev', { tenant: 'acme', project: 'blog' }, 201],
      [owner, 'readOnly', {}, 403],
      [owner, 'admin', {}, 403],
      [owner, 'ops', {}, 403],
      [owner, 'readOnly', { tenant: 'globex' }, 422],
      [callers.get('ops') ?? '', 'ops', {}, 201],
      [callers.get('ops') ?? '', 'readOnly', {}, 403],
      [callers.get('ops') ?? '', 'tenantOwner', { tenant: 'acme' }, 403],
      [dev, 'readOnly', { tenant: 'acme', project: 'shop' }, 201],
      [dev, 'projectDev', { tenant: 'acme' }, 403],
      [dev, 'projectDev', { tenant: 'acme', project: 'blog' }, 422],
      [dev, 'tenantOwner', { tenant: 'acme' }, 403],
      [callers.get('ops') ?? '', 'admin', {}, 403],
    ];
    for (const [token, role, scope, status] of cases) {
      const answer = await ask2(token, role, scope);
      expect(answer.status, `${role} ${JSON.stringify(scope)}: ${answer.text}`).toBe(status);
    }
  });

  it('does not outlive what it came from', async () => {
    const owner = callers.get('tenantOwner of tenant') ?? '';
    const body = { name: 'long', role: 'readOnly', scope: { tenant: 'acme' }, ttlSeconds: 7200 };
    const answer = await manager.call('POST', '/api/v1/tokens', { token: owner, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/ttlSeconds' }] } });
  });

  it('can be taken back by it, and by nobody else below an admin', async () => {
    const owner = callers.get('tenantOwner of tenant') ?? '';
    const dev = callers.get('projectDev of tenant') ?? '';
    const given = (await ask2(owner, 'readOnly', { tenant: 'acme' })).body;
    expect((await manager.call('DELETE', `/api/v1/tokens/${given.id}`, { token: dev })).status).toBe(404);
    expect((await manager.call('DELETE', `/api/v1/tokens/${given.id}`, { token: owner })).status).toBe(204);
    expect((await manager.call('GET', '/api/v1/me', { token: given.token })).status).toBe(401);
  });

  it('is a kubeconfig no higher than its role', async () => {
    const path = '/api/v1/tenants/acme/kubeconfig';
    const reader = callers.get('readOnly of tenant');
    expect((await manager.call('POST', path, { token: reader, body: { role: 'projectDev' } })).status).toBe(403);
    for (const [caller, body, group] of [
      ['readOnly of tenant', {}, 'acme-viewers'],
      ['readOnly of tenant', { role: 'readOnly' }, 'acme-viewers'],
      ['projectDev of tenant', {}, 'acme-devs'],
      ['tenantOwner of tenant', { role: 'readOnly' }, 'acme-viewers'],
    ] as const) {
      const answer = await manager.must('POST', path, body, { token: callers.get(caller) });
      const token = /token: (\S+)/.exec(answer.kubeconfig)?.[1] ?? '';
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claims.groups, caller).toEqual(['kubenova-users', group]);
      expect(claims.sub).toMatch(/^kubenova:token:/);
    }
  });
});

describe('the address of an API server', () => {
  it('is shown to operators only', async () => {
    for (const [name, token] of callers) {
      const { body } = await manager.call('GET', '/api/v1/clusters/north', { token });
      expect('server' in body, name).toBe(name === 'admin' || name === 'ops');
    }
  });
});
