/** Plans, settings of tenants and placements, owners: what is stored, who is told, and what is refused. */

import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReconcileKey } from '../reconcile/key.ts';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { clusterBody, imageSource, makePlace, makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;
let placements: string[];
let app: string;
let sandbox: string;

const tenant = '/api/v1/tenants/acme';
const north = '/api/v1/clusters/north/tenants/acme';

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  const place = await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  await makePlace(manager, { cluster: 'south', tenant: 'acme', project: 'shop' });
  await makePlace(manager, { cluster: 'north', tenant: 'globex', project: 'site' });
  app = (await manager.must('POST', `${place}/apps`, { name: 'web', source: imageSource('1') })).id;
  sandbox = (await manager.must('POST', `${place}/sandbox`, {})).id;
  placements = [];
  for (const cluster of ['north', 'south'])
    placements.push((await manager.must('GET', `/api/v1/clusters/${cluster}/tenants/acme`)).id);
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});
beforeEach(settle);

/** As after runs that found nothing more to do. */
async function settle(): Promise<void> {
  await manager.store.pool.query(`UPDATE reconcile_queue SET due_at = 'infinity', priority = 2`);
}

/** The keys that are due, in the order in which they are taken. */
async function due(): Promise<ReconcileKey[]> {
  const { rows } = await manager.store.pool.query(
    `SELECT key FROM reconcile_queue WHERE due_at <= now() ORDER BY priority, key`,
  );
  return rows.map(({ key }) => key);
}

const own = () => placements.map((id) => `placement:${id}`).sort();
const held = () => [`app:${app}`, `sandbox:${sandbox}`];

describe('the plans', () => {
  it('that every installation begins with can be read, changed and deleted', async () => {
    const { items } = await manager.must('GET', '/api/v1/plans');
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['baseline', 'gold']);
    const baseline = await manager.must('GET', '/api/v1/plans/baseline');
    expect(baseline).toMatchObject({ tenants: 0, generation: 1, spec: { quotas: { pods: '50' } } });
    // What is built in passes the checks that everybody's plans have to pass.
    for (const { name, displayName, description, spec } of items) {
      const same = await manager.call('PUT', `/api/v1/plans/${name}`, { body: { displayName, description, spec } });
      expect([same.status, same.body.generation]).toEqual([200, 1]);
    }
    await manager.must('DELETE', '/api/v1/plans/gold');
    expect((await manager.call('GET', '/api/v1/plans/gold')).status).toBe(404);
    expect((await manager.call('DELETE', '/api/v1/plans/gold')).status).toBe(404);
  });

  it('reach every placement of every tenant that has them, and namespaces only where it stands on them', async () => {
    const put = (spec: object) => manager.must('PUT', '/api/v1/plans/silver', { spec });
    expect((await manager.call('PUT', '/api/v1/plans/silver', { body: { spec: {} } })).status).toBe(201);
    expect(await due()).toEqual([]);
    await manager.must('PUT', `${tenant}/plan`, { plan: 'silver' });
    expect(await due()).toEqual([...own(), ...held()]);
    await settle();
    await put({ quotas: { pods: '7' } });
    expect(await due()).toEqual(own());
    expect((await manager.must('GET', north)).effective.quotas).toEqual({ pods: '7' });
    await settle();
    await put({ quotas: { pods: '7' }, nodeSelector: { pool: 'silver' } });
    expect(await due()).toEqual([...own(), ...held()]);
    await settle();
    await put({ quotas: { pods: '7' }, nodeSelector: { pool: 'silver' } });
    await manager.must('PUT', '/api/v1/plans/silver', {
      displayName: 'Silver',
      spec: { quotas: { pods: '7' }, nodeSelector: { pool: 'silver' } },
    });
    // A name for people is nobody's desired state.
    expect(await due()).toEqual([]);
  });

  it('stay for as long as a tenant has them', async () => {
    const refused = await manager.call('DELETE', '/api/v1/plans/silver');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('The plan silver is that of acme.');
    await manager.must('PUT', `${tenant}/plan`, { plan: null });
    expect((await manager.must('GET', tenant)).plan).toBeNull();
    await manager.must('DELETE', '/api/v1/plans/silver');
  });

  it('are given to a new tenant by name, and one that there is not is told', async () => {
    const made = await manager.must('POST', '/api/v1/tenants', { name: 'planned', plan: 'baseline' });
    expect(made.plan).toBe('baseline');
    for (const [path, method] of [
      ['/api/v1/tenants', 'POST'],
      [`${tenant}/plan`, 'PUT'],
    ] as const) {
      const body = method === 'POST' ? { name: 'unplanned', plan: 'platinum' } : { plan: 'platinum' };
      const refused = await manager.call(method, path, { body });
      expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/plan']);
    }
    expect((await manager.call('GET', '/api/v1/tenants/unplanned')).status).toBe(404);
    await manager.must('DELETE', '/api/v1/tenants/planned');
  });

  it('show a tenant how many of its own tenants have them, and not of others', async () => {
    await manager.must('PUT', `${tenant}/plan`, { plan: 'baseline' });
    await manager.must('PUT', '/api/v1/tenants/globex/plan', { plan: 'baseline' });
    expect((await manager.must('GET', '/api/v1/plans/baseline')).tenants).toBe(2);
    const token = await makeToken(manager, 'readOnly', { tenant: 'acme' });
    expect((await manager.must('GET', '/api/v1/plans/baseline', undefined, { token })).tenants).toBe(1);
    for (const name of ['acme', 'globex']) await manager.must('PUT', `/api/v1/tenants/${name}/plan`, { plan: null });
  });

  it('are changed by whoever read them last', async () => {
    const { headers, body } = await manager.call('GET', '/api/v1/plans/baseline');
    const ifMatch = { 'if-match': String(headers.etag) };
    const change = { spec: { ...body.spec, quotas: { pods: '60' } } };
    await manager.must('PUT', '/api/v1/plans/baseline', change, { headers: ifMatch });
    expect((await manager.call('PUT', '/api/v1/plans/baseline', { body: change, headers: ifMatch })).status).toBe(412);
    expect((await manager.call('DELETE', '/api/v1/plans/baseline', { headers: ifMatch })).status).toBe(412);
    expect((await manager.call('PUT', '/api/v1/plans/bronze', { body: change, headers: ifMatch })).status).toBe(412);
  });
});

const settings = [
  ['quotas', 'quotas', { pods: '9' }, false],
  ['limits', 'limits', [{ type: 'Pod', max: { cpu: '2' } }], false],
  ['network-policies', 'networkPolicies', [{ podSelector: {} }], false],
  ['node-selector', 'nodeSelector', { pool: 'acme' }, true],
] as const;

describe.each(settings)('%s', (path, field, value, onNamespaces) => {
  it('of a tenant reach every cluster, but for those that have their own', async () => {
    const set = await manager.must('PUT', `${tenant}/${path}`, value);
    expect(set.settings[field]).toEqual(value);
    expect(await due()).toEqual([...own(), ...(onNamespaces ? held() : [])]);
    await settle();
    const repeated = await manager.must('PUT', `${tenant}/${path}`, value);
    expect(repeated.generation).toBe(set.generation);
    expect(await due()).toEqual([]);

    const nothing = Array.isArray(value) ? [] : {};
    const here = await manager.must('PUT', `${north}/${path}`, nothing);
    expect(here.spec[field]).toEqual(nothing);
    expect(here.effective[field]).toEqual(nothing);
    expect(await due()).toEqual([`placement:${here.id}`, ...(onNamespaces ? held() : [])]);
    expect((await manager.must('GET', '/api/v1/clusters/south/tenants/acme')).effective[field]).toEqual(value);

    const back = await manager.must('DELETE', `${north}/${path}`);
    expect(back.spec).not.toHaveProperty(field);
    expect(back.effective[field]).toEqual(value);
    expect(back.generation).toBe(here.generation + 1);
    // What is not there is taken away already.
    expect((await manager.must('DELETE', `${north}/${path}`)).generation).toBe(back.generation);
  });

  it('are changed by whoever read them last', async () => {
    for (const base of [tenant, north]) {
      const { headers } = await manager.call('GET', base);
      const ifMatch = { 'if-match': String(headers.etag) };
      const empty = Array.isArray(value) ? [] : {};
      await manager.must('PUT', `${base}/${path}`, empty, { headers: ifMatch });
      expect((await manager.call('PUT', `${base}/${path}`, { body: value, headers: ifMatch })).status).toBe(412);
    }
    const stale = { 'if-match': '"no-version"' };
    expect((await manager.call('DELETE', `${north}/${path}`, { headers: stale })).status).toBe(412);
  });

  it('of a placement that there is not, or that goes, are refused', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: `lone-${path}` });
    const nowhere = `/api/v1/clusters/north/tenants/lone-${path}`;
    expect((await manager.call('PUT', `${nowhere}/${path}`, { body: value })).status).toBe(404);
    expect((await manager.call('DELETE', `${nowhere}/${path}`)).status).toBe(404);
    await manager.must('PUT', nowhere, {});
    await manager.must('DELETE', nowhere);
    expect((await manager.call('PUT', `${nowhere}/${path}`, { body: value })).status).toBe(409);
    expect((await manager.call('DELETE', `${nowhere}/${path}`)).status).toBe(409);
  });
});

describe('what Kubernetes would not take', () => {
  const nonsense = [
    ['PUT', `${tenant}/quotas`, { storage: '1Gi' }, '/storage'],
    ['PUT', `${north}/quotas`, { pods: '1.5' }, '/pods'],
    ['PUT', `${tenant}/limits`, [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }], '/0/min/cpu'],
    ['PUT', `${north}/limits`, [{ type: 'PersistentVolumeClaim' }], '/0'],
    ['PUT', `${tenant}/network-policies`, [{ podSelector: { app: 'x' } }], '/0/podSelector/app'],
    ['PUT', `${north}/network-policies`, [{ podSelector: {}, ingress: [{ from: [{}] }] }], '/0/ingress/0/from/0'],
    ['PUT', `${tenant}/node-selector`, { 'a..b/c': 'd' }, '/a..b~1c'],
    ['PUT', north, { quotas: { bananas: '1' } }, '/quotas/bananas'],
    [
      'PUT',
      '/api/v1/plans/bad',
      { spec: { limits: [{ type: 'Pod', default: { cpu: '1' } }] } },
      '/spec/limits/0/default',
    ],
    ['PUT', '/api/v1/plans/bad', { spec: { sandboxes: { quotas: { x: '1' } } } }, '/spec/sandboxes/quotas/x'],
    ['POST', '/api/v1/clusters/north/tenants', { name: 'bad', spec: { quotas: { x: '1' } } }, '/spec/quotas/x'],
  ] as const;
  it.each(nonsense)('%s %s %j is refused whole', async (method, path, body, pointer) => {
    const refused = await manager.call(method, path, { body });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, pointer]);
    expect(await due()).toEqual([]);
  });
});

describe('owners', () => {
  const bindings = async () => {
    const { rows } = await manager.store.pool.query(
      `SELECT subject_kind || ' ' || subject_name AS owner FROM role_bindings JOIN tenants t ON t.id = tenant_id
       WHERE t.name = 'acme' AND role = 'tenantOwner' AND subject_kind <> 'Token' ORDER BY 1`,
    );
    return rows.map(({ owner }) => owner);
  };

  it('are tenantOwners, in step with the list, however it is set', async () => {
    const ann = { kind: 'User', name: 'ann' };
    const ops = { kind: 'Group', name: 'ops' };
    const set = await manager.must('PUT', `${tenant}/owners`, [ann, ops, ann]);
    expect(set.owners).toEqual([ann, ops]);
    expect(await bindings()).toEqual(['Group ops', 'User ann']);
    expect(await due()).toEqual(own());
    await manager.must('PATCH', tenant, { owners: [ops] });
    expect(await bindings()).toEqual(['Group ops']);
    await manager.must('PUT', `${tenant}/owners`, []);
    expect(await bindings()).toEqual([]);
    const entries = (await manager.must('GET', '/api/v1/audit?operation=putTenantOwners')).items;
    expect(entries.map(({ detail }: { detail: object }) => detail)).toEqual([{ owners: [] }, { owners: [ann, ops] }]);
  });
});

describe('placing by one request', () => {
  const path = '/api/v1/clusters/north/tenants';

  it('makes the tenant where there is none, and places it', async () => {
    const body = {
      name: 'initech',
      plan: 'baseline',
      owners: [{ kind: 'User', name: 'bill' }],
      spec: { quotas: { pods: '3' } },
    };
    const made = await manager.call('POST', path, { body, headers: { 'idempotency-key': 'once' } });
    expect(made).toMatchObject({ status: 201, body: { tenant: 'initech', cluster: 'north', spec: body.spec } });
    expect(await due()).toEqual([`placement:${made.body.id}`]);
    const record = await manager.must('GET', '/api/v1/tenants/initech');
    expect(record).toMatchObject({ plan: 'baseline', owners: body.owners, clusters: ['north'] });
    const repeated = await manager.call('POST', path, { body, headers: { 'idempotency-key': 'once' } });
    expect(repeated.body).toEqual(made.body);
  });

  it('places one that there is, and changes nothing else of it', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('west'));
    const made = await manager.must('POST', '/api/v1/clusters/west/tenants', { name: 'initech', plan: 'baseline' });
    expect(made).toMatchObject({ tenant: 'initech', spec: {}, effective: { quotas: { pods: '60' } } });
    for (const field of [{ plan: 'gold' }, { displayName: 'Other' }, { owners: [] }]) {
      const refused = await manager.call('POST', '/api/v1/clusters/south/tenants', {
        body: { name: 'initech', ...field },
      });
      expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, `/${Object.keys(field)[0]}`]);
    }
  });

  it('twice, or on a cordoned cluster, is refused, and nothing is half made', async () => {
    expect((await manager.call('POST', path, { body: { name: 'initech' } })).status).toBe(409);
    await manager.must('PATCH', '/api/v1/clusters/west', { cordoned: true });
    expect((await manager.call('POST', '/api/v1/clusters/west/tenants', { body: { name: 'hooli' } })).status).toBe(409);
    expect((await manager.call('GET', '/api/v1/tenants/hooli')).status).toBe(404);
  });
});
