/**
 * The world in which it is proven that tenants are held apart: one cluster on which a real Manager and a real Agent have
 * placed two tenants, with Apps that run and sandboxes, and people who hold tokens of an issuer that the cluster trusts.
 * Everything in a tenant's namespaces is there as the product makes it; nothing is bound by hand.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AGENT_ACCOUNT, SYSTEM_NAMESPACE, serviceAccountUser } from '@kubenova/domain/names.ts';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { Pod, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { readConfig } from '@kubenova/manager/config.ts';
import { createLogger } from '@kubenova/manager/log.ts';
import { type RunningManager, startManager } from '@kubenova/manager/manager.ts';
import { startReconciling } from '@kubenova/manager/reconcile/start.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { findTools } from '../../packages/cli/dev/tools.ts';
import { createProgress } from '../../packages/cli/output/progress.ts';
import type { Through, World } from '../conformance/case.ts';
import type { Issuer } from '../conformance/issuer.ts';
import { openWorld } from '../conformance/worlds/connect.ts';
import { type PersonName, people } from './people.ts';
import { places } from './places.ts';

export interface AccessWorld {
  readonly world: World;
  readonly issuer: Issuer;
  /** With all rights (`system:masters`). */
  readonly admin: KubeClient;
  /** With all rights, and one whom Capsule lets put namespaces into tenants. */
  readonly operator: KubeClient;
  readonly api: KubeNovaClient;
  /** Where a person's requests go. */
  readonly servers: Readonly<Record<Through, { readonly url: string; readonly ca: string }>>;
  /** The person's token; undefined for somebody who has none. */
  tokenOf(person: PersonName): string | undefined;
  /** Names of pods that run, by namespace. */
  readonly pods: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const cluster = 'zone-a';

/** What the Manager is asked for. Both tenants use the same names, so that nothing but the tenant tells them apart. */
const projects = [
  { tenant: 'acme', project: 'shop', app: 'web', sandbox: true },
  { tenant: 'acme', project: 'blog', app: 'press', sandbox: false },
  { tenant: 'globex', project: 'shop', app: 'web', sandbox: true },
] as const;

export async function openAccessWorld(name: 'sim' | 'real'): Promise<AccessWorld> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await open(name, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  name: 'sim' | 'real',
  undo: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<AccessWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-access-'));
  // The embedded parts may run as another user, who has to get through.
  chmodSync(folder, 0o711);
  undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  const [{ world, issuer }, database] = await Promise.all([openWorld(name), createTestDatabase()]);
  undo.push(() => database.drop());
  if (issuer === undefined) throw new Error('This world trusts no issuer.');
  undo.push(() => issuer.close());
  undo.push(() => world.close());
  console.log(`access proofs: ${world.about}`);
  const proxy = await connection(world, 'nobody', [], 'capsule-proxy');
  const admin = createKubeClient(world.connection, { userAgent: 'access-admin' });
  undo.push(() => admin.close());
  const operator = createKubeClient(
    await connection(world, 'operator', ['system:masters', 'kubenova-system-administrators'], 'API server'),
  );
  undo.push(() => operator.close());

  const { manager, api } = await startManagerOn(folder, database);
  undo.push(() => manager.stop());
  await register(api, world.connection, proxy);
  const agent = await startAgent(world, folder);
  undo.push(() => stopAgent(agent));
  await place(api);
  const pods = await runningPods(admin);

  const tokens = new Map<PersonName, string>();
  for (const [person, { groups }] of Object.entries(people) as [PersonName, (typeof people)[PersonName]][]) {
    if (groups === undefined) continue;
    const claims = { sub: `kubenova:${person}`, ...(groups.length > 0 && { groups }) };
    tokens.set(person, await issuer.sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 3_600 }));
  }
  const caOf = ({ ca }: KubeConnection): string => ca ?? '';
  return {
    world,
    issuer,
    admin,
    operator,
    api,
    servers: {
      'API server': { url: world.connection.server, ca: caOf(world.connection) },
      'capsule-proxy': { url: proxy.server, ca: caOf(proxy) },
    },
    tokenOf: (person) => tokens.get(person),
    pods,
    close,
  };
}

async function connection(world: World, user: string, groups: readonly string[], through: Through) {
  if (world.connectionOf === undefined) throw new Error('Nobody can be given a certificate here.');
  return world.connectionOf(user, groups, through);
}

async function startManagerOn(
  folder: string,
  database: TestDatabase,
): Promise<{ manager: RunningManager; api: KubeNovaClient }> {
  const config = readConfig({ KUBENOVA_LISTEN: '127.0.0.1:0', KUBENOVA_DATA: folder, DATABASE_URL: database.url });
  const manager = await startManager({ config, logger: createLogger('silent'), version: '0', startReconciling });
  const token = readFileSync(config.adminTokenFile, 'utf8').trim();
  return { manager, api: createClient({ managerUrl: manager.url, token }) };
}

async function register(api: KubeNovaClient, admin: KubeConnection, proxy: KubeConnection): Promise<void> {
  done(
    await api.POST('/api/v1/clusters', {
      body: {
        name: cluster,
        zone: cluster,
        connection: 'direct',
        kubeconfig: Buffer.from(kubeconfig(cluster, admin)).toString('base64'),
        capsuleProxyUrl: proxy.server,
        capsuleProxyCa: proxy.ca ?? '',
      },
    }),
  );
  await waitFor({
    what: 'the baseline to be on the cluster',
    timeoutMs: 60_000,
    look: async () => {
      const { status } = done(await api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster } } }));
      return status.conditions.find(({ type }) => type === 'BaselineReady')?.status === 'True' || undefined;
    },
  });
}

/** Places the tenants and makes their projects, Apps and sandboxes, and waits until all of it is there. */
async function place(api: KubeNovaClient): Promise<void> {
  await Promise.all(
    [...new Set(projects.map(({ tenant }) => tenant))].map(async (tenant) => {
      done(await api.POST('/api/v1/tenants', { body: { name: tenant } }));
      const params = { path: { cluster, tenant }, query: { wait: '60s' } };
      const placed = done(await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params, body: {} }));
      if (placed.status.phase !== 'Ready')
        throw new Error(`${tenant} was not placed: ${JSON.stringify(placed.status)}`);
    }),
  );
  await Promise.all(
    projects.map(async ({ tenant, project, app, sandbox }) => {
      done(
        await api.POST('/api/v1/tenants/{tenant}/projects', { params: { path: { tenant } }, body: { name: project } }),
      );
      const params = { path: { cluster, tenant, project }, query: { wait: '60s' } };
      const ports = [80];
      const source = { kind: 'containerImage' as const, containerImage: { image: 'nginx', tag: '1.27', ports } };
      const [made] = await Promise.all([
        api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
          params,
          body: { name: app, source },
        }),
        sandbox &&
          api
            .POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox', { params, body: {} })
            .then(done),
      ]);
      done(made);
    }),
  );
}

/** One pod of each App, and one that its people might have started in each sandbox. */
async function runningPods(admin: KubeClient): Promise<Record<string, string>> {
  const sandboxes = places.filter(({ kind }) => kind === 'sandbox');
  await Promise.all(
    sandboxes.map(async ({ namespace }) => {
      await waitFor({
        what: `the default account of ${namespace}`,
        timeoutMs: 60_000,
        look: () => admin.find(ServiceAccount, { namespace, name: 'default' }),
      });
      const container = { name: 'main', image: 'nginx:1.27', securityContext: { allowPrivilegeEscalation: false } };
      await admin.create(Pod, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'own', namespace, labels: { app: 'own' } },
        spec: { containers: [container] },
      });
    }),
  );
  const theirs = places.filter(({ kind }) => kind !== 'system');
  const found = await Promise.all(
    theirs.map(({ namespace }) =>
      waitFor({
        what: `a pod to run in ${namespace}`,
        timeoutMs: 90_000,
        everyMs: 100,
        look: async () => {
          const { items } = await admin.list(Pod, { namespace });
          const running = items.find(({ status }) => status?.phase === 'Running');
          return running && ([namespace, running.metadata.name] as const);
        },
      }),
    ),
  );
  return Object.fromEntries(found);
}

async function startAgent(world: World, folder: string): Promise<ChildProcess> {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${SYSTEM_NAMESPACE}`, 'system:authenticated'];
  const user = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);
  const file = path.join(folder, 'agent.kubeconfig');
  writeFileSync(file, kubeconfig(cluster, await connection(world, user, groups, 'API server')), { mode: 0o600 });
  return spawn(process.execPath, [path.join(import.meta.dirname, '../../packages/agent/main.ts')], {
    stdio: 'ignore',
    env: {
      KUBENOVA_KUBECONFIG: file,
      KUBENOVA_CLUSTER: cluster,
      KUBENOVA_HELM: (await findTools(createProgress())).helm,
      KUBENOVA_HEALTH_LISTEN: '127.0.0.1:0',
      KUBENOVA_CACHE_DIR: path.join(folder, 'agent'),
    },
  });
}

async function stopAgent(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  agent.kill();
  await once(agent, 'exit');
}

/** The answer's data, or a failure that shows the problem. */
function done<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}
