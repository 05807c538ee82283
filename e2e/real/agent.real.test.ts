/**
 * The Agent's own program on a real API server: with its own identity and rights, beside KubeVela, and with a Manager that
 * is played by its identity. Shows that desired state becomes running workloads, that whatever is done to an Application by
 * hand is put back, that what is no longer asked for goes, and that a settled world costs no write but the Lease.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { type AppReport, readAppReport } from '@kubenova/domain/app-report.ts';
import { type AppState, appStateConfigMap } from '@kubenova/domain/app-state.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import {
  AGENT_ACCOUNT,
  appConfigMapName,
  appNamespace,
  MANAGER_ACCOUNT,
  SYSTEM_NAMESPACE,
  serviceAccountUser,
  tenantConfigMapName,
} from '@kubenova/domain/names.ts';
import { withDesiredHash } from '@kubenova/domain/plan.ts';
import { capsuleTenant, tenantStateConfigMap } from '@kubenova/domain/tenant-state.ts';
import type { Source } from '@kubenova/knapi/schemas.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Secret } from '@kubenova/kube/kinds/core.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type ChartRepository, startChartRepository } from './chart-repository.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const AGENT = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);
const MANAGER = serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT);
const PASSWORD = 'canary-8f3a1c';
const MASTERS = ['system:masters'];
const tenant = { id: '7d7f5f0c-5a54-4b7e-9d3c-0b8a8f3c1d01', name: 'acme' };
const project = { id: '7d7f5f0c-5a54-4b7e-9d3c-0b8a8f3c1d02', name: 'shop' };

let folder: string;
let cluster: RealCluster;
let charts: ChartRepository;
/** Answers only to who knows the password. */
let privateCharts: ChartRepository;
let admin: KubeClient;
/** Acts with the Manager's rights and no more. */
let manager: KubeClient;
/** May write Applications by hand, which the admission policies let nobody else do. */
let meddler: KubeClient;
let agent: Agent;
/** The log of the Agents before this one. */
const allLines: string[] = [];
let agentEnvironment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubenova-agent-real-'));
  const binaries = await ensureBinaries();
  cluster = await startRealCluster({
    name: 'zone-a',
    dataDir: path.join(folder, 'cluster'),
    binaries,
    audit: 'writes',
  });
  charts = await startChartRepository({
    helm: binaries.helm,
    charts: [binaries.podinfoCharts.current, binaries.podinfoCharts.older],
  });
  privateCharts = await startChartRepository({
    helm: binaries.helm,
    charts: [binaries.podinfoCharts.current],
    credential: { username: 'ann', password: PASSWORD },
  });
  admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml), { userAgent: 'test' });
  manager = admin.impersonate({ username: MANAGER });
  meddler = admin.impersonate({ username: AGENT, groups: MASTERS });
  for (const object of clusterBaseline()) await apply(admin, object);
  await apply(manager, withDesiredHash(capsuleTenant({ tenant, settings: {} })));
  await apply(manager, tenantStateConfigMap({ tenant, settings: {} }));
  const kubeconfig = path.join(folder, 'agent.kubeconfig');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${SYSTEM_NAMESPACE}`, 'system:authenticated'];
  await writeFile(kubeconfig, await cluster.kubeconfigFor(AGENT, groups), { mode: 0o600 });
  agentEnvironment = {
    KUBENOVA_KUBECONFIG: kubeconfig,
    KUBENOVA_CLUSTER: 'zone-a',
    KUBENOVA_HELM: binaries.helm,
    KUBENOVA_HEALTH_LISTEN: '127.0.0.1:0',
    KUBENOVA_CACHE_DIR: path.join(folder, 'cache'),
    KUBENOVA_ALLOW_LOOPBACK_SOURCES: 'true',
    KUBENOVA_LOG_LEVEL: 'debug',
  };
  agent = await startAgent();
}, 1_800_000);

afterAll(async () => {
  await agent?.stop();
  await charts?.stop();
  await privateCharts?.stop();
  await admin?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Agent {
  readonly process: ChildProcess;
  readonly health: string;
  /** Log lines so far. */
  readonly lines: string[];
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

async function startAgent(): Promise<Agent> {
  const main = path.join(import.meta.dirname, '../../packages/agent/main.ts');
  const child = spawn(process.execPath, [main], { env: agentEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const address = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      const found = /"health":"([^"]+)"/.exec(line)?.[1];
      if (found) address.resolve(found);
    });
  }
  exited.then((code) => address.reject(new Error(`The Agent ended with ${code}:\n${lines.join('\n')}`)));
  const health = await address.promise;
  return {
    process: child,
    health,
    lines,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await exited;
    },
  };
}

async function apply(client: KubeClient, object: Manifest): Promise<void> {
  const resource = knownResource(object);
  if (resource === undefined) throw new Error(`${object.kind} is not known.`);
  await client.apply(resource, object, { fieldManager: 'kubenova-manager', force: true });
}

let made = 0;
function appState(name: string, source: Source, more: Partial<AppState> = {}): AppState {
  made += 1;
  return {
    id: `aaaaaaaa-0000-4000-8000-${String(made).padStart(12, '0')}`,
    name,
    namespace: appNamespace({ tenant: tenant.name, project: project.name, app: name }),
    cluster: 'zone-a',
    tenant,
    project,
    generation: 1,
    revision: 1,
    spec: { description: '', source, traits: [], labels: {} },
    ...more,
  };
}

const image = (tag: string, replicas = 1): Source => ({
  kind: 'containerImage',
  containerImage: { image: 'nginx', tag, ports: [80], replicas },
});
const podinfo = (version: string, more: object = {}): Source => ({
  kind: 'helmHttp',
  helmHttp: { repoUrl: charts.url, chart: 'podinfo', version, ...more },
});
const next = (state: AppState, source: Source): AppState => ({
  ...state,
  generation: state.generation + 1,
  revision: state.revision + 1,
  spec: { ...state.spec, source },
});

/** What the Manager does for an App: namespace, account, bindings, then the state. */
async function publish(state: AppState): Promise<void> {
  const { namespace, serviceAccount, bindings } = appNamespaceObjects(state);
  await apply(manager, namespace);
  // Capsule's webhook looks into a cache for the namespace, and refuses what is in one that it does not know yet.
  for (const object of [serviceAccount, ...bindings]) {
    await waitFor({
      what: `${object.kind} ${object.metadata.name} to be taken`,
      timeoutMs: 10_000,
      look: async () => {
        await apply(manager, object);
        return true;
      },
    });
  }
  await apply(manager, appStateConfigMap(state));
}

const stateRef = (state: AppState) => ({ namespace: SYSTEM_NAMESPACE, name: appConfigMapName(state.id) });
const appRef = (state: AppState) => ({ namespace: state.namespace, name: state.name });

async function report(state: AppState): Promise<AppReport | undefined> {
  const configMap = await admin.find(ConfigMap, stateRef(state));
  const read = configMap && readAppReport(configMap as unknown as Manifest);
  return read?.ok ? read.value : undefined;
}

async function reported(
  state: AppState,
  is: (report: AppReport) => boolean,
  what: string,
  timeoutMs = 60_000,
): Promise<AppReport> {
  let last: AppReport | undefined;
  try {
    return await waitFor({
      what: `${state.name} to be ${what}`,
      timeoutMs,
      look: async () => {
        last = await report(state);
        return last && last.observedGeneration >= state.generation && is(last) ? last : undefined;
      },
    });
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n${JSON.stringify(last, null, 1)}\n${agent.lines.slice(-20).join('\n')}`,
    );
  }
}

const running = (state: AppState) => reported(state, ({ phase }) => phase === 'Running', 'Running');
const condition = (found: AppReport, type: string) => found.conditions.find((one) => one.type === type);
const gone = (what: string, look: () => Promise<unknown>) =>
  waitFor({ what, timeoutMs: 60_000, look: async () => ((await look()) === undefined ? true : undefined) });

describe('an App', () => {
  it('from an image comes up, is given a new image, and reports what runs', async () => {
    const state = appState('frontend', image('1.27', 2));
    await publish(state);
    const first = await running(state);
    expect(first).toMatchObject({
      healthy: true,
      revision: 1,
      components: [{ healthy: true, pods: [{ ready: true }, { ready: true }] }],
    });
    expect(first.conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Resolved True',
      'Rendered True',
      'Applied True',
      'VelaHealthy True',
      'WorkloadsReady True',
      'Ready True',
    ]);
    const second = next(state, image('1.28', 2));
    await publish(second);
    await running(second);
    const deployment = await admin.get(Deployment, appRef(state));
    expect(JSON.stringify(deployment.spec)).toContain('nginx:1.28');
  });

  it('is there within a second of its desired state', async () => {
    const state = appState('quick', image('1.27'));
    const { namespace, serviceAccount, bindings } = appNamespaceObjects(state);
    for (const object of [namespace, serviceAccount, ...bindings]) await apply(manager, object);
    const began = performance.now();
    await apply(manager, appStateConfigMap(state));
    while ((await admin.find(Application, appRef(state))) === undefined) await sleep(5);
    const took = performance.now() - began;
    console.log(`Application present ${Math.round(took)} ms after the ConfigMap`);
    expect(took).toBeLessThan(5_000);
  });

  it('waits for its namespace, and may come before its bindings', async () => {
    const state = appState('early', image('1.27'));
    await apply(manager, appStateConfigMap(state));
    const waiting = await reported(state, ({ phase }) => phase === 'Pending', 'Pending');
    expect(condition(waiting, 'Applied')).toMatchObject({ status: 'False', reason: 'NamespaceMissing' });
    const { namespace, serviceAccount, bindings } = appNamespaceObjects(state);
    await apply(manager, namespace);
    const refused = await reported(
      state,
      (found) => condition(found, 'Applied')?.reason === 'Forbidden',
      'without rights',
    );
    expect(refused.phase).toBe('Deploying');
    for (const object of [serviceAccount, ...bindings]) await apply(manager, object);
    await running(state);
  });

  it('from a chart is pinned, keeps its pin, and takes another version with a new revision', async () => {
    const state = appState('podinfo', podinfo('>=6 <7', { values: { replicaCount: 2 } }));
    await publish(state);
    const first = await running(state);
    expect(first.resolved).toMatchObject({ version: '6.9.2', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(first.components[0]?.pods).toHaveLength(2);
    const second = next(state, podinfo('6.9.2', { values: { replicaCount: 1 } }));
    await publish(second);
    expect((await running(second)).resolved).toEqual(first.resolved);
    const third = next(second, podinfo('>=6 <7', { values: { replicaCount: 2 } }));
    await publish(third);
    expect((await running(third)).manifestHash).toBe(first.manifestHash);
  });

  it('cannot change what Kubernetes does not let change, and says what to do', async () => {
    const state = appState('older', podinfo('<6'));
    await publish(state);
    expect((await running(state)).resolved?.version).toBe('1.7.0');
    const newer = next(state, podinfo('^6'));
    await publish(newer);
    const failed = await reported(
      newer,
      (found) => condition(found, 'VelaHealthy')?.reason === 'ImmutableField',
      'refused',
    );
    expect(condition(failed, 'Ready')?.message).toContain('give the object another name');
    await publish(next(newer, podinfo('<6')));
    await running({ ...newer, generation: 3 });
  });

  it('from objects of its own comes up', async () => {
    const manifests = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'own' },
        spec: {
          selector: { matchLabels: { app: 'own' } },
          template: { metadata: { labels: { app: 'own' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
        },
      },
    ];
    const state = appState('objects', { kind: 'kubeManifest', kubeManifest: { manifests } });
    await publish(state);
    expect((await running(state)).components[0]?.workloads).toMatchObject([
      { kind: 'Deployment', name: 'own', ready: true },
    ]);
  });

  it.each<[string, () => Source, string, string, string]>([
    [
      'no-chart',
      () => ({ kind: 'helmHttp', helmHttp: { repoUrl: charts.url, chart: 'nosuch', version: '1' } }),
      'Resolved',
      'ChartNotFound',
      'it has podinfo',
    ],
    ['no-version', () => podinfo('^99'), 'Resolved', 'VersionNotFound', '6.9.2'],
    [
      'no-repo',
      () => ({ kind: 'helmHttp', helmHttp: { repoUrl: 'http://127.0.0.1:9', chart: 'a', version: '1' } }),
      'Resolved',
      'RepositoryUnreachable',
      'nothing listens',
    ],
    [
      'metadata',
      () => ({ kind: 'helmHttp', helmHttp: { repoUrl: 'http://169.254.169.254/latest', chart: 'a', version: '1' } }),
      'Resolved',
      'AddressRefused',
      'metadata',
    ],
    ['bad-values', () => podinfo('*', { values: { replicaCount: { no: 'map' } } }), 'Applied', '', ''],
    [
      'foreign',
      () => ({
        kind: 'kubeManifest',
        kubeManifest: {
          manifests: [
            { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'evil' } },
          ],
        },
      }),
      'Rendered',
      'Refused',
      'ClusterRoleBinding evil',
    ],
  ])('%s says what is wrong', async (name, source, type, reason, message) => {
    const state = appState(name, source());
    await publish(state);
    if (reason === '') {
      const failed = await reported(state, ({ phase }) => phase === 'Failed' || phase === 'Degraded', 'in trouble');
      expect(condition(failed, 'Ready')?.message).not.toBe('');
      return;
    }
    const failed = await reported(state, (found) => condition(found, type)?.status === 'False', 'refused');
    expect(condition(failed, type)).toMatchObject({ reason, message: expect.stringContaining(message) });
    expect(condition(failed, 'Ready')).toMatchObject({ status: 'False', reason });
  });

  it('reads the credentials of a repository out of the Secret that it names', async () => {
    const helmHttp = {
      repoUrl: privateCharts.url,
      chart: 'podinfo',
      version: '6.9.2',
      credentialsSecretRef: { name: 'repo' },
    };
    const state = appState('private', { kind: 'helmHttp', helmHttp });
    await publish(state);
    const resolved = (reason: string) =>
      reported(state, (found) => condition(found, 'Resolved')?.reason === reason, reason);
    expect(condition(await resolved('CredentialsUnavailable'), 'Ready')?.message).toContain(
      `Secret ${state.namespace}/repo is not there`,
    );
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'repo', namespace: state.namespace },
      stringData: { username: 'ann', password },
    });
    await admin.apply(Secret, secret('wrong'), { fieldManager: 'test' });
    const second = next(state, { kind: 'helmHttp', helmHttp });
    await publish(second);
    await reported(second, (found) => condition(found, 'Resolved')?.reason === 'RepositoryRefused', 'refused');
    await admin.apply(Secret, secret(PASSWORD), { fieldManager: 'test', force: true });
    const third = next(second, { kind: 'helmHttp', helmHttp });
    await publish(third);
    await running(third);
    expect(JSON.stringify(await admin.get(ConfigMap, stateRef(state)))).not.toContain(PASSWORD);
  });

  it('runs on as it was while its next revision cannot be resolved', async () => {
    const state = appState('keeps', image('1.27'));
    await publish(state);
    await running(state);
    const broken = next(state, podinfo('^99'));
    await publish(broken);
    const failed = await reported(broken, ({ phase }) => phase === 'Failed', 'Failed');
    expect(failed.components[0]?.pods).toHaveLength(1);
    expect(await admin.find(Deployment, appRef(state))).toBeDefined();
  });
});

describe('drift', () => {
  it('an Application that was deleted or edited by hand is put back', async () => {
    const state = appState('drift', image('1.27'));
    await publish(state);
    await running(state);
    const before = await admin.get(Application, appRef(state));
    await meddler.patch(
      Application,
      appRef(state),
      { metadata: { labels: { 'kubenova.io/app': 'x' } }, spec: { components: [], workflow: { steps: [] } } },
      { type: 'merge' },
    );
    await waitFor({
      what: 'the spec to be put back',
      timeoutMs: 20_000,
      look: async () => {
        const { spec, metadata } = await admin.get(Application, appRef(state));
        return JSON.stringify(spec) === JSON.stringify(before.spec) && metadata.labels?.['kubenova.io/app'] === 'drift'
          ? true
          : undefined;
      },
    });
    await meddler.delete(Application, appRef(state));
    await waitFor({
      what: 'another Application',
      timeoutMs: 60_000,
      look: async () => {
        const found = await admin.find(Application, appRef(state));
        return found && found.metadata.uid !== before.metadata.uid ? true : undefined;
      },
    });
    await running(state);
  });

  it('a version published by hand is replaced by one of ours', async () => {
    const state = appState('versions', image('1.27'));
    await publish(state);
    await running(state);
    const spec = (tag: string) => ({
      components: [
        { name: 'versions', type: 'webservice', properties: { image: `nginx:${tag}`, ports: [{ port: 80 }] } },
      ],
    });
    await meddler.patch(
      Application,
      appRef(state),
      { metadata: { annotations: { 'app.oam.dev/publishVersion': 'mine' } }, spec: spec('evil') },
      { type: 'merge' },
    );
    await waitFor({
      what: 'the image to be put back',
      timeoutMs: 60_000,
      look: async () => {
        const { metadata, status } = await admin.get(Application, appRef(state));
        const version = metadata.annotations?.['app.oam.dev/publishVersion'];
        return version?.startsWith('r1-') && status?.workflow?.appRevision === version && status?.status === 'running'
          ? true
          : undefined;
      },
    });
    expect(JSON.stringify(await admin.get(Deployment, appRef(state)))).toContain('"image":"nginx:1.27"');
  });

  it('what KubeVela made and somebody deleted is made again within a minute', async () => {
    const state = appState('made', image('1.27'));
    await publish(state);
    await running(state);
    const before = await admin.get(Deployment, appRef(state));
    // A policy keeps everybody away but KubeVela's side, so it is deleted as that.
    const deployer = admin.impersonate({ username: serviceAccountUser(state.namespace, 'kubenova-deployer') });
    await deployer.delete(Deployment, appRef(state));
    await waitFor({
      what: 'another Deployment',
      timeoutMs: 90_000,
      look: async () => {
        const found = await admin.find(Deployment, appRef(state));
        return found && found.metadata.uid !== before.metadata.uid ? true : undefined;
      },
    });
    await running(state);
  });

  it('a Capsule Tenant that was edited is healed, and stays away once it is no longer asked for', async () => {
    await admin.patch(
      Tenant,
      { name: 'acme' },
      { spec: { preventDeletion: false, forceTenantPrefix: true } },
      { type: 'merge' },
    );
    await waitFor({
      what: 'the Tenant to be healed',
      timeoutMs: 20_000,
      look: async () => {
        const { spec } = await admin.get(Tenant, { name: 'acme' });
        return spec?.preventDeletion === true && spec.forceTenantPrefix === false ? true : undefined;
      },
    });
    const other = { tenant: { id: '7d7f5f0c-5a54-4b7e-9d3c-0b8a8f3c1d09', name: 'short' }, settings: {} };
    await apply(manager, tenantStateConfigMap(other));
    await waitFor({ what: 'the Tenant', timeoutMs: 20_000, look: () => admin.find(Tenant, { name: 'short' }) });
    await manager.delete(ConfigMap, { namespace: SYSTEM_NAMESPACE, name: tenantConfigMapName(other.tenant.id) });
    await admin.patch(Tenant, { name: 'short' }, { spec: { preventDeletion: false } }, { type: 'merge' });
    await admin.delete(Tenant, { name: 'short' });
    await gone('the Tenant to go', () => admin.find(Tenant, { name: 'short' }));
  });
});

describe('the end of an App', () => {
  it('takes its Application and what that made, and leaves a foreign Application alone', async () => {
    const state = appState('ending', image('1.27'));
    await publish(state);
    await running(state);
    const foreign = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: {
        name: 'foreign',
        namespace: state.namespace,
        annotations: { 'app.oam.dev/service-account-name': 'kubenova-deployer' },
      },
      spec: { components: [] },
    };
    await meddler.create(Application, foreign);
    await manager.delete(ConfigMap, stateRef(state));
    await gone('the Application to go', () => admin.find(Application, appRef(state)));
    expect(await admin.find(Deployment, appRef(state))).toBeUndefined();
    expect(await admin.find(Application, { namespace: state.namespace, name: 'foreign' })).toBeDefined();
    await meddler.delete(Application, { namespace: state.namespace, name: 'foreign' });
  });

  it('is seen to although the Agent was away, and a restart changes nothing else', async () => {
    const ending = appState('away', image('1.27'));
    const staying = appState('staying', podinfo('6.9.2'));
    await Promise.all([publish(ending), publish(staying)]);
    await Promise.all([running(ending), running(staying)]);
    const before = await admin.get(Application, appRef(staying));
    expect(await agent.stop()).toBe(0);
    await manager.delete(ConfigMap, stateRef(ending));
    for (const kept of ['charts', 'rendered'])
      await rm(path.join(agentEnvironment.KUBENOVA_CACHE_DIR ?? '', kept), { recursive: true, force: true });
    const fetched = () => charts.requests.filter((one) => one.path.endsWith('.tgz')).length;
    const archives = fetched();
    allLines.push(...agent.lines);
    agent = await startAgent();
    await gone('the Application to go', () => admin.find(Application, appRef(ending)));
    await sleep(2_000);
    const after = await admin.get(Application, appRef(staying));
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(fetched()).toBe(archives);
  });
});

describe('the Agent', () => {
  it('survives an API server that is away', async () => {
    const state = appState('outage', image('1.27'));
    await publish(state);
    await running(state);
    await cluster.stopApiServer();
    await sleep(3_000);
    expect((await fetch(`http://${agent.health}/healthz`)).status).toBe(200);
    await cluster.startApiServer();
    const second = next(state, image('1.28'));
    await waitFor({
      what: 'the Manager to publish',
      timeoutMs: 60_000,
      look: () =>
        publish(second)
          .then(() => true)
          .catch(() => undefined),
    });
    await running(second);
  });

  it('writes nothing but its Lease when all is settled, and is small', async () => {
    // What failed on purpose is taken away: KubeVela's retries are not ours to count.
    const states = (await admin.list(ConfigMap, { namespace: SYSTEM_NAMESPACE })).items.filter(({ metadata }) =>
      metadata.name.startsWith('app-'),
    );
    for (const configMap of states) {
      const read = readAppReport(configMap as unknown as Manifest);
      if (!read.ok || read.value.phase !== 'Running')
        await manager.delete(ConfigMap, { namespace: SYSTEM_NAMESPACE, name: configMap.metadata.name });
    }
    await sleep(10_000);
    cluster.audit.skip();
    await sleep(45_000);
    const writes = cluster.audit.read().filter(({ user }) => user.username === AGENT);
    const others = writes.filter(({ objectRef }) => objectRef?.resource !== 'leases');
    expect(others.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    expect(writes.length).toBeGreaterThan(3);
    const rss = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.process.pid}/status`, 'utf8'))?.[1]) / 1024;
    console.log(
      `Agent RSS ${Math.round(rss)} MiB with ${states.length} Apps, ${writes.length} renewals of the Lease in 45 s`,
    );
  });

  it('never says a secret, and its log holds no error', () => {
    allLines.push(...agent.lines);
    const errors = allLines.filter((line) => /"level":(50|60)/.test(line));
    expect(errors).toEqual([]);
    const coded = Buffer.from(`ann:${PASSWORD}`).toString('base64');
    expect(allLines.filter((line) => line.includes(PASSWORD) || line.includes(coded))).toEqual([]);
  });

  it('is ready, shows metrics, and stops at once', async () => {
    expect((await fetch(`http://${agent.health}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`http://${agent.health}/metrics`)).text();
    expect(metrics).toContain('kubenova_agent_leader 1');
    const status = await admin.get(ConfigMap, { namespace: SYSTEM_NAMESPACE, name: 'kubenova-agent-status' });
    expect(JSON.parse(status.data?.['status.json'] ?? '')).toMatchObject({
      capabilities: {
        helm: 'v3.21.4',
        kubernetesVersion: 'v1.37.2',
        velaDefinitions: { components: expect.arrayContaining(['webservice', 'k8s-objects']) },
      },
    });
    const began = performance.now();
    expect(await agent.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
