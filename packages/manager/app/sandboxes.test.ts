/** What sandboxes may be: how many, how long, whose; and that it holds however many ask at once. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { makePlace, makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

const query = async (text: string, values: unknown[] = []) => (await manager.store.pool.query(text, values)).rows;

/** A tenant with a plan, placed, with a project that asks for what is given. */
async function makeRuled(tenant: string, plan: object, project: object): Promise<string> {
  const place = await makePlace(manager, { cluster: 'north', tenant, project: 'shop' });
  const spec = JSON.stringify({ sandboxes: plan });
  await query(
    `WITH plan AS (INSERT INTO plans (name, spec) VALUES ($1, $2) RETURNING id)
     UPDATE tenants SET plan_id = plan.id FROM plan WHERE name = $1`,
    [tenant, spec],
  );
  await manager.must('PUT', `/api/v1/tenants/${tenant}/projects/shop`, { sandboxes: project });
  return place;
}

describe('how many', () => {
  it('is held, however many ask at once, and is told', async () => {
    const place = await makeRuled('many', { maxPerProject: 3 }, {});
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => manager.call('POST', `${place}/sandbox`, { body: {} })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.detail).toBe(
      'Project shop has 3 sandboxes on cluster north, and may have 3. Delete one and wait until it is gone, or ask for a higher maxPerProject.',
    );
    // One on its way out still takes up what it has.
    await manager.must('DELETE', `${place}/sandbox/sbx-002`);
    const full = await manager.call('POST', `${place}/sandbox`, { body: {} });
    expect(full.body.detail).toContain('1 of them on the way out');
    const elsewhere = await makePlace(manager, { cluster: 'south', tenant: 'many', project: 'shop' });
    await manager.must('POST', `${elsewhere}/sandbox`, {});
  });

  it('may be none', async () => {
    const place = await makeRuled('none', {}, { maxPerProject: 0 });
    const refused = await manager.call('POST', `${place}/sandbox`, { body: {} });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toMatch(/may have no sandboxes/);
    expect(await query("SELECT 1 FROM sandboxes s JOIN tenants t ON t.id = s.tenant_id WHERE t.name = 'none'")).toEqual(
      [],
    );
  });
});

describe('how long', () => {
  const seconds = (sandbox: { createdAt: string; expiresAt: string }) =>
    (Date.parse(sandbox.expiresAt) - Date.parse(sandbox.createdAt)) / 1000;

  it('is as asked for, within the rules; without a word as long as they allow', async () => {
    const place = await makeRuled('long', { maxTtlSeconds: 7200 }, { maxTtlSeconds: 3600 });
    expect(seconds(await manager.must('POST', `${place}/sandbox`, { ttlSeconds: 600 }))).toBe(600);
    expect(seconds(await manager.must('POST', `${place}/sandbox`, {}))).toBe(3600);
    const refused = problem(await manager.call('POST', `${place}/sandbox`, { body: { ttlSeconds: 3601 } }));
    expect(refused).toMatchObject({ status: 422, errors: [{ pointer: '/ttlSeconds' }] });
    expect(refused.detail).toContain('at most 3600 seconds');
  });

  it('can be extended from now on, and not beyond the rules', async () => {
    const place = await makeRuled('extended', { maxTtlSeconds: 3600 }, {});
    const made = await manager.must('POST', `${place}/sandbox`, { ttlSeconds: 300 });
    await query("UPDATE sandboxes SET expires_at = now() + interval '1 second' WHERE id = $1", [made.id]);
    const path = `${place}/sandbox/${made.id}`;
    const extended = await manager.must('PATCH', path, { ttlSeconds: 3600 });
    expect(Date.parse(extended.expiresAt) - Date.parse(extended.updatedAt)).toBe(3_600_000);
    expect(
      await query('SELECT 1 FROM reconcile_queue WHERE key = $1 AND due_at <= now()', [`sandbox:${made.id}`]),
    ).toHaveLength(1);
    for (const ttlSeconds of [3601, null]) {
      const refused = problem(await manager.call('PATCH', path, { body: { ttlSeconds } }));
      expect(refused).toMatchObject({ status: 422, errors: [{ pointer: '/ttlSeconds' }] });
    }
    expect((await manager.must('GET', path)).expiresAt).toBe(extended.expiresAt);
  });

  it('is not touched by a new name, nor is anything by what is so already', async () => {
    const place = await makePlace(manager, { cluster: 'north', tenant: 'named', project: 'shop' });
    const made = await manager.must('POST', `${place}/sandbox`, { ttlSeconds: 300 });
    const path = `${place}/sandbox/sbx-001`;
    const named = await manager.must('PATCH', path, { displayName: 'Mine' });
    expect(named).toMatchObject({ displayName: 'Mine', expiresAt: made.expiresAt, generation: 2 });
    expect(await manager.must('PATCH', path, { displayName: 'Mine' })).toEqual(named);
    const endless = await manager.must('PATCH', path, { ttlSeconds: null });
    expect(await manager.must('PATCH', path, { ttlSeconds: null })).toEqual(endless);
  });

  it('is not changed on an old state, nor of one that is on its way out', async () => {
    const place = await makePlace(manager, { cluster: 'north', tenant: 'careful', project: 'shop' });
    await manager.must('POST', `${place}/sandbox`, {});
    const path = `${place}/sandbox/sbx-001`;
    const stale = await manager.call('PATCH', path, { body: { ttlSeconds: 300 }, headers: { 'if-match': '"old"' } });
    expect(stale.status).toBe(412);
    await manager.must('DELETE', path);
    const late = await manager.call('PATCH', path, { body: { ttlSeconds: 300 } });
    expect(late).toMatchObject({
      status: 409,
      body: { detail: 'The sandbox sbx-001 is being deleted. Make another.' },
    });
  });
});

describe('the rules of a project', () => {
  it('stay within the plan', async () => {
    await makeRuled('framed', { maxPerProject: 3, quotas: { 'limits.cpu': '2' } }, {});
    const asked = { maxPerProject: 4, quotas: { 'limits.cpu': '3', pods: '5' } };
    for (const [method, path, more] of [
      ['POST', '/api/v1/tenants/framed/projects', { name: 'blog' }],
      ['PUT', '/api/v1/tenants/framed/projects/shop', {}],
      ['PUT', '/api/v1/clusters/north/tenants/framed/projects/shop', {}],
    ] as const) {
      const refused = problem(await manager.call(method, path, { body: { ...more, sandboxes: asked } }));
      expect(refused.status).toBe(422);
      expect(refused.errors?.map(({ pointer }) => pointer)).toEqual([
        '/sandboxes/maxPerProject',
        '/sandboxes/quotas/limits.cpu',
      ]);
    }
    const within = { maxPerProject: 3, quotas: { 'limits.cpu': '1500m', pods: '5' } };
    expect(await manager.must('PUT', '/api/v1/tenants/framed/projects/shop', { sandboxes: within })).toMatchObject({
      sandboxes: within,
    });
  });

  it('are set by an owner of the tenant, and by nobody who only works in it', async () => {
    await makePlace(manager, { cluster: 'north', tenant: 'owned', project: 'shop' });
    const path = '/api/v1/tenants/owned/projects/shop';
    const body = { sandboxes: { maxPerProject: 1 } };
    const owner = await makeToken(manager, 'tenantOwner', { tenant: 'owned' });
    const dev = await makeToken(manager, 'projectDev', { tenant: 'owned' });
    expect((await manager.call('PUT', path, { body, token: dev })).status).toBe(403);
    expect((await manager.call('PUT', path, { body, token: owner })).status).toBe(200);
  });

  it('reach the sandboxes that are there', async () => {
    const place = await makePlace(manager, { cluster: 'north', tenant: 'reached', project: 'shop' });
    const { id } = await manager.must('POST', `${place}/sandbox`, {});
    const due = () => query('SELECT 1 FROM reconcile_queue WHERE key = $1 AND due_at <= now()', [`sandbox:${id}`]);
    const settle = () => query("UPDATE reconcile_queue SET due_at = 'infinity' WHERE key = $1", [`sandbox:${id}`]);
    await settle();
    await manager.must('PUT', '/api/v1/tenants/reached/projects/shop', { displayName: 'Another name' });
    expect(await due()).toHaveLength(0);
    await manager.must('PUT', '/api/v1/tenants/reached/projects/shop', { sandboxes: { quotas: { pods: '5' } } });
    expect(await due()).toHaveLength(1);
  });
});

describe('the short cut', () => {
  it('asks for what the path would have asked for', async () => {
    await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
    await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'blog' });
    await makePlace(manager, { cluster: 'foreign', tenant: 'globex', project: 'site' });
    const tenantDev = await makeToken(manager, 'projectDev', { tenant: 'acme' });
    const shopDev = await makeToken(manager, 'projectDev', { tenant: 'acme', project: 'shop' });
    const reader = await makeToken(manager, 'readOnly', { tenant: 'acme' });
    const ask = (token: string, body: object, tenant = 'acme') =>
      manager.call('POST', `/api/v1/tenants/${tenant}/sandbox`, { token, body });
    expect((await ask(tenantDev, { cluster: 'north', project: 'blog' })).status).toBe(201);
    expect((await ask(shopDev, { cluster: 'north', project: 'shop' })).status).toBe(201);
    expect((await ask(reader, { cluster: 'north', project: 'shop' })).status).toBe(403);

    const missing = async (token: string, body: object, tenant?: string) => {
      const answer = await ask(token, body, tenant);
      return [answer.status, answer.body.detail];
    };
    const none = await missing(shopDev, { cluster: 'north', project: 'nowhere' });
    expect(none[0]).toBe(404);
    expect(await missing(shopDev, { cluster: 'north', project: 'blog' })).toEqual(none);
    const noCluster = await missing(shopDev, { cluster: 'nowhere', project: 'shop' });
    expect(noCluster[0]).toBe(404);
    expect(await missing(shopDev, { cluster: 'foreign', project: 'shop' })).toEqual(noCluster);
    expect((await missing(shopDev, { cluster: 'north', project: 'site' }, 'globex'))[0]).toBe(404);
    // Of another tenant, by its id.
    const [site] = await query("SELECT id FROM projects WHERE name = 'site'");
    expect(await missing(tenantDev, { cluster: 'north', project: site.id })).toEqual(none);
  });

  it('makes one for one key', async () => {
    await makePlace(manager, { cluster: 'north', tenant: 'once', project: 'shop' });
    const body = { cluster: 'north', project: 'shop' };
    const headers = { 'idempotency-key': 'a-key' };
    const first = await manager.must('POST', '/api/v1/tenants/once/sandbox', body, { headers });
    expect((await manager.must('POST', '/api/v1/tenants/once/sandbox', body, { headers })).id).toBe(first.id);
    const other = await manager.call('POST', '/api/v1/tenants/once/sandbox', {
      body: { ...body, ttlSeconds: 300 },
      headers,
    });
    expect(other.status).toBe(422);
  });
});

describe('under a cluster', () => {
  it('projects need the tenant placed there', async () => {
    await makePlace(manager, { cluster: 'north', tenant: 'placed', project: 'shop' });
    await makePlace(manager, { cluster: 'south', tenant: 'elsewhere', project: 'shop' });
    const base = '/api/v1/clusters/south/tenants/placed/projects';
    for (const answer of [
      await manager.call('POST', base, { body: { name: 'blog' } }),
      await manager.call('GET', `${base}/shop`),
      await manager.call('PUT', `${base}/shop`, { body: {} }),
      await manager.call('DELETE', `${base}/shop`),
    ]) {
      expect(answer).toMatchObject({ status: 409 });
      expect(answer.body.detail).toMatch(/not placed on cluster south/);
    }
    expect((await manager.must('GET', base)).items).toEqual([]);
  });

  it('a list of projects shows those that have something there, in the caller’s scope', async () => {
    const shop = await makePlace(manager, { cluster: 'north', tenant: 'listed', project: 'shop' });
    const blog = await makePlace(manager, { cluster: 'north', tenant: 'listed', project: 'blog' });
    await makePlace(manager, { cluster: 'north', tenant: 'listed', project: 'empty' });
    await manager.must('POST', `${shop}/sandbox`, {});
    await manager.must('POST', `${blog}/sandbox`, {});
    const base = '/api/v1/clusters/north/tenants/listed/projects';
    const names = async (token?: string) =>
      (await manager.must('GET', base, undefined, { token })).items.map((item: { name: string }) => item.name);
    expect(await names()).toEqual(['shop', 'blog']);
    expect(await names(await makeToken(manager, 'readOnly', { tenant: 'listed', project: 'blog' }))).toEqual(['blog']);
  });

  it('nothing new comes to one that is cordoned, and what is there can be changed', async () => {
    const place = await makePlace(manager, { cluster: 'full', tenant: 'held', project: 'shop' });
    await manager.must('POST', `${place}/sandbox`, {});
    await manager.must('POST', '/api/v1/tenants', { name: 'late' });
    await manager.must('POST', '/api/v1/clusters/full:cordon');
    for (const [method, path, body] of [
      ['POST', `${place}/sandbox`, {}],
      ['POST', '/api/v1/tenants/held/sandbox', { cluster: 'full', project: 'shop' }],
      ['PUT', '/api/v1/clusters/full/tenants/late', {}],
    ] as const) {
      const refused = await manager.call(method, path, { body });
      expect(refused, path).toMatchObject({ status: 409 });
      expect(refused.body.detail).toMatch(/is cordoned/);
    }
    await manager.must('PATCH', `${place}/sandbox/sbx-001`, { ttlSeconds: 300 });
    await manager.must('PUT', '/api/v1/clusters/full/tenants/held', { quotas: { pods: '5' } });
    const stale = await manager.call('POST', '/api/v1/clusters/full:uncordon', { headers: { 'if-match': '"old"' } });
    expect(stale.status).toBe(412);
    await manager.must('POST', '/api/v1/clusters/full:uncordon');
    await manager.must('POST', `${place}/sandbox`, {});
  });
});
