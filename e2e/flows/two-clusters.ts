/**
 * One tenant on two clusters: what is changed once arrives at both, what is set for one holds there alone, a cluster that
 * is away delays nobody and catches up, and nothing of one cluster ever shows on the other. What a cluster holds is read
 * with its administrator's kubeconfig, what people see with kubectl through both proxies. The steps build on each other.
 */
import { readFileSync } from 'node:fs';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { Condition } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../packages/cli/dev/data-folder.ts';
import type { DevCluster, RunningWorld } from '../../packages/cli/dev/world.ts';
import { type ClusterKind, type Equipment, startWorld } from '../../packages/cli/dev/world.ts';
import { createProgress } from '../../packages/cli/output/progress.ts';
import { freshDataFolder, removeDataFolder } from './dev-process.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';

const PLACEMENT = '/api/v1/clusters/{cluster}/tenants/{tenant}';
const PROJECT = `${PLACEMENT}/projects/{project}` as const;
const APPS = `${PROJECT}/apps` as const;
const NEAR = 'dev-1';
const FAR = 'dev-2';
const both = [NEAR, FAR] as const;
type Name = (typeof both)[number];

/** One of the two, as this flow sees it. */
interface Side {
  readonly cluster: DevCluster;
  /** With all rights, straight to the API server. */
  readonly admin: Kubectl;
}

/** Registers the flow's tests. They start the world in this process, so that they can take an API server away. */
export function twoClusters<C extends DevCluster, E extends Equipment>(kind: ClusterKind<C, E>): void {
  let dataDir: string;
  let running: RunningWorld<C>;
  let kubectl: string;
  let managerUrl: string;
  let api: KubeNovaClient;
  const sides = new Map<Name, Side>();

  beforeAll(async () => {
    dataDir = freshDataFolder();
    const data = openDataFolder(dataDir);
    const { manager } = await choosePorts(['manager'], data.file('flow-ports.json'));
    const progress = createProgress();
    running = startWorld(kind, { data, port: manager, clusters: 2, register: true, progress });
    const { file, clusters } = await running.ready;
    kubectl = file.kubectl;
    managerUrl = file.managerUrl;
    api = createClient({ managerUrl, token: file.token });
    for (const cluster of clusters) {
      const kubeconfig = readFileSync(cluster.adminKubeconfig, 'utf8');
      sides.set(cluster.name as Name, {
        cluster,
        admin: kubectlWith(kubectl, dataDir, `admin-${cluster.name}`, kubeconfig),
      });
    }
  }, 900_000);

  afterAll(async () => {
    await running?.stop();
    removeDataFolder(dataDir);
  }, 60_000);

  function side(name: Name): Side {
    const found = sides.get(name);
    if (found === undefined) throw new Error(`the world has no cluster ${name}`);
    return found;
  }

  /** The answer's data, or a failure that shows the problem. */
  function ok<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (answer.data === undefined) {
      throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
  }

  async function getJson(name: Name, ...args: string[]) {
    const result = await side(name).admin('get', ...args, '-o', 'json');
    if (result.code !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout);
  }

  /** The hard limits that stand on the cluster's Capsule Tenant. */
  async function limitsOn(name: Name): Promise<Record<string, string>> {
    const tenant = await getJson(name, 'tenants.capsule.clastix.io', 'acme');
    return tenant.spec.resourceQuotas?.items?.[0]?.hard ?? {};
  }

  /** Waits until the cluster's Capsule Tenant has these limits and no others. */
  async function limitsArrive(name: Name, hard: Record<string, string>): Promise<void> {
    let seen: Record<string, string> | undefined;
    await waitFor({
      what: `the quota of acme on ${name} to be ${JSON.stringify(hard)}`,
      timeoutMs: 60_000,
      look: async () => {
        seen = await limitsOn(name);
        return JSON.stringify(Object.entries(seen).sort()) === JSON.stringify(Object.entries(hard).sort()) || undefined;
      },
    }).catch((error: Error) => {
      throw new Error(`${error.message} It is ${JSON.stringify(seen)}.`);
    });
  }

  const ofTenant = { params: { path: { tenant: 'acme' } } };
  const setPlan = (quotas: Record<string, string>, cpu: string) =>
    api
      .PUT('/api/v1/plans/{plan}', {
        params: { path: { plan: 'gold' } },
        body: { spec: { quotas, limits: [{ type: 'Container', default: { cpu }, defaultRequest: { cpu: '50m' } }] } },
      })
      .then(ok);
  const setQuotas = (body: Record<string, string>) =>
    api.PUT('/api/v1/tenants/{tenant}/quotas', { ...ofTenant, body }).then(ok);

  /** Waits until a container on the cluster may by default use so much. */
  async function limitRangeArrives(name: Name, cpu: string): Promise<void> {
    await waitFor({
      what: `containers of acme on ${name} to have ${cpu} of cpu by default`,
      timeoutMs: 60_000,
      look: async () => {
        const tenant = await getJson(name, 'tenants.capsule.clastix.io', 'acme');
        return tenant.spec.limitRanges?.items?.[0]?.limits?.[0]?.default?.cpu === cpu || undefined;
      },
    });
  }

  const placementOn = (cluster: Name) => api.GET(PLACEMENT, { params: { path: { cluster, tenant: 'acme' } } }).then(ok);
  const clusterOf = (cluster: Name) =>
    api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster } } }).then(ok);

  function createApp(cluster: Name, name: string) {
    const path = { cluster, tenant: 'acme', project: 'shop' };
    // Where a quota of cpu is, a pod has to say what it asks for.
    const resources = { requests: { cpu: '50m' } };
    const containerImage = { image: 'docker.io/library/nginx', tag: '1.27.1', ports: [80], resources };
    return api
      .POST(APPS, { params: { path }, body: { name, source: { kind: 'containerImage', containerImage } } })
      .then(ok);
  }

  function runs(cluster: Name, app: string): Promise<true> {
    const path = { cluster, tenant: 'acme', project: 'shop', app };
    let last: unknown;
    return waitFor<true>({
      what: `${app} to run on ${cluster}`,
      timeoutMs: 90_000,
      everyMs: 100,
      look: async () => {
        last = ok(await api.GET(`${APPS}/{app}`, { params: { path } })).status;
        return (last as { phase: string }).phase === 'Running' || undefined;
      },
    }).catch((error: Error) => {
      throw new Error(`${error.message} Its status: ${JSON.stringify(last)}`);
    });
  }

  /** kubectl of the tenant's people, through the cluster's own proxy. */
  async function memberOn(cluster: Name): Promise<Kubectl> {
    const path = { tenant: 'acme' };
    const body = { clusters: [cluster] };
    const issued = ok(await api.POST('/api/v1/tenants/{tenant}/kubeconfig', { params: { path }, body }));
    expect(issued.kubeconfig).toContain(side(cluster).cluster.capsuleProxy.url);
    return kubectlWith(kubectl, dataDir, `acme-${cluster}`, issued.kubeconfig);
  }

  const conditionOf = ({ status }: { status: { conditions: Condition[] } }, type: string) =>
    status.conditions.find((condition) => condition.type === type);

  describe('one tenant on two clusters', () => {
    it('is placed on both, and its project spans them', async () => {
      const tenant = ok(await api.POST('/api/v1/tenants', { body: { name: 'acme' } }));
      ok(
        await api.POST('/api/v1/tenants/{tenant}/projects', {
          params: { path: { tenant: 'acme' } },
          body: { name: 'shop' },
        }),
      );
      for (const cluster of both) {
        const params = { path: { cluster, tenant: 'acme' }, query: { wait: '30s' } };
        expect(ok(await api.PUT(PLACEMENT, { params, body: {} })).status.phase).toBe('Ready');
        const capsule = await getJson(cluster, 'tenants.capsule.clastix.io', 'acme');
        expect(capsule.metadata.labels['kubenova.io/tenant-id']).toBe(tenant.id);
        expect(capsule.spec.owners ?? []).toEqual([]);
        expect(await limitsOn(cluster)).toEqual({});
      }
      const uids = await Promise.all(both.map((cluster) => getJson(cluster, 'namespace', 'kube-system')));
      expect(new Set(uids.map(({ metadata }) => metadata.uid)).size, 'two clusters, not one twice').toBe(2);
    });

    it('has its plan on both, and what becomes of the plan', async () => {
      await setPlan({ pods: '60' }, '500m');
      ok(await api.PUT('/api/v1/tenants/{tenant}/plan', { ...ofTenant, body: { plan: 'gold' } }));
      for (const cluster of both) await limitsArrive(cluster, { pods: '60' });
      for (const cluster of both) await limitRangeArrives(cluster, '500m');
      await setPlan({ pods: '70' }, '400m');
      for (const cluster of both) await limitsArrive(cluster, { pods: '70' });
      for (const cluster of both) await limitRangeArrives(cluster, '400m');
    });

    it('has a quota of its own on both in place of its plan, and on one of them another', async () => {
      await setQuotas({ 'requests.cpu': '4', pods: '40' });
      for (const cluster of both) await limitsArrive(cluster, { 'requests.cpu': '4', pods: '40' });
      ok(
        await api.PUT(`${PLACEMENT}/quotas`, {
          params: { path: { cluster: FAR, tenant: 'acme' } },
          body: { 'requests.cpu': '1', pods: '40' },
        }),
      );
      await limitsArrive(FAR, { 'requests.cpu': '1', pods: '40' });
      expect(await limitsOn(NEAR)).toEqual({ 'requests.cpu': '4', pods: '40' });
      for (const cluster of both) await limitRangeArrives(cluster, '400m');
    });
  });

  describe('an app on one', () => {
    it('runs there', async () => {
      await createApp(NEAR, 'web');
      await createApp(FAR, 'api');
      await runs(NEAR, 'web');
      await runs(FAR, 'api');
    });

    it.each([
      [NEAR, 'web'],
      [FAR, 'api'],
    ] as const)('is all that %s holds: %s', async (cluster, app) => {
      const namespace = `tn-acme-shop-app-${app}`;
      const ofAcme = await getJson(cluster, 'namespaces', '-l', 'capsule.clastix.io/tenant=acme');
      expect(ofAcme.items.map(nameOf)).toEqual([namespace]);
      const applications = await getJson(cluster, 'applications.core.oam.dev', '-A');
      expect(applications.items.map(nameOf)).toEqual([app]);
      const states = await getJson(cluster, 'configmaps', '-n', 'kubenova-system', '-l', 'kubenova.io/app-id');
      expect(states.items).toHaveLength(1);
      const member = await memberOn(cluster);
      const seen = await member('get', 'namespaces', '-o', 'name');
      expect(seen, seen.stderr).toMatchObject({ code: 0, stdout: `namespace/${namespace}\n` });
      const pods = await member('get', 'pods', '-A', '-o', 'jsonpath={.items[*].metadata.namespace}');
      expect(pods, pods.stderr).toMatchObject({ code: 0, stdout: namespace });
    });

    it('is in the lists of its own cluster, and under no path of the other', async () => {
      for (const [cluster, app, other] of [
        [NEAR, 'web', 'api'],
        [FAR, 'api', 'web'],
      ] as const) {
        const path = { cluster, tenant: 'acme', project: 'shop' };
        expect(ok(await api.GET(APPS, { params: { path } })).items.map(({ name }) => name)).toEqual([app]);
        const foreign = await api.GET(`${APPS}/{app}`, { params: { path: { ...path, app: other } } });
        expect(foreign.response.status).toBe(404);
      }
      const all = ok(await api.GET('/api/v1/apps', {}));
      expect(all.items.map(({ cluster, name }) => `${cluster}/${name}`).sort()).toEqual(['dev-1/web', 'dev-2/api']);
    });

    it('is not reached with a credential of the other cluster', async () => {
      const path = { tenant: 'acme' };
      const { kubeconfig } = ok(
        await api.POST('/api/v1/tenants/{tenant}/kubeconfig', { params: { path }, body: { clusters: [NEAR] } }),
      );
      const token = /token: (\S+)/.exec(kubeconfig)?.[1] ?? '';
      const { cluster } = side(FAR);
      const refusals: [string, RegExp][] = [
        [cluster.server, /Unauthorized|must be logged in/i],
        [cluster.capsuleProxy.url, /cannot authenticate the token/],
      ];
      for (const [server, words] of refusals) {
        // The certificates are the world's own; the token is what is asked about.
        const options = ['--server', server, '--insecure-skip-tls-verify', '--token', token];
        const answer = await kubectlWith(kubectl, dataDir, 'nobody', '')('get', 'namespaces', ...options);
        expect(answer.code, server).not.toBe(0);
        expect(answer.stderr).toMatch(words);
      }
    });
  });

  describe('a member', () => {
    const pipeline = { role: 'readOnly' as const, scope: { tenant: 'acme' } };
    let robot: KubeNovaClient;
    let id: string;

    beforeAll(async () => {
      const made = ok(await api.POST('/api/v1/tokens', { body: { name: 'pipeline', ttlSeconds: 3600, ...pipeline } }));
      id = made.id;
      robot = createClient({ managerUrl, token: made.token });
      for (const cluster of both) {
        const params = { path: { cluster, tenant: 'acme', project: 'shop' }, query: { wait: '30s' } };
        const sandbox = ok(await api.POST(`${PROJECT}/sandbox`, { params, body: {} }));
        expect(sandbox.status.phase).toBe('Ready');
      }
    });

    /** The groups by which the clusters know the member, and whether it may write in its sandbox there. */
    async function standing(cluster: Name): Promise<{ groups: string[]; writes: boolean }> {
      const body = { cluster };
      const { token } = ok(await robot.POST('/api/v1/tenants/{tenant}/kubernetes-token', { ...ofTenant, body }));
      const issued = ok(
        await robot.POST('/api/v1/tenants/{tenant}/kubeconfig', { ...ofTenant, body: { clusters: [cluster] } }),
      );
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      const member = kubectlWith(kubectl, dataDir, `pipeline-${cluster}`, issued.kubeconfig);
      const may = await member('auth', 'can-i', 'create', 'configmaps', '-n', 'tn-acme-shop-sbx-001');
      return { groups: claims.groups, writes: may.stdout.trim() === 'yes' };
    }

    it('has a role that is given once on both clusters, and loses it on both', async () => {
      const viewer = { groups: ['kubenova-users', 'acme-viewers'], writes: false };
      for (const cluster of both) expect(await standing(cluster)).toEqual(viewer);
      const given = ok(
        await api.POST('/api/v1/role-bindings', {
          body: { subject: { kind: 'Token', name: id }, role: 'projectDev', scope: { tenant: 'acme' } },
        }),
      );
      const developer = { groups: ['kubenova-users', 'acme-devs'], writes: true };
      for (const cluster of both) expect(await standing(cluster)).toEqual(developer);
      const path = { roleBinding: given.id };
      expect((await api.DELETE('/api/v1/role-bindings/{roleBinding}', { params: { path } })).response.status).toBe(204);
      for (const cluster of both) expect(await standing(cluster)).toEqual(viewer);
    });
  });

  describe('a cluster that is away', () => {
    it('delays nobody: what is asked for is acknowledged, and the other has it', async () => {
      await side(FAR).cluster.stopApiServer();
      await setQuotas({ pods: '50' });
      await setPlan({ pods: '80' }, '300m');
      const path = { cluster: FAR, tenant: 'acme' };
      const placement = ok(await api.DELETE(`${PLACEMENT}/quotas`, { params: { path } }));
      expect(placement.effective.quotas).toEqual({ pods: '50' });
      await createApp(FAR, 'late');
      await limitsArrive(NEAR, { pods: '50' });
      await limitRangeArrives(NEAR, '300m');
      expect((await placementOn(NEAR)).status.phase).toBe('Ready');
    });

    it('is said to be away, with the reason', async () => {
      const cluster = await waitFor({
        what: `${FAR} to be Unreachable`,
        timeoutMs: 60_000,
        look: async () => {
          const found = await clusterOf(FAR);
          return found.status.phase === 'Unreachable' ? found : undefined;
        },
      });
      expect(conditionOf(cluster, 'Reachable')).toMatchObject({ status: 'False', reason: 'Unreachable' });
      const placement = await waitFor({
        what: `the placement on ${FAR} to say so`,
        timeoutMs: 60_000,
        look: async () => {
          const found = await placementOn(FAR);
          return found.status.phase === 'Unreachable' ? found : undefined;
        },
      });
      expect(conditionOf(placement, 'ClusterReachable')).toMatchObject({ status: 'False' });
      expect(placement.status.observedGeneration).toBeLessThan(placement.generation);
      expect((await clusterOf(NEAR)).status.phase).toBe('Ready');
    });

    it('catches up by itself when it is back', async () => {
      await side(FAR).cluster.startApiServer();
      await limitsArrive(FAR, { pods: '50' });
      await limitRangeArrives(FAR, '300m');
      await runs(FAR, 'late');
      for (const [what, read] of [
        ['the cluster', clusterOf],
        ['the placement', placementOn],
      ] as const) {
        await waitFor({
          what: `${what} to be Ready again`,
          timeoutMs: 60_000,
          look: async () => (await read(FAR)).status.phase === 'Ready' || undefined,
        });
      }
      const applications = await getJson(NEAR, 'applications.core.oam.dev', '-A');
      expect(applications.items.map(nameOf)).toEqual(['web']);
    });
  });
}

const nameOf = ({ metadata }: { metadata: { name: string } }): string => metadata.name;
