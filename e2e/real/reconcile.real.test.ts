/**
 * The Manager's reconcilers on a real cluster with a real Agent: rows and queue keys go in as the API would put them
 * there, and the cluster has to follow. Shows least privilege, the order of creation and deletion, that a settled world
 * costs no write, and that one dead cluster holds up nobody.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CAPSULE_TENANT } from '@kubenova/domain/labels.ts';
import {
  AGENT_ACCOUNT,
  appConfigMapName,
  appNamespace,
  DEPLOYER,
  MANAGER_ACCOUNT,
  SYSTEM_NAMESPACE,
  sandboxNamespace,
  serviceAccountUser,
  tenantConfigMapName,
} from '@kubenova/domain/names.ts';
import type { AppSpec, Condition } from '@kubenova/knapi/schemas.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace, ResourceQuota, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { Application, ResourceTracker } from '@kubenova/kube/kinds/vela.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { createSealer } from '@kubenova/manager/identity/sealing.ts';
import type { ReconcileKey } from '@kubenova/manager/reconcile/key.ts';
import { enqueue } from '@kubenova/manager/reconcile/queue.ts';
import { type Reconciling, startReconciling } from '@kubenova/manager/reconcile/start.ts';
import { openStore, type Store } from '@kubenova/manager/store/connect.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const MANAGER = serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT);
const AGENT = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);
const sealer = createSealer({ keys: new Map([[0, randomBytes(32)]]), current: 0 });
const log: string[] = [];
const note = (level: string) => (fields: object, message: string) =>
  void log.push(`${new Date().toISOString()} ${level} ${message} ${JSON.stringify(fields)}`);
const logger = { debug: note('debug'), warn: note('warn'), error: note('error') };

let folder: string;
let cluster: RealCluster;
let admin: KubeClient;
/** An administrator for Capsule too: may put namespaces into tenants. */
let operator: KubeClient;
let database: TestDatabase;
let store: Store;
let reconciling: Reconciling;
let agent: ChildProcess | undefined;
let clusterId: string;
let tenantId: string;
let projectId: string;
let placementId: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubenova-reconcile-'));
  const [binaries, made] = await Promise.all([ensureBinaries(), createTestDatabase()]);
  database = made;
  store = openStore({ url: database.url, maxConnections: 10 });
  cluster = await startRealCluster({
    name: 'zone-a',
    dataDir: path.join(folder, 'cluster'),
    binaries,
    audit: 'writes',
  });
  admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml), { userAgent: 'test' });
  const groups = ['system:masters', 'kubenova-system-administrators'];
  operator = createKubeClient(parseKubeconfig(await cluster.kubeconfigFor('operator', groups)), { userAgent: 'test' });
  reconciling = await startReconciling({ services: { sealer }, store, logger });
}, 1_800_000);

afterAll(async () => {
  agent?.kill();
  await reconciling?.stop(2_000);
  await store?.close();
  await database?.drop();
  await admin?.close();
  await operator?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Row {
  id: string;
  status: { phase: string; observedGeneration: number; conditions: Condition[] };
}

async function query<T = Row>(text: string, values: unknown[] = []): Promise<T[]> {
  return (await store.pool.query(text, values)).rows as T[];
}

async function one<T = Row>(text: string, values: unknown[] = []): Promise<T> {
  const [row] = await query<T>(text, values);
  if (row === undefined) throw new Error(`no row: ${text}`);
  return row;
}

async function write(text: string, values: unknown[], keyOf: (id: string) => ReconcileKey): Promise<string> {
  const { id } = await one<{ id: string }>(text, values);
  await enqueue(store.db, keyOf(id));
  return id;
}

async function registerCluster(
  name: string,
  kubeconfig: string,
  proxy?: { url: string; ca: string | null },
): Promise<string> {
  const id = crypto.randomUUID();
  return write(
    `INSERT INTO clusters (id, name, zone, server, sealed_kubeconfig, capsule_proxy_url, capsule_proxy_ca)
     VALUES ($1, $2, $2, 'https://x', $3, $4, $5) RETURNING id`,
    [id, name, sealer.seal(kubeconfig, `cluster:${id}`), proxy?.url ?? 'https://127.0.0.1:1', proxy?.ca ?? null],
    (made) => `cluster:${made}`,
  );
}

const place = (on: string, spec: object = {}, tenant: string = tenantId) =>
  write(
    'INSERT INTO placements (cluster_id, tenant_id, spec) VALUES ($1, $2, $3) RETURNING id',
    [on, tenant, JSON.stringify(spec)],
    (id) => `placement:${id}`,
  );

async function createApp(name: string, on = { cluster: clusterId, placement: placementId }): Promise<string> {
  const spec: AppSpec = {
    description: '',
    source: { kind: 'containerImage', containerImage: { image: 'nginx', tag: '1.27', ports: [80] } },
    traits: [],
    labels: {},
  };
  return write(
    `WITH made AS (
       INSERT INTO apps (placement_id, cluster_id, tenant_id, project_id, name, namespace, spec, source_kind)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'containerImage') RETURNING *
     ), held AS (INSERT INTO namespaces SELECT cluster_id, namespace, 'app', id FROM made)
     SELECT id FROM made`,
    [on.placement, on.cluster, tenantId, projectId, name, namespaceOf(name), JSON.stringify(spec)],
    (id) => `app:${id}`,
  );
}

const namespaceOf = (app: string) => appNamespace({ tenant: 'acme', project: 'shop', app });

async function remove(table: 'apps' | 'sandboxes' | 'placements', id: string): Promise<void> {
  const kind = { apps: 'app', sandboxes: 'sandbox', placements: 'placement' } as const;
  await query(`UPDATE ${table} SET deleting_at = now(), generation = generation + 1 WHERE id = $1`, [id]);
  await enqueue(store.db, `${kind[table]}:${id}`);
}

type Table = 'clusters' | 'placements' | 'apps' | 'sandboxes';

async function statusOf(table: Table, id: string): Promise<Row['status'] | undefined> {
  return (await query(`SELECT id, status FROM ${table} WHERE id = $1`, [id]))[0]?.status;
}

async function until(
  table: Table,
  id: string,
  what: string,
  is: (status: Row['status'], condition: (type: string) => Condition | undefined) => boolean,
  timeoutMs = 60_000,
): Promise<Row['status']> {
  let last: Row['status'] | undefined;
  try {
    return await waitFor({
      what: `the row of ${table} to be ${what}`,
      timeoutMs,
      giveUp: () => cluster.assertAlive(),
      look: async () => {
        last = await statusOf(table, id);
        return last !== undefined && is(last, (type) => last?.conditions.find((one) => one.type === type))
          ? last
          : undefined;
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${JSON.stringify(last, null, 1)}\n${log.slice(-20).join('\n')}`);
  }
}

const gone = (what: string, look: () => Promise<unknown>) =>
  waitFor({
    what: `${what} to be gone`,
    timeoutMs: 60_000,
    look: async () => ((await look()) === undefined ? true : undefined),
  });

const rowGone = (table: Table, id: string) => gone(`the row of ${table}`, () => statusOf(table, id));

const statuses = (status: Row['status']) =>
  Object.fromEntries(status.conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));

async function startAgent(): Promise<void> {
  const kubeconfig = path.join(folder, 'agent.kubeconfig');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${SYSTEM_NAMESPACE}`, 'system:authenticated'];
  await writeFile(kubeconfig, await cluster.kubeconfigFor(AGENT, groups), { mode: 0o600 });
  const main = path.join(import.meta.dirname, '../../packages/agent/main.ts');
  agent = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      KUBENOVA_KUBECONFIG: kubeconfig,
      KUBENOVA_CLUSTER: 'zone-a',
      KUBENOVA_HELM: (await ensureBinaries()).helm,
      KUBENOVA_HEALTH_LISTEN: '127.0.0.1:0',
      KUBENOVA_CACHE_DIR: path.join(folder, 'cache'),
    },
  });
}

/** Writes by the Manager that were sent to change something. */
const managersWrites = () => cluster.audit.read().filter((event) => event.user.username === MANAGER);

describe('a cluster', () => {
  it('that an administrator registers gets the baseline, and the Manager keeps an identity of its own instead', async () => {
    // Capsule does not know us yet.
    const configuration = await admin.get(CapsuleConfiguration, { name: 'default' });
    const bare = {
      spec: { ...configuration.spec, administrators: [{ kind: 'Group', name: 'kubenova-system-administrators' }] },
    };
    await admin.patch(CapsuleConfiguration, { name: 'default' }, bare, { type: 'merge' });

    clusterId = await registerCluster('zone-a', cluster.adminKubeconfigYaml, {
      url: cluster.capsuleProxy?.url ?? '',
      ca: cluster.capsuleProxy?.caPem ?? null,
    });
    const seen = await until('clusters', clusterId, 'ready but for the Agent', (_, condition) =>
      ['Reachable', 'BaselineReady', 'CapsuleReady', 'CapsuleProxyReady', 'VelaReady'].every(
        (type) => condition(type)?.status === 'True',
      ),
    );
    expect(statuses(seen)).toMatchObject({ AgentReady: 'False NotInstalled', Ready: 'False NotInstalled' });
    expect(seen.phase).toBe('Degraded');
    const { spec } = await admin.get(CapsuleConfiguration, { name: 'default' });
    expect(spec?.administrators).toEqual(
      expect.arrayContaining([
        { kind: 'ServiceAccount', name: MANAGER },
        { kind: 'ServiceAccount', name: AGENT },
      ]),
    );

    const row = await one<{ sealed: Buffer; version: string }>(
      'SELECT sealed_kubeconfig AS sealed, kubernetes_version AS version FROM clusters WHERE id = $1',
      [clusterId],
    );
    expect(row.version).toMatch(/^v1\./);
    const kept = sealer.unseal(row.sealed, `cluster:${clusterId}`);
    expect(kept).not.toContain('client-key-data');
    const own = createKubeClient(parseKubeconfig(kept));
    const review = (await own.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    })) as { status: { userInfo: { username: string } } };
    expect(review.status.userInfo.username).toBe(MANAGER);
    await expect(own.list(ConfigMap, { namespace: 'kube-system' })).resolves.toBeDefined();
    await expect(own.request('GET', '/api/v1/secrets')).rejects.toMatchObject({ reason: 'Forbidden' });
    await own.close();
  });

  it('is ready as soon as its Agent is', async () => {
    await startAgent();
    const seen = await until('clusters', clusterId, 'ready', ({ phase }) => phase === 'Ready');
    expect(seen.conditions.every(({ status }) => status === 'True')).toBe(true);
  });

  it('whose baseline was changed says that an administrator is needed, and one repairs it', async () => {
    const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/kubenova-viewer';
    await admin.request('PATCH', role, { body: { rules: [] }, contentType: 'application/merge-patch+json' });
    // A change of the record makes the look a thorough one.
    await query('UPDATE clusters SET generation = generation + 1 WHERE id = $1', [clusterId]);
    await enqueue(store.db, `cluster:${clusterId}`);
    const told = await until(
      'clusters',
      clusterId,
      'in need of an administrator',
      (_, condition) => condition('BaselineReady')?.reason === 'AdministratorNeeded',
    );
    expect(told.conditions.find(({ type }) => type === 'BaselineReady')?.message).toContain(
      'ClusterRole kubenova-viewer',
    );
    await query('UPDATE clusters SET sealed_kubeconfig = $2, generation = generation + 1 WHERE id = $1', [
      clusterId,
      sealer.seal(cluster.adminKubeconfigYaml, `cluster:${clusterId}`),
    ]);
    await enqueue(store.db, `cluster:${clusterId}`);
    await until('clusters', clusterId, 'ready again', ({ phase }) => phase === 'Ready');
    const { items } = await admin.list(
      { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
      { namespace: SYSTEM_NAMESPACE },
    );
    expect(items.filter(({ metadata }) => metadata.name.startsWith('kubenova-manager-token-'))).toHaveLength(1);
  });

  it.each([
    ['refused', () => 'https://127.0.0.1:1', 'Unreachable'],
    ['of another CA', () => cluster.server, 'Certificate'],
  ])('whose connection is %s says so', async (_name, server, reason) => {
    const kubeconfig = JSON.parse(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'x',
        clusters: [
          {
            name: 'x',
            cluster: {
              server: server(),
              ...(reason === 'Certificate'
                ? {}
                : { 'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64') }),
            },
          },
        ],
        users: [{ name: 'x', user: { token: 'abc' } }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      }),
    );
    const id = await registerCluster(`bad-${reason.toLowerCase()}`, JSON.stringify(kubeconfig), {
      url: cluster.server,
      ca: cluster.caPem,
    });
    const seen = await until('clusters', id, 'unreachable', ({ phase }) => phase === 'Unreachable');
    expect(statuses(seen)).toMatchObject({
      Reachable: `False ${reason}`,
      CapsuleProxyReady: 'False WrongAnswer',
      AgentReady: 'Unknown ClusterUnreachable',
    });
    expect(seen.observedGeneration).toBe(1);
    await query('DELETE FROM clusters WHERE id = $1', [id]);
    await enqueue(store.db, `cluster:${id}`);
    await gone(
      'the key',
      async () => (await query('SELECT key FROM reconcile_queue WHERE key = $1', [`cluster:${id}`]))[0],
    );
  });

  it('with a token that is not accepted says so', async () => {
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: [
        {
          name: 'x',
          cluster: {
            server: cluster.server,
            'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64'),
          },
        },
      ],
      users: [{ name: 'x', user: { token: 'abc' } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    };
    const id = await registerCluster('bad-token', JSON.stringify(kubeconfig), {
      url: cluster.capsuleProxy?.url ?? '',
      ca: null,
    });
    const seen = await until('clusters', id, 'unreachable', ({ phase }) => phase === 'Unreachable');
    expect(statuses(seen)).toMatchObject({ Reachable: 'False Unauthorized', CapsuleProxyReady: 'False Certificate' });
    await query('DELETE FROM clusters WHERE id = $1', [id]);
  });
});

describe('a placement', () => {
  it('makes the Capsule Tenant, and changes and takes back its quotas', async () => {
    ({ id: tenantId } = await one<{ id: string }>(`INSERT INTO tenants (name) VALUES ('acme') RETURNING id`));
    ({ id: projectId } = await one<{ id: string }>(
      `INSERT INTO projects (tenant_id, name) VALUES ($1, 'shop') RETURNING id`,
      [tenantId],
    ));
    placementId = await place(clusterId, { quotas: { 'requests.cpu': '4000m', pods: '100' } });
    await until('placements', placementId, 'ready', ({ phase }) => phase === 'Ready');
    const tenant = await admin.get(Tenant, { name: 'acme' });
    expect(tenant.spec).toMatchObject({ preventDeletion: true, resourceQuotas: { scope: 'Tenant' } });
    expect(
      await admin.find(ConfigMap, { name: tenantConfigMapName(tenantId), namespace: SYSTEM_NAMESPACE }),
    ).toBeDefined();

    await query(`UPDATE placements SET spec = '{}', generation = 2 WHERE id = $1`, [placementId]);
    await enqueue(store.db, `placement:${placementId}`);
    await until('placements', placementId, 'settled on 2', ({ observedGeneration }) => observedGeneration === 2);
    expect((await admin.get(Tenant, { name: 'acme' })).spec?.resourceQuotas?.items ?? []).toEqual([]);
  });
});

describe('an App', () => {
  let id: string;

  it('comes up: namespace in the tenant, account, bindings, desired state, and the status that the Agent reports', async () => {
    id = await createApp('frontend');
    const seen = await until('apps', id, 'Running', ({ phase }) => phase === 'Running');
    expect(statuses(seen)).toMatchObject({
      ClusterReachable: 'True Answers',
      NamespaceReady: 'True Ready',
      AccessReady: 'True Bound',
      DesiredStatePublished: 'True Published',
      WorkloadsReady: expect.stringMatching(/^True/),
      Ready: 'True Running',
    });
    const namespace = await admin.get(Namespace, { name: namespaceOf('frontend') });
    expect(namespace.metadata.ownerReferences).toMatchObject([{ kind: 'Tenant', name: 'acme' }]);
    const { items } = await admin.list(RoleBinding, { namespace: namespaceOf('frontend') });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(['kubenova-agent', 'kubenova-deployer', 'kubenova-devs', 'kubenova-viewers']),
    );
  });

  it('is published at once', async () => {
    const times: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const began = performance.now();
      const made = await createApp(`quick-${n}`);
      await waitFor({
        what: 'the desired state',
        timeoutMs: 30_000,
        everyMs: 4,
        look: () => admin.find(ConfigMap, { name: appConfigMapName(made), namespace: SYSTEM_NAMESPACE }),
      });
      times.push(performance.now() - began);
      // One at a time, so that what is measured is not the deployment of the one before.
      await until('apps', made, 'Running', ({ phase }) => phase === 'Running', 90_000);
    }
    times.sort((a, b) => a - b);
    console.log(`from row to desired state on the cluster: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  });

  it('that has settled costs no write, neither on the cluster nor in the database', async () => {
    await until('clusters', clusterId, 'ready', ({ phase }) => phase === 'Ready');
    const records = async () =>
      query(`SELECT 'app:' || id AS key, xmin FROM apps UNION ALL SELECT 'placement:' || id, xmin FROM placements
             UNION ALL SELECT 'cluster:' || id, xmin FROM clusters ORDER BY 1`);
    const runAll = async () => {
      const keys = (await records()) as unknown as { key: ReconcileKey }[];
      for (const { key } of keys) await enqueue(store.db, key);
      await waitFor({
        what: 'the queue to be empty',
        timeoutMs: 30_000,
        look: async () =>
          (await query(`SELECT 1 FROM reconcile_queue WHERE due_at <= now() OR locked_by IS NOT NULL`)).length === 0
            ? true
            : undefined,
      });
    };
    await runAll();
    const before = await records();
    await sleep(500);
    cluster.audit.skip();
    await runAll();
    await runAll();
    await sleep(500);
    expect(managersWrites().map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    expect(await records()).toEqual(before);
  });

  it('gets back what was taken from it', async () => {
    const state = { name: appConfigMapName(id), namespace: SYSTEM_NAMESPACE };
    await admin.delete(ConfigMap, state);
    await waitFor({
      what: 'the desired state to be back',
      timeoutMs: 20_000,
      look: () => admin.find(ConfigMap, state),
    });
    const binding = { name: 'kubenova-devs', namespace: namespaceOf('frontend') };
    await admin.delete(RoleBinding, binding);
    await enqueue(store.db, `app:${id}`);
    await waitFor({ what: 'the binding to be back', timeoutMs: 20_000, look: () => admin.find(RoleBinding, binding) });
    await until('apps', id, 'Running again', ({ phase }) => phase === 'Running');
  });

  it('whose namespace is somebody else’s leaves it alone, also when it goes', async () => {
    const name = namespaceOf('taken');
    const namespace = await admin.create(
      Namespace,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { fieldManager: 'kubectl-create' },
    );
    const taken = await createApp('taken');
    const seen = await until(
      'apps',
      taken,
      'held up',
      (_, condition) => condition('NamespaceReady')?.reason === 'NamespaceTaken',
    );
    expect(seen.conditions.find(({ type }) => type === 'NamespaceReady')?.message).toContain('kubectl-create');
    await remove('apps', taken);
    await rowGone('apps', taken);
    const after = await admin.get(Namespace, { name });
    expect(after.metadata.resourceVersion).toBe(namespace.metadata.resourceVersion);
    await admin.delete(Namespace, { name });
  });

  it('goes: Application, bindings and account, namespace, row; and its name is free at once', async () => {
    const namespace = namespaceOf('frontend');
    const order: string[] = [];
    await remove('apps', id);
    await waitFor({
      what: 'everything to be gone',
      timeoutMs: 60_000,
      everyMs: 5,
      look: async () => {
        const [application, account, left, row] = await Promise.all([
          admin.find(Application, { name: 'frontend', namespace }),
          admin.find(ServiceAccount, { name: DEPLOYER, namespace }),
          admin.find(Namespace, { name: namespace }),
          statusOf('apps', id),
        ]);
        const facts = { application, account, namespace: left, row };
        for (const [name, fact] of Object.entries(facts))
          if (fact === undefined && !order.includes(name)) order.push(name);
        return order.length === 4 ? true : undefined;
      },
    });
    expect(order.indexOf('application')).toBeLessThanOrEqual(order.indexOf('account'));
    expect(order.indexOf('account')).toBeLessThanOrEqual(order.indexOf('namespace'));
    expect(order.at(-1)).toBe('row');
    expect(await query('SELECT 1 FROM namespaces WHERE holder_id = $1', [id])).toEqual([]);
    const { items } = await admin.list(ResourceTracker);
    expect(items.filter(({ metadata }) => metadata.name.includes(namespace))).toEqual([]);

    const again = await createApp('frontend');
    await until('apps', again, 'Running', ({ phase }) => phase === 'Running');
  });
});

describe('a sandbox', () => {
  it('comes and goes', async () => {
    const namespace = sandboxNamespace({ tenant: 'acme', project: 'shop', number: 1 });
    const id = await write(
      `WITH made AS (
         INSERT INTO sandboxes (placement_id, cluster_id, tenant_id, project_id, number, namespace)
         VALUES ($1, $2, $3, $4, 1, $5) RETURNING *
       ), held AS (INSERT INTO namespaces SELECT cluster_id, namespace, 'sandbox', id FROM made) SELECT id FROM made`,
      [placementId, clusterId, tenantId, projectId, namespace],
      (made) => `sandbox:${made}`,
    );
    await until('sandboxes', id, 'ready', ({ phase }) => phase === 'Ready');
    const made = await admin.get(Namespace, { name: namespace });
    expect(made.metadata.labels).toMatchObject({ 'kubenova.io/sandbox': 'true', [CAPSULE_TENANT]: 'acme' });
    expect(await admin.find(ServiceAccount, { name: DEPLOYER, namespace })).toBeUndefined();

    // Something that keeps the namespace from going is named.
    const stuck = { name: 'stuck', namespace, finalizers: ['example.com/wait'] };
    await operator.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: stuck });
    await remove('sandboxes', id);
    await until(
      'sandboxes',
      id,
      'blocked',
      (_, condition) => condition('Deleting')?.message.includes('example.com/wait') === true,
    );
    await operator
      .patch(ConfigMap, stuck, { metadata: { finalizers: null } }, { type: 'merge' })
      // Taking the last finalizer off deletes it, and the answer may already speak of that.
      .catch((error: unknown) => {
        if (!isKubeError(error, 'NotFound')) throw error;
      });
    await rowGone('sandboxes', id);
    expect(await admin.find(Namespace, { name: namespace })).toBeUndefined();
  });
});

describe('a dead cluster', () => {
  let silent: Server;
  let deadCluster: string;

  it('that accepts and never answers holds up nobody else', async () => {
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const server = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: [{ name: 'x', cluster: { server } }],
      users: [{ name: 'x', user: { token: 'abc' } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    };
    deadCluster = await registerCluster('dead', JSON.stringify(kubeconfig));
    const placement = await place(deadCluster);
    const dead: string[] = [];
    for (let n = 0; n < 40; n += 1) dead.push(await createApp(`dead-${n}`, { cluster: deadCluster, placement }));
    const times: number[] = [];
    // Eight slots for forty keys that each wait ten seconds in vain: in their queue the last would wait for most of a minute.
    for (let n = 0; n < 5; n += 1) {
      const began = performance.now();
      const made = await createApp(`alive-${n}`);
      await waitFor({
        what: 'the desired state',
        timeoutMs: 30_000,
        everyMs: 4,
        look: () => admin.find(ConfigMap, { name: appConfigMapName(made), namespace: SYSTEM_NAMESPACE }),
      });
      times.push(performance.now() - began);
    }
    console.log(`beside a dead cluster: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
    for (const app of dead) {
      const seen = await until(
        'apps',
        app,
        'told of its cluster',
        (_, condition) => condition('ClusterReachable')?.status === 'False',
      );
      expect(seen.phase).toBe('Pending');
    }
    expect((await statusOf('clusters', deadCluster))?.phase).toBe('Unreachable');
    silent.close();
  });
});

describe('an API server that goes and comes back', () => {
  it('loses nothing that was asked for meanwhile', async () => {
    await cluster.stopApiServer();
    const id = await createApp('patient');
    const doomed = (await one<{ id: string }>(`SELECT id FROM apps WHERE name = 'quick-0'`)).id;
    await remove('apps', doomed);
    await until(
      'apps',
      id,
      'waiting for the cluster',
      (_, condition) => condition('ClusterReachable')?.status === 'False',
    );
    await until(
      'apps',
      doomed,
      'waiting for the cluster',
      (status, condition) => condition('ClusterReachable')?.status === 'False' && status.phase === 'Deleting',
    );
    await until('clusters', clusterId, 'unreachable', ({ phase }) => phase === 'Unreachable');
    await cluster.startApiServer();
    await until('apps', id, 'Running', ({ phase }) => phase === 'Running', 120_000);
    await rowGone('apps', doomed);
    await until('clusters', clusterId, 'ready', ({ phase }) => phase === 'Ready', 90_000);
  });
});

describe('taking a placement away', () => {
  it('waits for namespaces that are not ours, names them, and then leaves nothing', async () => {
    const left = await query<{ id: string }>('SELECT id FROM apps WHERE cluster_id = $1', [clusterId]);
    for (const app of left) await remove('apps', app.id);
    await Promise.all(left.map((app) => rowGone('apps', app.id)));

    await operator.create(Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'foreign', labels: { [CAPSULE_TENANT]: 'acme' } },
    });
    await remove('placements', placementId);
    const seen = await until(
      'placements',
      placementId,
      'held up',
      (_, condition) => condition('Deleting')?.reason === 'NamespacesLeft',
    );
    expect(seen.conditions.find(({ type }) => type === 'Deleting')?.message).toContain('foreign');
    expect(await admin.find(Tenant, { name: 'acme' })).toBeDefined();

    await operator.delete(Namespace, { name: 'foreign' });
    await rowGone('placements', placementId);
    expect(await admin.find(Tenant, { name: 'acme' })).toBeUndefined();
    expect(
      await admin.find(ConfigMap, { name: tenantConfigMapName(tenantId), namespace: SYSTEM_NAMESPACE }),
    ).toBeUndefined();
    // The Agent must not put it back.
    await sleep(2_000);
    expect(await admin.find(Tenant, { name: 'acme' })).toBeUndefined();
    expect(await admin.list(ResourceQuota)).toMatchObject({ items: [] });
  });
});
