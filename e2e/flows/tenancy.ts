/**
 * What a tenant is given, on its way to a cluster and back: plan, settings and overrides reach what stands there already;
 * what somebody changes by hand is put back and told; bindings that KubeNova does not ask for go. What the cluster holds
 * is read and broken with its administrator's kubectl. The steps build on each other.
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
const PROJECT = `${PLACEMENT}/projects/{project}`;
const here = { cluster: 'dev-1', tenant: 'acme' };
const inProject = { ...here, project: 'shop' };
const APP = 'tn-acme-shop-app-web';
const SANDBOX = 'tn-acme-shop-sbx-001';
const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';

/** Registers the flow's tests. They start the world in this process. */
export function tenancy<C extends DevCluster, E extends Equipment>(kind: ClusterKind<C, E>): void {
  let dataDir: string;
  let running: RunningWorld<C>;
  let kubectl: Kubectl;
  let api: KubeNovaClient;
  let appId: string;

  beforeAll(async () => {
    dataDir = freshDataFolder();
    const data = openDataFolder(dataDir);
    const { manager } = await choosePorts(['manager'], data.file('flow-ports.json'));
    running = startWorld(kind, { data, port: manager, clusters: 1, register: true, progress: createProgress() });
    const { file, clusters } = await running.ready;
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error('the world has no cluster');
    api = createClient({ managerUrl: file.managerUrl, token: file.token });
    kubectl = kubectlWith(file.kubectl, dataDir, 'admin', readFileSync(cluster.adminKubeconfig, 'utf8'));
  }, 900_000);

  afterAll(async () => {
    await running?.stop();
    removeDataFolder(dataDir);
  }, 60_000);

  /** The answer's data, or a failure that shows the problem. */
  function ok<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (answer.data === undefined) {
      throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
  }

  async function must(...args: string[]): Promise<string> {
    const result = await kubectl(...args);
    expect(result.code, `kubectl ${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result.stdout;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there.
  async function find(...args: string[]): Promise<any> {
    const result = await kubectl('get', ...args, '-o', 'json');
    return result.code === 0 ? JSON.parse(result.stdout) : undefined;
  }

  async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    let last: unknown;
    return waitFor<T>({
      what,
      timeoutMs: 60_000,
      everyMs: 100,
      look: async () => {
        const found = await look();
        last = found;
        return found;
      },
    }).catch((error: Error) => {
      throw new Error(`${error.message} Last seen: ${JSON.stringify(last)}`);
    });
  }

  /** Waits until what Capsule keeps in both namespaces is as said. */
  async function inNamespaces(what: string, resource: string, is: (object: unknown) => boolean): Promise<void> {
    for (const namespace of [APP, SANDBOX]) {
      let seen: unknown;
      await waitFor({
        what: `${what} in ${namespace}`,
        timeoutMs: 60_000,
        everyMs: 100,
        look: async () => {
          seen = await find(resource, 'capsule-acme-0', '-n', namespace);
          return is(seen) || undefined;
        },
      }).catch((error: Error) => {
        throw new Error(`${error.message} It is ${JSON.stringify(seen)}`);
      });
    }
  }

  const placement = async () => ok(await api.GET(PLACEMENT, { params: { path: here } })).status;
  const app = async () =>
    ok(await api.GET(`${PROJECT}/apps/{app}`, { params: { path: { ...inProject, app: 'web' } } })).status;
  const sandbox = async () =>
    ok(await api.GET(`${PROJECT}/sandbox/{sandbox}`, { params: { path: { ...inProject, sandbox: 'sbx-001' } } }))
      .status;

  /** Waits until the record tells of drift in these words. */
  function told(read: () => Promise<{ conditions: Condition[] }>, words: RegExp): Promise<Condition> {
    let last: Condition[] = [];
    return waitFor<Condition>({
      what: `the condition DriftFree to say ${words}`,
      timeoutMs: 60_000,
      everyMs: 100,
      look: async () => {
        last = (await read()).conditions;
        return last.find(({ type, message }) => type === 'DriftFree' && words.test(message));
      },
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
  }

  describe('what a tenant is given', () => {
    it('stands on the cluster: the plan in the Capsule Tenant and in every namespace', async () => {
      const body = { name: 'acme', plan: 'baseline', owners: [{ kind: 'User' as const, name: 'ann@example.com' }] };
      const params = { path: { cluster: here.cluster }, query: { wait: '60s' } };
      expect(ok(await api.POST('/api/v1/clusters/{cluster}/tenants', { params, body })).status.phase).toBe('Ready');
      const tenant = { path: { tenant: 'acme' } };
      ok(await api.POST('/api/v1/tenants/{tenant}/projects', { params: tenant, body: { name: 'shop' } }));
      const source = {
        kind: 'containerImage',
        containerImage: { image: 'docker.io/library/nginx', tag: '1.27.1' },
      } as const;
      const query = { wait: '90s' };
      const made = ok(
        await api.POST(`${PROJECT}/apps`, { params: { path: inProject, query }, body: { name: 'web', source } }),
      );
      appId = made.id;
      expect(made.status.phase, JSON.stringify(made.status)).toBe('Running');
      const box = ok(await api.POST(`${PROJECT}/sandbox`, { params: { path: inProject, query }, body: {} }));
      expect(box.status.phase, JSON.stringify(box.status)).toBe('Ready');

      const capsule = await find('tenants.capsule.clastix.io', 'acme');
      expect(JSON.parse(capsule.metadata.annotations['kubenova.io/owners'])).toEqual(body.owners);
      expect(capsule.spec.owners ?? []).toEqual([]);
      await inNamespaces('the quota', 'resourcequota', (quota) => hard(quota)['services.loadbalancers'] === '0');
      await inNamespaces('the limits', 'limitrange', (range) => limits(range)[0]?.default?.cpu === '500m');
    });

    it('reaches namespaces that are there: network policies, and the node selector that Capsule would not change', async () => {
      const params = { path: { tenant: 'acme' } };
      const policies = [
        { podSelector: {}, policyTypes: ['Ingress' as const], ingress: [] },
        { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: [{ namespaceSelector: {} }] }] },
      ];
      ok(await api.PUT('/api/v1/tenants/{tenant}/network-policies', { params, body: policies }));
      await inNamespaces('the network policy', 'networkpolicy', (policy) => policy !== undefined);
      for (const pool of ['blue', 'red']) {
        ok(await api.PUT('/api/v1/tenants/{tenant}/node-selector', { params, body: { pool, zone: 'z1' } }));
        for (const namespace of [APP, SANDBOX]) {
          await eventually(`the node selector of ${namespace} to be ${pool}`, async () => {
            const { metadata } = await find('namespace', namespace);
            return metadata.annotations?.[NODE_SELECTOR] === `pool=${pool},zone=z1` || undefined;
          });
        }
      }
      // The API server's own plugin makes of it what a pod asks for.
      const pod = await eventually('a pod to get the node selector', async () => {
        const run = [
          'run',
          'probe',
          '-n',
          SANDBOX,
          '--image=docker.io/library/nginx',
          '--dry-run=server',
          '-o',
          'json',
        ];
        const { spec } = JSON.parse(await must(...run));
        return spec.nodeSelector?.pool === 'red' ? spec : undefined;
      });
      expect(pod.nodeSelector).toEqual({ pool: 'red', zone: 'z1' });
      // Nothing of it is refused, by Capsule neither.
      await eventually('the placement to be Ready', async () => (await placement()).phase === 'Ready' || undefined);
    });

    it('differs where the cluster has its own, and is the tenant’s again without', async () => {
      const params = { path: here, query: { wait: '60s' } };
      const own = { 'limits.cpu': '3' };
      const set = ok(await api.PUT(`${PLACEMENT}/quotas`, { params, body: own }));
      expect([set.effective.quotas, set.status.phase]).toEqual([own, 'Ready']);
      await inNamespaces(
        'the quota of the cluster',
        'resourcequota',
        (quota) => Object.keys(hard(quota)).join() === 'limits.cpu',
      );
      ok(await api.DELETE(`${PLACEMENT}/quotas`, { params }));
      await inNamespaces(
        'the quota of the plan',
        'resourcequota',
        (quota) => hard(quota)['services.loadbalancers'] === '0',
      );
    });

    it('changes with the plan, and goes with it', async () => {
      const plan = { params: { path: { plan: 'baseline' } } };
      const { displayName, description, spec } = ok(await api.GET('/api/v1/plans/{plan}', plan));
      const quotas = { ...spec.quotas, 'services.loadbalancers': '7' };
      ok(
        await api.PUT('/api/v1/plans/{plan}', {
          ...plan,
          body: { displayName, description, spec: { ...spec, quotas } },
        }),
      );
      await inNamespaces(
        'the changed quota',
        'resourcequota',
        (quota) => hard(quota)['services.loadbalancers'] === '7',
      );
      const params = { path: { tenant: 'acme' } };
      ok(await api.PUT('/api/v1/tenants/{tenant}/plan', { params, body: { plan: null } }));
      ok(await api.PUT('/api/v1/tenants/{tenant}/network-policies', { params, body: [] }));
      ok(await api.PUT('/api/v1/tenants/{tenant}/node-selector', { params, body: {} }));
      for (const resource of ['resourcequota', 'limitrange', 'networkpolicy']) {
        await inNamespaces(`no ${resource} of Capsule`, resource, (object) => object === undefined);
      }
      for (const namespace of [APP, SANDBOX]) {
        await eventually(`no node selector on ${namespace}`, async () => {
          const { metadata } = await find('namespace', namespace);
          return metadata.annotations?.[NODE_SELECTOR] === undefined || undefined;
        });
      }
    });
  });

  describe('what is changed by hand is put back and told', () => {
    it('the quota of the Capsule Tenant', async () => {
      ok(
        await api.PUT('/api/v1/tenants/{tenant}/quotas', {
          params: { path: { tenant: 'acme' } },
          body: { pods: '50' },
        }),
      );
      const podsOf = async () =>
        (await find('tenants.capsule.clastix.io', 'acme')).spec.resourceQuotas?.items?.[0]?.hard?.pods;
      await eventually('the quota', async () => (await podsOf()) === '50' || undefined);
      const edit = (spec: object) =>
        must('patch', 'tenants.capsule.clastix.io', 'acme', '--type=merge', '-p', JSON.stringify({ spec }));
      await edit({ resourceQuotas: { items: [{ hard: { pods: '5000' } }] } });
      await eventually('the quota to be back', async () => (await podsOf()) === '50' || undefined);
      await told(placement, /Tenant acme had another spec\.resourceQuotas.* and was put back/);
      // Nor is anybody made an owner, who could then make namespaces, or bound in all of them.
      await edit({ owners: [{ kind: 'User', name: 'mallory' }] });
      await told(placement, /Tenant acme had another spec\.owners/);
      await eventually('nobody to own it', async () =>
        (await find('tenants.capsule.clastix.io', 'acme')).spec.owners?.length > 0 ? undefined : true,
      );
      expect((await placement()).phase).toBe('Ready');
    });

    it('the state that the Agent keeps it by', async () => {
      const { items } = await find('configmaps', '-n', 'kubenova-system', '-l', 'kubenova.io/tenant=acme');
      const name = items.map(nameOf).find((one: string) => one.startsWith('tenant-'));
      await must('delete', 'configmap', name, '-n', 'kubenova-system');
      await eventually('the state to be back', async () => find('configmap', name, '-n', 'kubenova-system'));
      await told(placement, /ConfigMap kubenova-system\/tenant-\S+ was missing/);
    });

    it.each([
      ['an app', APP, () => app],
      ['a sandbox', SANDBOX, () => sandbox],
    ] as const)('a binding of %s that is deleted, and one that is edited', async (_what, namespace, read) => {
      await must('delete', 'rolebinding', 'kubenova-devs', '-n', namespace);
      await eventually('the binding to be back', () => find('rolebinding', 'kubenova-devs', '-n', namespace));
      await told(read(), new RegExp(`RoleBinding ${namespace}/kubenova-devs was missing`));
      const mallory = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'mallory' };
      const patch = JSON.stringify({ subjects: [mallory] });
      await must('patch', 'rolebinding', 'kubenova-viewers', '-n', namespace, '--type=merge', '-p', patch);
      await eventually('the subjects to be back', async () => {
        const { subjects } = await find('rolebinding', 'kubenova-viewers', '-n', namespace);
        return JSON.stringify(subjects).includes('mallory') ? undefined : true;
      });
      await told(read(), new RegExp(`RoleBinding ${namespace}/kubenova-viewers had another subjects.*kubectl`));
    });

    it.each([
      ['an app', APP, () => app],
      ['a sandbox', SANDBOX, () => sandbox],
    ] as const)('what the namespace of %s carries', async (_what, namespace, read) => {
      const params = { path: { tenant: 'acme' } };
      const carried = async () => (await find('namespace', namespace)).metadata;
      ok(await api.PUT('/api/v1/tenants/{tenant}/node-selector', { params, body: { pool: 'blue' } }));
      await eventually('the node selector', async () => (await carried()).annotations?.[NODE_SELECTOR]);
      await must('annotate', 'namespace', namespace, '--overwrite', `${NODE_SELECTOR}=pool=mine`);
      await eventually('the annotation to be back', async () =>
        (await carried()).annotations[NODE_SELECTOR] === 'pool=blue' ? true : undefined,
      );
      await told(read(), new RegExp(`Namespace ${namespace} had another metadata.annotations.*kubectl-annotate`));
      await must('label', 'namespace', namespace, '--overwrite', 'app.kubernetes.io/managed-by=helm');
      await eventually('the label to be back', async () =>
        (await carried()).labels['app.kubernetes.io/managed-by'] === 'kubenova' ? true : undefined,
      );
      await told(read(), new RegExp(`Namespace ${namespace} had another metadata.labels.*kubectl-label`));
      // What others have put there is theirs.
      await must('label', 'namespace', namespace, 'team=edge');
      await must('annotate', 'namespace', namespace, 'note=kept');
      ok(await api.PUT('/api/v1/tenants/{tenant}/node-selector', { params, body: {} }));
      await eventually('the node selector to be gone', async () =>
        (await carried()).annotations?.[NODE_SELECTOR] === undefined ? true : undefined,
      );
      expect(await carried()).toMatchObject({ labels: { team: 'edge' }, annotations: { note: 'kept' } });
    });

    it('a binding with labels of KubeNova that it does not ask for goes', async () => {
      await must('create', 'rolebinding', 'extra', '-n', SANDBOX, '--clusterrole=admin', '--user=mallory');
      const { metadata } = await find('rolebinding', 'kubenova-devs', '-n', SANDBOX);
      const patch = JSON.stringify({ metadata: { labels: metadata.labels } });
      await must('patch', 'rolebinding', 'extra', '-n', SANDBOX, '--type=merge', '-p', patch);
      await eventually('the binding to be gone', async () =>
        (await find('rolebinding', 'extra', '-n', SANDBOX)) === undefined ? true : undefined,
      );
      await told(sandbox, /RoleBinding \S+\/extra bore the labels of KubeNova.* was removed/);
    });

    it('a binding of somebody else stays, and is told', async () => {
      await must('create', 'rolebinding', 'debug', '-n', APP, '--clusterrole=view', '--user=mallory');
      const retry = await api.POST('/api/v1/queue/{key}:retry', { params: { path: { key: `app:${appId}` } } });
      expect(retry.response.status).toBe(202);
      const access = await eventually('the app to tell of it', async () =>
        (await app()).conditions.find(({ reason }) => reason === 'BoundByOthersToo'),
      );
      expect(access).toMatchObject({ type: 'AccessReady', status: 'True' });
      expect(access.message).toContain('RoleBinding debug gives ClusterRole view to User mallory');
      expect(await find('rolebinding', 'debug', '-n', APP)).toBeDefined();
      await must('delete', 'rolebinding', 'debug', '-n', APP);
    });

    it('not for ever at once: what is changed again each time is told as contested', async () => {
      const contested = await told(async () => {
        await kubectl('delete', 'rolebinding', 'kubenova-viewers', '-n', SANDBOX, '--ignore-not-found');
        return sandbox();
      }, /changed again each time/);
      expect(contested).toMatchObject({ status: 'False', reason: 'Contested' });
      expect(contested.message).toMatch(/was missing.*times in a row and changed again each time/);
      expect((await sandbox()).phase).toBe('Degraded');
      await eventually('the binding to be back', () => find('rolebinding', 'kubenova-viewers', '-n', SANDBOX));
      await told(sandbox, /in a row/);
      await eventually('the sandbox to be Ready', async () => (await sandbox()).phase === 'Ready' || undefined);
    }, 120_000);
  });
}

const nameOf = ({ metadata }: { metadata: { name: string } }): string => metadata.name;

function hard(quota: unknown): Record<string, string> {
  return (quota as { spec?: { hard?: Record<string, string> } } | undefined)?.spec?.hard ?? {};
}

function limits(range: unknown): { default?: Record<string, string> }[] {
  return (range as { spec?: { limits?: { default?: Record<string, string> }[] } } | undefined)?.spec?.limits ?? [];
}
