/** A tenant on a cluster: what is written when, what is told of drift and of Capsule's troubles. */
import { repairMessage } from '@kubenova/domain/drift-report.ts';
import { tenantConfigMapName } from '@kubenova/domain/names.ts';
import { tenantReportPatch } from '@kubenova/domain/tenant-report.ts';
import type { Condition, ObjectStatus } from '@kubenova/knapi/schemas.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import type { ReconcileContext } from './context.ts';
import { reconcilePlacement } from './placement.ts';
import { type FakeCluster, fakeCluster } from './testing/fake-cluster.ts';
import { insertPlace, type Records } from './testing/records.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let fake: FakeCluster;
let context: ReconcileContext;
let now: Date;

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
  const initial = { observedGeneration: 0, phase: 'Pending', conditions: [] };
  await store.pool.query(`UPDATE placements SET spec = '{}', generation = 1, status = $1`, [JSON.stringify(initial)]);
  await store.pool.query(`UPDATE tenants SET settings = '{}', plan_id = NULL, owners = '[]'`);
  fake = fakeCluster();
  now = new Date('2026-01-01T00:00:00Z');
  context = {
    db: store.db,
    clusters: fake.clusters,
    sealing: { seal: () => Buffer.alloc(0), unseal: () => '' },
    log: { debug() {}, warn() {}, error() {} },
    now: () => now,
    repairs: new Map(),
    suspect: () => undefined,
  };
});

const run = () => reconcilePlacement(context, place.placementId, new AbortController().signal);
const stateName = () => tenantConfigMapName(place.tenantId);
const writes = () => fake.writes.splice(0);

async function status(): Promise<ObjectStatus> {
  return (await store.pool.query('SELECT status FROM placements')).rows[0].status;
}

async function condition(type: string): Promise<Condition | undefined> {
  return (await status()).conditions.find((one) => one.type === type);
}

/** Changes what is there as somebody on the cluster would. */
function edit(kind: string, name: string, change: (object: KubeObject) => void): void {
  const object = fake.find(kind, name);
  if (object === undefined) throw new Error(`no ${kind} ${name}`);
  const copy = structuredClone(object);
  change(copy);
  fake.put(copy);
}

const both = () => [`apply ConfigMap kubenova-system/${stateName()}`, 'apply Tenant /acme'];

describe('a placement', () => {
  it('is made of plan, tenant and cluster, the state first; then a settled world costs nothing', async () => {
    await store.pool.query(`UPDATE tenants SET plan_id = (SELECT id FROM plans WHERE name = 'gold'),
      settings = '{"quotas": {"pods": "7"}}', owners = '[{"kind": "User", "name": "ann"}]'`);
    expect(await run()).toBeUndefined();
    expect(writes()).toEqual(both());
    expect(fake.find('Tenant', 'acme')).toMatchObject({
      metadata: { annotations: { 'kubenova.io/owners': '[{"kind":"User","name":"ann"}]' } },
      spec: {
        resourceQuotas: { items: [{ hard: { pods: '7' } }] },
        limitRanges: { items: [{ limits: [{ type: 'Container' }] }] },
      },
    });
    const { rows } = await store.pool.query('SELECT xmin FROM placements');
    now = new Date(now.getTime() + 60_000);
    await run();
    expect(writes()).toEqual([]);
    expect((await store.pool.query('SELECT xmin FROM placements')).rows).toEqual(rows);
    expect(await condition('DriftFree')).toBeUndefined();
  });

  it('that changes is no drift', async () => {
    await run();
    await store.pool.query(`UPDATE placements SET spec = '{"quotas": {"pods": "3"}}', generation = 2`);
    writes();
    await run();
    expect(writes()).toEqual(both());
    expect(await condition('DriftFree')).toBeUndefined();
    expect((await status()).observedGeneration).toBe(2);
  });
});

describe('drift', () => {
  beforeEach(async () => {
    await run();
    writes();
  });

  it('of the Tenant is put back and told, and it stays told', async () => {
    edit('Tenant', 'acme', (tenant) => {
      tenant.spec = { preventDeletion: false };
    });
    await run();
    expect(writes()).toEqual(['apply Tenant /acme']);
    const told = await condition('DriftFree');
    expect(told).toMatchObject({
      status: 'True',
      reason: 'Repaired',
      message: '2026-01-01T00:00:00.000Z: Tenant acme had another spec.forceTenantPrefix and was put back.',
    });
    expect((await status()).phase).toBe('Ready');
    now = new Date(now.getTime() + 60_000);
    await run();
    expect(await condition('DriftFree')).toEqual(told);
  });

  it('that the Agent has put back is told from its report, until the Manager has newer news', async () => {
    const agents = repairMessage([{ object: 'Tenant acme', what: 'was missing', times: 1 }], now);
    edit('ConfigMap', stateName(), (state) => {
      state.data = { ...(state.data as object), ...tenantReportPatch(agents).data };
    });
    await run();
    expect(writes()).toEqual([]);
    expect((await condition('DriftFree'))?.message).toBe(agents);
    now = new Date(now.getTime() + 1_000);
    edit('Tenant', 'acme', (tenant) => {
      tenant.spec = { ...(tenant.spec as object), cordoned: true };
    });
    // What KubeNova does not ask for is others' to say.
    await run();
    expect((await condition('DriftFree'))?.message).toBe(agents);
    edit('Tenant', 'acme', (tenant) => {
      tenant.spec = { ...(tenant.spec as object), owners: [{ kind: 'User', name: 'mallory' }] };
    });
    await run();
    expect((await condition('DriftFree'))?.message).toContain(
      '2026-01-01T00:00:01.000Z: Tenant acme had another spec.owners',
    );
  });

  it('that comes back each time is left for a while, and called contested', async () => {
    const fight = async () => {
      edit('Tenant', 'acme', (tenant) => {
        tenant.spec = {};
      });
      return run();
    };
    for (let n = 0; n < 3; n += 1) expect(await fight()).toBeUndefined();
    writes();
    expect(await fight()).toEqual({ requeueAfterMs: 5_000 });
    expect(writes()).toEqual([]);
    expect(await condition('DriftFree')).toMatchObject({ status: 'False', reason: 'Contested' });
    expect((await status()).phase).toBe('Degraded');
    now = new Date(now.getTime() + 5_000);
    expect(await run()).toBeUndefined();
    expect(writes()).toEqual(['apply Tenant /acme']);
    expect((await condition('DriftFree'))?.message).toContain('for the 4th time in a row');
    expect((await status()).phase).toBe('Ready');
  });

  it('is also a label by which the Tenant is known', async () => {
    edit('Tenant', 'acme', (tenant) => {
      tenant.metadata.labels = { ...tenant.metadata.labels, 'app.kubernetes.io/managed-by': 'helm' };
    });
    await run();
    expect(writes()).toEqual(['apply Tenant /acme']);
    expect((await condition('DriftFree'))?.message).toContain('metadata.labels.app.kubernetes.io/managed-by');
  });

  it('is not seen in the Tenant of somebody else, who keeps it', async () => {
    edit('Tenant', 'acme', (tenant) => {
      tenant.metadata.labels = {};
    });
    await run();
    expect(writes()).toEqual([]);
    expect(await condition('TenantReady')).toMatchObject({ status: 'False', reason: 'NotOurs' });
  });
});

describe('what Capsule says of the Tenant', () => {
  const fails = (since: string) =>
    edit('Tenant', 'acme', (tenant) => {
      const message = 'namespace "a": quotas.capsule.clastix.io is forbidden';
      tenant.status = { conditions: [{ type: 'Ready', status: 'False', message, lastTransitionTime: since }] };
    });

  it('is told when it cannot carry it to the namespaces, and forgotten when it can', async () => {
    await run();
    fails('2025-12-31T23:00:00Z');
    await run();
    expect(await condition('TenantReady')).toMatchObject({
      status: 'False',
      reason: 'CapsuleFails',
      message: expect.stringContaining('quotas.capsule.clastix.io is forbidden'),
    });
    expect((await status()).phase).toBe('Degraded');
    edit('Tenant', 'acme', (tenant) => {
      tenant.status = { conditions: [{ type: 'Ready', status: 'True' }] };
    });
    await run();
    expect((await status()).phase).toBe('Ready');
  });

  it('is waited for a moment, since Capsule tries again at once', async () => {
    await run();
    fails('2025-12-31T23:59:58Z');
    expect(await run()).toEqual({ requeueAfterMs: 5_000 });
    expect(await condition('TenantReady')).toMatchObject({ status: 'True' });
  });
});
