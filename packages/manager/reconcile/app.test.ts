/** Faults on the way of an App; e2e/real/reconcile.real.test.ts shows the way itself. */
import { AGENT_BINDING, appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { appReportPatch } from '@kubenova/domain/app-report.ts';
import type { StoredAppStatus } from '@kubenova/domain/app-status.ts';
import { APP_ID, CAPSULE_TENANT, MANAGED_BY } from '@kubenova/domain/labels.ts';
import { appConfigMapName, appNamespace, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { withDesiredHash } from '@kubenova/domain/plan.ts';
import { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { reconcileApp } from './app.ts';
import type { ReconcileContext } from './context.ts';
import { type FakeCluster, fakeCluster, refused } from './testing/fake-cluster.ts';
import { insertApp, insertPlace, type Records } from './testing/records.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let fake: FakeCluster;
let suspects: string[];
let context: ReconcileContext;
const namespace = appNamespace({ tenant: 'acme', project: 'shop', app: 'web' });
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
  await store.pool.query('TRUNCATE apps, namespaces CASCADE');
  fake = fakeCluster();
  fake.put({ apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', metadata: { name: 'acme' } });
  suspects = [];
  context = {
    db: store.db,
    clusters: fake.clusters,
    sealing: { seal: () => Buffer.alloc(0), unseal: () => '' },
    log: silent,
    repairs: new Map(),
    now: () => new Date(),
    suspect: (id) => suspects.push(id),
  };
});

const run = (id: string) => reconcileApp(context, id, new AbortController().signal);

async function statusOf(id: string): Promise<StoredAppStatus> {
  const { rows } = await store.pool.query('SELECT status FROM apps WHERE id = $1', [id]);
  return rows[0].status;
}

async function condition(id: string, type: string) {
  return (await statusOf(id)).conditions.find((one) => one.type === type);
}

describe('an App', () => {
  it('is brought about in the order in which it can work, and then left alone', async () => {
    const id = await insertApp(store.pool, place, 'web');
    const tenant = { id: place.tenantId, name: 'acme' };
    const project = { id: place.projectId, name: 'shop' };
    const objects = appNamespaceObjects({ id, name: 'web', namespace, cluster: 'zone-a', tenant, project });
    await run(id);
    expect(fake.writes[0]).toBe(`apply Namespace /${namespace}`);
    expect(
      fake.writes
        .slice(1, -2)
        .map((write) => write.split(' ')[1])
        .sort(),
    ).toEqual([...objects.bindings.map(() => 'RoleBinding'), 'ServiceAccount']);
    // Only now is the namespace the tenant's, and only then is the Agent told.
    expect(fake.writes.slice(-2)).toEqual([
      `apply Namespace /${namespace}`,
      `apply ConfigMap ${SYSTEM_NAMESPACE}/${appConfigMapName(id)}`,
    ]);
    fake.writes.length = 0;
    const { rows: before } = await store.pool.query('SELECT xmin FROM apps');
    expect(await run(id)).toBeUndefined();
    expect(fake.writes).toEqual([]);
    expect((await store.pool.query('SELECT xmin FROM apps')).rows).toEqual(before);
  });

  it('tells what the cluster refused, and forgets it when it no longer does', async () => {
    const id = await insertApp(store.pool, place, 'web');
    fake.onCall = (call) => {
      if (call.includes('kubenova-devs')) throw refused('Forbidden', 'PATCH …: may not bind kubenova-app-reader');
    };
    await expect(run(id)).rejects.toThrow('may not bind');
    expect(await condition(id, 'Synced')).toMatchObject({
      status: 'False',
      reason: 'Forbidden',
      message: expect.stringContaining('may not bind'),
    });
    fake.onCall = () => undefined;
    await run(id);
    expect(await condition(id, 'Synced')).toBeUndefined();
    expect(await condition(id, 'AccessReady')).toMatchObject({ status: 'True' });
  });

  it('makes its cluster suspect when a webhook fails', async () => {
    const id = await insertApp(store.pool, place, 'web');
    fake.onCall = (call) => {
      if (call.startsWith('apply RoleBinding'))
        throw refused('ServerError', 'Internal error occurred: failed calling webhook "x"', 500);
    };
    await expect(run(id)).rejects.toThrow('failed calling webhook');
    expect(suspects).toEqual([place.clusterId]);
  });

  it('waits for the Tenant, and writes nothing before', async () => {
    fake = fakeCluster();
    context = { ...context, clusters: fake.clusters };
    const id = await insertApp(store.pool, place, 'web');
    expect(await run(id)).toEqual({ requeueAfterMs: 5_000 });
    expect(fake.writes).toEqual([]);
    expect(await condition(id, 'NamespaceReady')).toMatchObject({ status: 'False', reason: 'TenantMissing' });
  });

  it.each([
    ['nobody of ours', {}, 'somebody other than KubeNova'],
    ['another App', { [MANAGED_BY]: 'kubenova', [APP_ID]: 'f00' }, 'the App with the id f00'],
    ['somebody who copied our label', { [APP_ID]: 'own' }, 'the App with the id'],
  ])('never touches a namespace of %s', async (_case, labels, holder) => {
    const id = await insertApp(store.pool, place, 'web');
    const theirs = Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [key, value === 'own' ? id : value]),
    );
    fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: theirs } });
    await run(id);
    expect(fake.writes).toEqual([]);
    expect(await condition(id, 'NamespaceReady')).toMatchObject({
      reason: 'NamespaceTaken',
      message: expect.stringContaining(holder),
    });
    await store.pool.query('UPDATE apps SET deleting_at = now()');
    expect(await run(id)).toBe('gone');
    expect(fake.writes).toEqual([]);
  });

  it('whose namespace Capsule did not take in says so, and is written again', async () => {
    const id = await insertApp(store.pool, place, 'web');
    await run(id);
    const found = fake.find('Namespace', namespace);
    if (found === undefined) throw new Error('no namespace');
    fake.put({ ...found, metadata: { ...found.metadata, ownerReferences: [] } });
    fake.writes.length = 0;
    await run(id);
    expect(fake.writes).toEqual([`apply Namespace /${namespace}`]);
    expect(found.metadata.labels?.[CAPSULE_TENANT]).toBe('acme');
  });

  it('keeps what was seen of it while its cluster is away', async () => {
    const id = await insertApp(store.pool, place, 'web');
    await run(id);
    const state = fake.find('ConfigMap', appConfigMapName(id));
    if (state === undefined) throw new Error('no state');
    const report = appReportPatch({
      observedGeneration: 1,
      revision: 1,
      phase: 'Running',
      healthy: true,
      conditions: [],
      components: [],
    });
    fake.put({ ...state, data: { ...(state.data as object), ...report.data } });
    await run(id);
    expect((await statusOf(id)).phase).toBe('Running');
    fake.away = 'refused';
    expect(await run(id)).toEqual({ requeueAfterMs: expect.any(Number) });
    expect(await condition(id, 'ClusterReachable')).toMatchObject({ status: 'False', message: 'refused' });
    expect(await condition(id, 'NamespaceReady')).toMatchObject({ status: 'True' });
    fake.away = undefined;
    await run(id);
    expect((await statusOf(id)).phase).toBe('Running');
  });

  it('that a user changes during a run does not get the status of before', async () => {
    const id = await insertApp(store.pool, place, 'web');
    fake.onCall = (call) => {
      if (!call.startsWith('apply ConfigMap')) return undefined;
      return store.pool.query('UPDATE apps SET deleting_at = now(), generation = 2 WHERE id = $1', [id]);
    };
    await run(id);
    expect((await statusOf(id)).conditions).toEqual([]);
  });
});

describe('what is done to an App by hand', () => {
  let id: string;
  beforeEach(async () => {
    id = await insertApp(store.pool, place, 'web');
    await run(id);
    fake.writes.length = 0;
  });
  const binding = (name: string, labels: Record<string, string>, subject: object, more: object = {}) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace, labels, ...more },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [subject],
  });
  const mallory = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'mallory' };
  const ours = { [MANAGED_BY]: 'kubenova' };

  it('is put back and told: a binding and the account that are gone, a state that was edited', async () => {
    await fake.kube.delete(RoleBinding, { name: 'kubenova-devs', namespace });
    await fake.kube.delete(ServiceAccount, { name: 'kubenova-deployer', namespace });
    const state = fake.find('ConfigMap', appConfigMapName(id));
    if (state === undefined) throw new Error('no state');
    fake.put({ ...state, data: { 'app.json': '{}' } });
    fake.writes.length = 0;
    await run(id);
    expect(fake.writes.sort()).toEqual([
      `apply ConfigMap ${SYSTEM_NAMESPACE}/${appConfigMapName(id)}`,
      `apply RoleBinding ${namespace}/kubenova-devs`,
      `apply ServiceAccount ${namespace}/kubenova-deployer`,
    ]);
    const told = await condition(id, 'DriftFree');
    expect(told).toMatchObject({ status: 'True', reason: 'Repaired' });
    for (const words of ['kubenova-devs was missing', 'kubenova-deployer was missing', 'had another data.app.json']) {
      expect(told?.message).toContain(words);
    }
    fake.away = 'refused';
    await run(id);
    expect(await condition(id, 'DriftFree')).toEqual(told);
  });

  it('a namespace that is gone is told as one thing', async () => {
    const kinds = ['RoleBinding', 'ServiceAccount', 'Namespace'];
    fake.clear((object) => kinds.includes(object.kind));
    await run(id);
    expect((await condition(id, 'DriftFree'))?.message).toMatch(
      new RegExp(`: Namespace ${namespace} was missing and was put back.$`),
    );
  });

  it('bindings with our labels go when they are not desired: silently where we wrote them, told where somebody forged them', async () => {
    fake.put(binding('of-before', ours, mallory, { annotations: { 'kubenova.io/desired-hash': 'x' } }));
    await run(id);
    expect(fake.writes).toEqual([`delete RoleBinding ${namespace}/of-before`]);
    expect(await condition(id, 'DriftFree')).toBeUndefined();
    fake.put(binding('forged', ours, mallory));
    await run(id);
    expect(fake.writes.at(-1)).toBe(`delete RoleBinding ${namespace}/forged`);
    expect((await condition(id, 'DriftFree'))?.message).toContain('forged bore the labels of KubeNova');
  });

  it('bindings of others are left alone; those that let people in are named', async () => {
    const capsule = { 'projectcapsule.dev/managed-by': 'controller' };
    const account = { kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' };
    fake.put(binding('capsule:managed:abc', capsule, mallory));
    fake.put(binding('monitoring', {}, account));
    await run(id);
    expect(await condition(id, 'AccessReady')).toMatchObject({ reason: 'Bound' });
    fake.put(binding('debug', {}, mallory));
    await run(id);
    expect(await condition(id, 'AccessReady')).toMatchObject({ status: 'True', reason: 'BoundByOthersToo' });
    expect((await condition(id, 'AccessReady'))?.message).toContain(
      'RoleBinding debug gives ClusterRole edit to User mallory',
    );
    expect(fake.writes).toEqual([]);
  });

  it('its namespace is ours also without the one label', async () => {
    const found = fake.find('Namespace', namespace);
    if (found === undefined) throw new Error('no namespace');
    const labels = { ...found.metadata.labels, [MANAGED_BY]: 'helm' };
    fake.put({ ...found, metadata: { ...found.metadata, labels } });
    await run(id);
    expect(fake.writes).toEqual([`apply Namespace /${namespace}`]);
    expect((await condition(id, 'DriftFree'))?.message).toContain(`had another metadata.labels.${MANAGED_BY}`);
  });

  it('what more belongs into it after an upgrade is no drift', async () => {
    const found = fake.find('Namespace', namespace);
    if (found === undefined) throw new Error('no namespace');
    const annotations = { ...found.metadata.annotations, 'kubenova.io/contents': 'of-before' };
    fake.put(withDesiredHash({ ...found, metadata: { ...found.metadata, annotations } }));
    await fake.kube.delete(RoleBinding, { name: 'kubenova-project-devs', namespace });
    await run(id);
    expect(fake.find('RoleBinding', 'kubenova-project-devs')).toBeDefined();
    expect(await condition(id, 'DriftFree')).toBeUndefined();
  });
});

describe('an App that goes', () => {
  async function deleting(): Promise<string> {
    const id = await insertApp(store.pool, place, 'web');
    await run(id);
    await store.pool.query('UPDATE apps SET deleting_at = now(), generation = 2');
    fake.writes.length = 0;
    return id;
  }
  const application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace },
    spec: {},
  };

  it('keeps its bindings for as long as there is an Application', async () => {
    const id = await deleting();
    fake.put(application);
    await run(id);
    expect(fake.writes).toEqual([`delete ConfigMap ${SYSTEM_NAMESPACE}/${appConfigMapName(id)}`]);
    await run(id);
    expect(fake.writes).toHaveLength(1);
    expect(await condition(id, 'Deleting')).toMatchObject({
      reason: 'RemovingApplication',
      message: expect.stringContaining('waits for the Agent'),
    });
  });

  it('gets the Agent’s binding back when the Agent was still at work', async () => {
    const id = await deleting();
    await run(id);
    fake.onCall = (call) => {
      if (call === `delete RoleBinding ${namespace}/${AGENT_BINDING}`) fake.put(application);
    };
    await run(id);
    expect(fake.writes.slice(-2)).toEqual([
      `delete RoleBinding ${namespace}/${AGENT_BINDING}`,
      `apply RoleBinding ${namespace}/${AGENT_BINDING}`,
    ]);
    expect(fake.find('Namespace', namespace)).toBeDefined();
  });

  it('goes with its revisions and the hold on its namespace', async () => {
    const id = await deleting();
    await run(id);
    await run(id);
    expect(fake.writes.at(-1)).toBe(`delete Namespace /${namespace}`);
    expect(await run(id)).toBe('gone');
    expect((await store.pool.query('SELECT 1 FROM apps UNION ALL SELECT 1 FROM namespaces')).rows).toEqual([]);
    expect(await run(id)).toBe('gone');
  });

  it('stays, and says so, while its cluster is away', async () => {
    const id = await deleting();
    fake.away = 'refused';
    await run(id);
    expect(await statusOf(id)).toMatchObject({ phase: 'Deleting' });
    expect(await condition(id, 'ClusterReachable')).toMatchObject({ status: 'False' });
  });
});
