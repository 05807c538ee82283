/** What holds of every write: ETags, idempotency, the audit, the queue, the number of statements. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { imageSource, makePlace, makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;
let place: string;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  place = await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

const query = async (text: string) => (await manager.store.pool.query(text)).rows;
const createApp = (name: string, headers: Record<string, string> = {}, tag = '1') =>
  manager.call('POST', `${place}/apps`, { body: { name, source: imageSource(tag) }, headers });

describe('If-Match', () => {
  it('lets a change through on the version that it is based on, and no other', async () => {
    const made = await createApp('etag');
    const path = `${place}/apps/etag`;
    const first = String(made.headers.etag);
    expect(first).toBe(`"${made.body.id.slice(0, 8)}-1"`);
    const second = await manager.call('PUT', path, {
      body: { source: imageSource('2') },
      headers: { 'if-match': first },
    });
    expect(second.status).toBe(200);
    expect((await manager.call('GET', path)).headers.etag).toBe(second.headers.etag);
    const lost = await manager.call('PUT', path, {
      body: { source: imageSource('3') },
      headers: { 'if-match': first },
    });
    expect(problem(lost)).toMatchObject({
      code: 'KN-412',
      detail: expect.stringContaining(String(second.headers.etag)),
    });
    const tries = { [`"nothing", ${second.headers.etag}`]: 200, '*': 200, [`W/${second.headers.etag}`]: 412 };
    for (const [ifMatch, status] of Object.entries(tries)) {
      const same = { body: { source: imageSource('2') }, headers: { 'if-match': ifMatch } };
      expect((await manager.call('PUT', path, same)).status, ifMatch).toBe(status);
    }
  });

  it('holds for every kind of object, deletions included', async () => {
    const headers = { 'if-match': '"00000000-9"' };
    await manager.must('POST', `${place}/sandbox`, {});
    const calls = [
      manager.call('PATCH', '/api/v1/clusters/north', { body: { cordoned: false }, headers }),
      manager.call('DELETE', '/api/v1/clusters/north', { headers }),
      manager.call('PATCH', '/api/v1/tenants/acme', { body: { displayName: 'x' }, headers }),
      manager.call('DELETE', '/api/v1/tenants/acme', { headers }),
      manager.call('PUT', '/api/v1/clusters/north/tenants/acme', { body: {}, headers }),
      manager.call('DELETE', '/api/v1/clusters/north/tenants/acme', { headers }),
      manager.call('PUT', '/api/v1/tenants/acme/projects/shop', { body: {}, headers }),
      manager.call('DELETE', '/api/v1/tenants/acme/projects/shop', { headers }),
      manager.call('DELETE', `${place}/sandbox/sbx-001`, { headers }),
      manager.call('PATCH', `${place}/apps/etag`, { body: { description: 'x' }, headers }),
      manager.call('POST', `${place}/apps/etag:rollback`, { body: { revision: 1 }, headers }),
      manager.call('DELETE', `${place}/apps/etag`, { headers }),
    ];
    for (const answer of await Promise.all(calls)) expect(problem(answer).code).toBe('KN-412');
  });

  it('lets exactly one of many writers win', async () => {
    const made = await createApp('race');
    const headers = { 'if-match': String(made.headers.etag) };
    const writers = Array.from({ length: 8 }, (_, index) =>
      manager.call('PUT', `${place}/apps/race`, { body: { source: imageSource(`w${index}`) }, headers }),
    );
    const statuses = (await Promise.all(writers)).map((answer) => answer.status).sort();
    expect(statuses).toEqual([200, 412, 412, 412, 412, 412, 412, 412]);
  });
});

describe('Idempotency-Key', () => {
  it('answers a repetition with what the first request made', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    const first = await createApp('once', headers);
    const again = await createApp('once', headers);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(await query("SELECT count(*) FROM apps WHERE name = 'once'")).toEqual([{ count: 1 }]);
    expect(await query(`SELECT count(*) FROM audit WHERE object = 'app:${first.body.id}'`)).toEqual([{ count: 1 }]);
  });

  it('refuses the key for another body, another path or another operation', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    expect(problem(await createApp('once', headers, '2')).code).toBe('KN-422');
    expect(problem(await createApp('twice', headers)).code).toBe('KN-422');
    const other = await manager.call('POST', '/api/v1/tenants', { body: { name: 'once' }, headers });
    expect(problem(other)).toMatchObject({ code: 'KN-422', detail: expect.stringContaining('another request') });
  });

  it('belongs to its caller', async () => {
    const token = await makeToken(manager, 'tenantOwner', { tenant: 'acme' });
    const answer = await manager.call('POST', '/api/v1/tenants/acme/projects', {
      token,
      body: { name: 'own-key' },
      headers: { 'idempotency-key': 'key-1' },
    });
    expect(answer.status).toBe(201);
  });

  it('makes one object out of many requests at once; the others are told to wait or get the same', async () => {
    const many = await Promise.all(
      Array.from({ length: 6 }, () => createApp('burst', { 'idempotency-key': 'key-burst' })),
    );
    const statuses = new Set(many.map((answer) => answer.status));
    expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
    const ids = new Set(many.filter((answer) => answer.status === 201).map((answer) => answer.body.id));
    expect(ids.size).toBe(1);
  });

  it('says so while the first request is running', async () => {
    const client = await manager.store.pool.connect();
    try {
      const name = `idempotency:${JSON.stringify(['admin', 'key-busy'])}`;
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
      const busy = await createApp('busy', { 'idempotency-key': 'key-busy' });
      expect(problem(busy)).toMatchObject({ code: 'KN-409', detail: expect.stringContaining('is running') });
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
    expect((await createApp('busy', { 'idempotency-key': 'key-busy' })).status).toBe(201);
  });

  it('remembers only what succeeded', async () => {
    const headers = { 'idempotency-key': 'key-failed' };
    const body = { name: 'later' };
    expect((await manager.call('POST', '/api/v1/tenants/nobody/projects', { body, headers })).status).toBe(404);
    await manager.must('POST', '/api/v1/tenants', { name: 'nobody' });
    expect((await manager.call('POST', '/api/v1/tenants/nobody/projects', { body, headers })).status).toBe(201);
  });

  it('forgets after a day', async () => {
    await query(
      "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'key-1' AND actor = 'admin'",
    );
    expect((await createApp('after-a-day', { 'idempotency-key': 'key-1' })).status).toBe(201);
    expect((await createApp('after-a-day', { 'idempotency-key': 'key-1' })).status).toBe(201);
  });

  it('never shows the secret of a token again', async () => {
    const body = { name: 'secret', role: 'readOnly', ttlSeconds: 60 };
    const headers = { 'idempotency-key': 'key-token' };
    const first = await manager.call('POST', '/api/v1/tokens', { body, headers });
    const again = await manager.call('POST', '/api/v1/tokens', { body, headers });
    expect(problem(again)).toMatchObject({ code: 'KN-409', detail: expect.stringContaining(first.body.id) });
    expect(again.text).not.toContain(first.body.token);
  });
});

describe('the audit', () => {
  it('has every write: allowed, denied and failed', async () => {
    const token = await makeToken(manager, 'readOnly', { tenant: 'acme' });
    await manager.call('POST', `${place}/apps`, { token, body: { name: 'denied', source: imageSource('1') } });
    await manager.call('POST', '/api/v1/tenants', { body: { name: 'acme' } });
    await manager.call('POST', `${place}/apps:validate`, { token, body: { name: 'denied', source: imageSource('1') } });
    const rows = await query(
      'SELECT operation, outcome, status, tenant_id IS NOT NULL AS ours FROM audit ORDER BY at DESC LIMIT 2',
    );
    expect(rows).toEqual([
      { operation: 'createTenant', outcome: 'failed', status: 409, ours: false },
      { operation: 'createApp', outcome: 'denied', status: 403, ours: true },
    ]);
  });

  it('does not tell a tenant who tried its door', async () => {
    await manager.must('POST', '/api/v1/tenants', { name: 'intruder' });
    const token = await makeToken(manager, 'tenantOwner', { tenant: 'intruder' });
    expect((await manager.call('DELETE', '/api/v1/tenants/acme', { token })).status).toBe(404);
    const owner = await makeToken(manager, 'tenantOwner', { tenant: 'acme' });
    const seen = (await manager.must('GET', '/api/v1/audit?limit=200', undefined, { token: owner })).items;
    expect(seen.length).toBeGreaterThan(0);
    expect(JSON.stringify(seen)).not.toContain('intruder');
    const all = (await manager.must('GET', '/api/v1/audit?operation=deleteTenant')).items;
    expect(all[0]).toMatchObject({ status: 404, outcome: 'failed', object: 'tenant:acme', tenantId: null });
  });

  it('cannot be changed or shortened, by anyone', async () => {
    await expect(query("UPDATE audit SET actor = 'nobody'")).rejects.toThrow('append-only');
    await expect(query('DELETE FROM audit')).rejects.toThrow('append-only');
    await expect(query('TRUNCATE audit')).rejects.toThrow('append-only');
  });

  it('rolls back with its write', async () => {
    const before = await query('SELECT count(*) FROM audit');
    const { services } = manager;
    const original = services.enqueue;
    services.enqueue = () => Promise.reject(new Error('no queue'));
    try {
      await expect(createApp('no-queue')).rejects.toThrow();
    } finally {
      services.enqueue = original;
    }
    expect(await query("SELECT count(*) FROM apps WHERE name = 'no-queue'")).toEqual([{ count: 0 }]);
    const failed = await query('SELECT outcome, status FROM audit ORDER BY at DESC LIMIT 1');
    expect(failed).toEqual([{ outcome: 'failed', status: 500 }]);
    expect(Number((await query('SELECT count(*) FROM audit'))[0].count)).toBe(Number(before[0].count) + 1);
  });
});

describe('the queue', () => {
  it('gets the key of what was written, in the same transaction', async () => {
    const { body } = await createApp('queued');
    expect(await query(`SELECT count(*) FROM reconcile_queue WHERE key = 'app:${body.id}'`)).toEqual([{ count: 1 }]);
    await query('DELETE FROM reconcile_queue');
    await manager.must('PUT', `${place}/apps/queued`, { source: imageSource('1') });
    expect(await query('SELECT key FROM reconcile_queue')).toEqual([]);
    await manager.must('PATCH', '/api/v1/tenants/acme', { displayName: 'Acme Inc.' });
    expect(await query("SELECT count(*) FROM reconcile_queue WHERE key LIKE 'placement:%'")).toEqual([{ count: 1 }]);
  });
});

describe('statements for a request', () => {
  const counted = async (work: () => Promise<unknown>) => {
    const before = manager.store.statements();
    await work();
    return manager.store.statements() - before;
  };

  it('are few, and do not grow with what there is', async () => {
    const token = await makeToken(manager, 'projectDev', { tenant: 'acme', project: 'shop' });
    await manager.call('GET', '/api/v1/me', { token });
    await expect
      .poll(
        async () =>
          (await query("SELECT last_used_at FROM tokens WHERE name = 'projectdev-acme-shop'"))[0].last_used_at,
      )
      .not.toBeNull();
    const call = (...request: Parameters<TestManager['call']>) => counted(() => manager.call(...request));
    const body = { name: 'counted', source: imageSource('1') };
    expect({
      // The token, the path, and begin, row, key, commit.
      create: await call('POST', `${place}/apps`, { token, body }),
      get: await call('GET', `${place}/apps/counted`, { token }),
      list: await call('GET', `${place}/apps?limit=200`, { token }),
      // The token, the path, and begin, lock, row, key, audit, commit.
      put: await call('PUT', `${place}/apps/counted`, { token, body: { source: imageSource('2') } }),
      unchanged: await call('PUT', `${place}/apps/counted`, { token, body: { source: imageSource('2') } }),
      delete: await call('DELETE', `${place}/apps/counted`, { token }),
      health: await call('GET', '/healthz'),
    }).toEqual({ create: 6, get: 2, list: 3, put: 8, unchanged: 6, delete: 8, health: 0 });
  });
});
