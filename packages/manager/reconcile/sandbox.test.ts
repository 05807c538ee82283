/** The end of a sandbox and its quota; the flows show the rest of its life on clusters. */
import { EXPIRES_AT } from '@kubenova/domain/labels.ts';
import { sandboxNamespace } from '@kubenova/domain/names.ts';
import { SANDBOX_EXPIRING_EVENT, SANDBOX_QUOTA } from '@kubenova/domain/sandbox-objects.ts';
import type { ObjectStatus } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import type { ReconcileContext } from './context.ts';
import type { ReconcileKey } from './key.ts';
import { enqueue, enqueueExpired } from './queue.ts';
import { reconcileSandbox } from './sandbox.ts';
import { type FakeCluster, fakeCluster, refused } from './testing/fake-cluster.ts';
import { insertPlace, type Records } from './testing/records.ts';
import { startQueue } from './worker.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let fake: FakeCluster;
let context: ReconcileContext;
const silent = { debug() {}, warn() {}, error() {} };

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
  place = await insertPlace(store.pool);
}, 60_000);
afterAll(async () => {
  await store?.close();
  await database?.drop();
});

beforeEach(async () => {
  await store.pool.query(
    "TRUNCATE sandboxes, namespaces, reconcile_queue CASCADE; UPDATE projects SET sandboxes = '{}'",
  );
  fake = fakeCluster();
  fake.put({ apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', metadata: { name: 'acme' } });
  context = {
    db: store.db,
    clusters: fake.clusters,
    sealing: { seal: () => Buffer.alloc(0), unseal: () => '' },
    log: silent,
    now: () => new Date(),
    repairs: new Map(),
    suspect: () => undefined,
  };
});

/** A sandbox that was made some time ago and ends some time from now; both are intervals of Postgres. */
async function insertSandbox(number: number, life?: { age: string; left: string }): Promise<string> {
  const namespace = sandboxNamespace({ tenant: 'acme', project: 'shop', number });
  const { rows } = await store.pool.query(
    `WITH made AS (
       INSERT INTO sandboxes (placement_id, cluster_id, tenant_id, project_id, number, namespace, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() - $7::interval, now() + $8::interval) RETURNING *
     ), held AS (INSERT INTO namespaces SELECT cluster_id, namespace, 'sandbox', id FROM made)
     SELECT id FROM made`,
    [
      place.placementId,
      place.clusterId,
      place.tenantId,
      place.projectId,
      number,
      namespace,
      life?.age ?? '0',
      life?.left ?? null,
    ],
  );
  return rows[0].id;
}

const run = (id: string) => reconcileSandbox(context, id, new AbortController().signal);
const one = async (text: string, id: string) => (await store.pool.query(text, [id])).rows[0];
const statusOf = async (id: string): Promise<ObjectStatus> =>
  (await one('SELECT status FROM sandboxes WHERE id = $1', id)).status;
const expiring = async (id: string) => (await statusOf(id)).conditions.find(({ type }) => type === 'Expiring');
const audited = async (id: string) =>
  (
    await store.pool.query(
      'SELECT actor, operation, status, source_ip, tenant_id, detail FROM audit WHERE object = $1',
      [`sandbox:${id}`],
    )
  ).rows;
const rule = (sandboxes: object) => store.pool.query('UPDATE projects SET sandboxes = $1', [JSON.stringify(sandboxes)]);

describe('the end of a sandbox', () => {
  it('is no business of one that has none', async () => {
    const id = await insertSandbox(1);
    expect(await run(id)).toBeUndefined();
    expect((await statusOf(id)).phase).toBe('Ready');
    expect(fake.find('Namespace', 'tn-acme-shop-sbx-001')?.metadata.annotations).not.toHaveProperty(EXPIRES_AT);
  });

  it('is on the namespace from the beginning, without a warning', async () => {
    const id = await insertSandbox(1, { age: '1 minute', left: '1 day' });
    const result = await run(id);
    const { expires_at } = await one('SELECT expires_at FROM sandboxes WHERE id = $1', id);
    const namespace = fake.find('Namespace', 'tn-acme-shop-sbx-001');
    expect(namespace?.metadata.annotations?.[EXPIRES_AT]).toBe(expires_at.toISOString());
    expect(await expiring(id)).toBeUndefined();
    expect(fake.find('Event', SANDBOX_EXPIRING_EVENT)).toBeUndefined();
    // No later than others are looked at by the scan.
    expect(result).toEqual({ requeueAfterMs: 300_000 });
  });

  it('is warned of in the last tenth, once, and the sandbox stays ready', async () => {
    const id = await insertSandbox(1, { age: '10 hours', left: '10 minutes' });
    expect(await run(id)).toEqual({ requeueAfterMs: 300_000 });
    expect(await expiring(id)).toMatchObject({ status: 'True', reason: 'EndsSoon' });
    expect((await statusOf(id)).phase).toBe('Ready');
    const event = fake.find('Event', SANDBOX_EXPIRING_EVENT);
    expect(event).toMatchObject({
      type: 'Warning',
      reason: 'Expiring',
      involvedObject: { name: 'tn-acme-shop-sbx-001' },
    });
    fake.writes.length = 0;
    await run(id);
    expect(fake.writes).toEqual([]);
  });

  it('is looked at in time for the warning and for itself', async () => {
    const soon = await insertSandbox(1, { age: '10 hours', left: '69 minutes' });
    const last = await insertSandbox(2, { age: '10 hours', left: '1 second' });
    const ms = async (id: string) => ((await run(id)) as { requeueAfterMs: number }).requeueAfterMs;
    // The warning begins a tenth of 669 minutes before the end, which is in 2.1 minutes.
    expect(await ms(soon)).toBeLessThanOrEqual(126_005);
    expect(await ms(last)).toBeLessThanOrEqual(1_005);
  });

  it('is announced anew when it is put off, and no more when it is taken away', async () => {
    const id = await insertSandbox(1, { age: '10 hours', left: '10 minutes' });
    await run(id);
    const first = (await expiring(id))?.message;
    await store.pool.query(
      "UPDATE sandboxes SET expires_at = now() + interval '12 minutes', generation = generation + 1",
    );
    fake.writes.length = 0;
    await run(id);
    expect((await expiring(id))?.message).not.toBe(first);
    expect(fake.writes).toContain(`apply Event tn-acme-shop-sbx-001/${SANDBOX_EXPIRING_EVENT}`);
    await store.pool.query('UPDATE sandboxes SET expires_at = NULL, generation = generation + 1');
    await run(id);
    expect(await expiring(id)).toBeUndefined();
    expect(fake.find('Namespace', 'tn-acme-shop-sbx-001')?.metadata.annotations).not.toHaveProperty(EXPIRES_AT);
  });

  it('is warned of on a cluster that takes no events, and by one that is away', async () => {
    const id = await insertSandbox(1, { age: '10 hours', left: '10 minutes' });
    fake.onCall = (call) => {
      if (call.startsWith('apply Event')) throw refused('Forbidden', 'events is forbidden');
    };
    await run(id);
    expect((await statusOf(id)).phase).toBe('Ready');
    const away = await insertSandbox(2, { age: '10 hours', left: '10 minutes' });
    fake.away = 'The cluster does not answer.';
    await run(away);
    expect(await expiring(away)).toMatchObject({ status: 'True' });
    expect((await statusOf(away)).phase).toBe('Unreachable');
  });

  it('takes it away as a deletion does, with an entry in the audit', async () => {
    const id = await insertSandbox(1, { age: '10 minutes', left: '1 hour' });
    await run(id);
    await store.pool.query("UPDATE sandboxes SET expires_at = now() - interval '1 second'");
    const { expires_at } = await one('SELECT expires_at FROM sandboxes WHERE id = $1', id);
    await run(id);
    const row = await one('SELECT deleting_at, generation FROM sandboxes WHERE id = $1', id);
    expect(row).toMatchObject({ deleting_at: expect.any(Date), generation: 2 });
    expect(fake.find('Namespace', 'tn-acme-shop-sbx-001')).toBeUndefined();
    expect(await run(id)).toBe('gone');
    expect(await one('SELECT 1 FROM sandboxes WHERE id = $1', id)).toBeUndefined();
    const [entry, ...others] = await audited(id);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      actor: 'kubenova:expiry',
      operation: 'deleteSandbox',
      status: 202,
      tenant_id: place.tenantId,
    });
    expect(Date.parse(entry.detail.expiresAt)).toBe(expires_at.getTime());
  });

  it('comes also while the cluster is away, and then waits for it', async () => {
    const id = await insertSandbox(1, { age: '10 minutes', left: '-1 second' });
    fake.away = 'The cluster does not answer.';
    await run(id);
    expect(await statusOf(id)).toMatchObject({ phase: 'Deleting' });
    expect(await audited(id)).toHaveLength(1);
  });

  it('comes once, however many Managers see it, at its time, over a restart of all', async () => {
    const ids = await Promise.all(
      [1, 2, 3, 4].map((number) => insertSandbox(number, { age: '10 minutes', left: '2 seconds' })),
    );
    const start = () =>
      startQueue({
        pool: store.pool,
        reconcile: (key: ReconcileKey, signal) => reconcileSandbox(context, key.slice('sandbox:'.length), signal),
        log: silent,
        scanEveryMs: 0,
      });
    for (const id of ids) await enqueue(store.db, `sandbox:${id}`);
    const before = await Promise.all([start(), start()]);
    await waitFor({
      what: 'all to be ready',
      timeoutMs: 20_000,
      look: async () =>
        (await Promise.all(ids.map(statusOf))).every(({ phase }) => phase === 'Ready') ? true : undefined,
    });
    await Promise.all(before.map((queue) => queue.stop()));
    const after = await Promise.all([start(), start(), start()]);
    await waitFor({
      what: 'all to be gone',
      timeoutMs: 20_000,
      look: async () => ((await store.pool.query('SELECT 1 FROM sandboxes')).rows.length === 0 ? true : undefined),
    });
    await Promise.all(after.map((queue) => queue.stop()));
    for (const id of ids) expect(await audited(id)).toHaveLength(1);
  }, 60_000);

  it('is found, some at a time, where the queue knows nothing of it', async () => {
    await insertSandbox(1, { age: '1 hour', left: '1 hour' });
    await insertSandbox(2);
    const due = await Promise.all(
      [3, 4, 5].map((number) => insertSandbox(number, { age: '1 hour', left: '-1 second' })),
    );
    const queued = async () =>
      (await store.pool.query('SELECT key FROM reconcile_queue ORDER BY key')).rows.map((row) => row.key);
    await enqueueExpired(store.db, 2);
    expect(await queued()).toHaveLength(2);
    await enqueueExpired(store.db, 2);
    expect(await queued()).toEqual(due.map((id) => `sandbox:${id}`).sort());
    const { rows } = await store.pool.query('SELECT sum(version) AS versions FROM reconcile_queue');
    await enqueueExpired(store.db, 2);
    expect((await store.pool.query('SELECT sum(version) AS versions FROM reconcile_queue')).rows).toEqual(rows);
  });
});

describe('the quota of a sandbox', () => {
  const quota = () => fake.find('ResourceQuota', SANDBOX_QUOTA);

  it('is made, follows the rules, and goes with them', async () => {
    const id = await insertSandbox(1);
    await run(id);
    expect(quota()).toBeUndefined();
    await rule({ quotas: { 'limits.cpu': '2', pods: '5' } });
    await run(id);
    expect(quota()?.spec).toEqual({ hard: { 'limits.cpu': '2', pods: '5' } });
    expect((await statusOf(id)).conditions.find(({ type }) => type === 'QuotaReady')).toMatchObject({ status: 'True' });
    await rule({ quotas: { pods: '6' } });
    await run(id);
    expect(quota()?.spec).toEqual({ hard: { pods: '6' } });
    fake.writes.length = 0;
    await run(id);
    expect(fake.writes).toEqual([]);
    await rule({});
    await run(id);
    expect(quota()).toBeUndefined();
    expect((await statusOf(id)).conditions.find(({ type }) => type === 'QuotaReady')).toBeUndefined();
  });

  it('is what the plan says where the project says nothing', async () => {
    await store.pool.query(
      `WITH plan AS (INSERT INTO plans (name, spec) VALUES ('small', '{"sandboxes":{"quotas":{"pods":"3"}}}') RETURNING id)
       UPDATE tenants SET plan_id = plan.id FROM plan`,
    );
    const id = await insertSandbox(1);
    await run(id);
    expect(quota()?.spec).toEqual({ hard: { pods: '3' } });
    await store.pool.query('UPDATE tenants SET plan_id = NULL');
  });

  it('is put back when somebody deletes or widens it', async () => {
    await rule({ quotas: { pods: '5' } });
    const id = await insertSandbox(1);
    await run(id);
    const made = quota();
    if (made === undefined) throw new Error('there is no quota');
    fake.put({ ...made, spec: { hard: { pods: '500' } } });
    await run(id);
    expect(quota()?.spec).toEqual({ hard: { pods: '5' } });
  });

  it('is before anybody may come in', async () => {
    await rule({ quotas: { pods: '5' } });
    await run(await insertSandbox(1));
    const at = (kind: string) => fake.writes.findIndex((write) => write.startsWith(`apply ${kind} `));
    expect(at('ResourceQuota')).toBeGreaterThan(at('Namespace'));
    expect(at('RoleBinding')).toBeGreaterThan(at('ResourceQuota'));
  });

  it('that the cluster refuses is told, with what to do', async () => {
    await rule({ quotas: { pods: '5' } });
    const id = await insertSandbox(1);
    fake.onCall = (call) => {
      if (call.startsWith('apply ResourceQuota')) throw refused('Forbidden', 'resourcequotas is forbidden');
    };
    await run(id);
    const status = await statusOf(id);
    expect(status.phase).toBe('Degraded');
    const condition = status.conditions.find(({ type }) => type === 'QuotaReady');
    expect(condition).toMatchObject({ status: 'False', reason: 'Forbidden' });
    expect(condition?.message).toMatch(/administrator's kubeconfig/);
  });
});
