/**
 * The main job, end to end, as a person does it: `./kubenova dev`, the REST API, and the real kubectl through
 * capsule-proxy. The steps build on each other and run in order, the same in every world.
 */
import { readFileSync } from 'node:fs';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { App, AppStatus } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevFile } from '../../packages/cli/dev/data-folder.ts';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';

/** What differs from world to world. */
export interface MainJobWorld {
  readonly world: DevFile['world'];
  readonly kubernetesVersion: string | RegExp;
  /** A chart of the world's own repository that makes one Deployment and one Service. */
  readonly chart: { readonly name: string; readonly version: string; readonly values: Record<string, unknown> };
}

/** Registers the flow's tests. */
export function mainJob({ world, kubernetesVersion, chart }: MainJobWorld): void {
  const cluster = 'dev-1';
  const project = { cluster, tenant: 'acme', project: 'shop' };
  const frontendNamespace = 'tn-acme-shop-app-frontend';
  const chartNamespace = 'tn-acme-shop-app-charted';
  const sandboxNamespace = 'tn-acme-shop-sbx-001';

  let dataDir: string;
  let dev: DevProcess;
  let api: KubeNovaClient;
  let admin: Kubectl;

  /** The answer's data, or a failure that shows the problem. */
  function ok<T>(answer: { data?: T; error?: unknown; response: Response }): T {
    if (answer.data === undefined) {
      throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
    }
    return answer.data;
  }

  async function getJson(...args: string[]) {
    const result = await admin('get', ...args, '-o', 'json');
    if (result.code !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout);
  }

  function appStatus(app: string): Promise<AppStatus> {
    return api
      .GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/status', {
        params: { path: { ...project, app } },
      })
      .then(ok);
  }

  function running(app: string, revision: number): Promise<AppStatus> {
    let last: AppStatus | undefined;
    return waitFor({
      what: `${app} to run revision ${revision}`,
      timeoutMs: 90_000,
      everyMs: 100,
      look: async () => {
        last = await appStatus(app);
        return last.phase === 'Running' && last.revision === revision ? last : undefined;
      },
    }).catch((error: Error) => {
      throw new Error(`${error.message} Its status: ${JSON.stringify(last, null, 1)}`);
    });
  }

  beforeAll(async () => {
    dataDir = freshDataFolder();
    dev = await startDev(dataDir, world, ['--no-register', '--clusters', '1']);
    // Whoever reads the log of a run must see what it was run against.
    console.log(dev.output().match(/^.*capsule-proxy (true|stand-in).*$/m)?.[0]);
    api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
    const kubeconfig = readFileSync(dev.file.clusters[0]?.kubeconfig ?? '', 'utf8');
    admin = kubectlWith(dev.file.kubectl, dataDir, 'flow-admin', kubeconfig);
  }, 900_000);

  afterAll(async () => {
    await dev?.interrupt();
    removeDataFolder(dataDir);
  }, 60_000);

  describe('the main job', () => {
    it('1. registers a cluster and sees its conditions turn true', async () => {
      const entry = dev.file.clusters[0];
      if (entry === undefined) throw new Error('dev.json names no cluster');
      const created = await api.POST('/api/v1/clusters', {
        body: {
          name: cluster,
          zone: 'zone-1',
          connection: 'direct',
          kubeconfig: readFileSync(entry.kubeconfig).toString('base64'),
          capsuleProxyUrl: entry.capsuleProxyUrl,
          capsuleProxyCa: readFileSync(entry.capsuleProxyCaFile, 'utf8'),
        },
      });
      expect(created.response.status).toBe(201);
      const settled = await waitFor({
        what: 'all conditions to be true',
        timeoutMs: 60_000,
        look: async () => {
          const found = ok(await api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster } } }));
          return found.status.phase === 'Ready' ? found : undefined;
        },
      });
      const conditions = Object.fromEntries(settled.status.conditions.map(({ type, status }) => [type, status]));
      expect(conditions).toMatchObject({
        Reachable: 'True',
        CapsuleReady: 'True',
        CapsuleProxyReady: 'True',
        VelaReady: 'True',
        AgentReady: 'True',
        IssuerTrusted: 'True',
      });
      expect(settled.kubernetesVersion).toMatch(kubernetesVersion);
      expect(JSON.stringify(settled)).not.toContain('client-key-data');
    });

    it('2. creates a tenant and a project, and places the tenant: the Capsule Tenant exists', async () => {
      ok(await api.POST('/api/v1/tenants', { body: { name: 'acme' } }));
      ok(await api.POST('/api/v1/tenants', { body: { name: 'other' } }));
      ok(
        await api.POST('/api/v1/tenants/{tenant}/projects', {
          params: { path: { tenant: 'acme' } },
          body: { name: 'shop' },
        }),
      );
      for (const tenant of ['acme', 'other']) {
        const placed = await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
          params: { path: { cluster, tenant }, query: { wait: '30s' } },
          body: {},
        });
        expect(ok(placed).status.phase).toBe('Ready');
        expect(placed.response.status).toBe(201);
      }
      const tenant = await getJson('tenants.capsule.clastix.io', 'acme');
      expect(tenant.spec.owners ?? []).toEqual([]);
      expect(tenant.spec.preventDeletion).toBe(true);
      expect(tenant.metadata.labels['app.kubernetes.io/managed-by']).toBe('kubenova');
    });

    it('3a. creates an app from a container image and sees it Running', async () => {
      const created = await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
        params: { path: project },
        body: {
          name: 'frontend',
          source: {
            kind: 'containerImage',
            containerImage: {
              image: 'docker.io/library/nginx',
              tag: '1.27.1',
              ports: [80],
              replicas: 2,
              env: [{ name: 'GREETING', value: 'hello' }],
              resources: { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '64Mi' } },
            },
          },
        },
      });
      expect(created.response.status).toBe(201);
      expect(ok(created)).toMatchObject({ namespace: frontendNamespace, revision: 1 });
      const status = await running('frontend', 1);
      expect(status.healthy).toBe(true);
      expect(status.components[0]?.workloads[0]).toMatchObject({
        kind: 'Deployment',
        ready: true,
        replicas: 2,
        readyReplicas: 2,
      });
      expect(status.components[0]?.pods).toHaveLength(2);
      expect(status.components[0]?.services[0]?.ports[0]?.port).toBe(80);
      const pods = await getJson('pods', '-n', frontendNamespace);
      expect(pods.items.map((pod: { status: { phase: string } }) => pod.status.phase)).toEqual(['Running', 'Running']);
    });

    it(`3b. creates an app from the chart ${chart.name} of a repository and sees it Running`, async () => {
      ok(
        await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
          params: { path: project },
          body: {
            name: 'charted',
            source: {
              kind: 'helmHttp',
              helmHttp: {
                repoUrl: dev.file.helmRepositoryUrl,
                chart: chart.name,
                version: chart.version,
                values: chart.values,
              },
            },
          },
        }),
      );
      const status = await running('charted', 1);
      expect(status.resolved?.version).toBe(chart.version);
      expect(status.resolved?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      const deployments = await getJson('deployments', '-n', chartNamespace);
      expect(deployments.items).toHaveLength(1);
      expect(deployments.items[0].status.readyReplicas).toBe(2);
      expect((await getJson('services', '-n', chartNamespace)).items).toHaveLength(1);
    });

    it('3c. labels each namespace, and KubeVela acts as the deployer of that namespace only', async () => {
      for (const [namespace, name] of [
        [frontendNamespace, 'frontend'],
        [chartNamespace, 'charted'],
      ] as const) {
        const app: App = ok(
          await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
            params: { path: { ...project, app: name } },
          }),
        );
        const object = await getJson('namespace', namespace);
        expect(object.metadata.labels).toMatchObject({
          'app.kubernetes.io/managed-by': 'kubenova',
          'kubenova.io/app-id': app.id,
          'capsule.clastix.io/tenant': 'acme',
        });
        expect(object.metadata.ownerReferences[0]).toMatchObject({ kind: 'Tenant', name: 'acme' });
        const application = await getJson('applications.core.oam.dev', name, '-n', namespace);
        expect(application.metadata.annotations['app.oam.dev/service-account-name']).toBe('kubenova-deployer');
        expect(application.metadata.labels['kubenova.io/app-id']).toBe(app.id);
        expect(application.status.status).toBe('running');
      }
    });

    it('4. creates a sandbox', async () => {
      const created = ok(
        await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox', {
          params: { path: project, query: { wait: '30s' } },
          body: { displayName: 'playground' },
        }),
      );
      expect(created).toMatchObject({ name: 'sbx-001', namespace: sandboxNamespace });
      expect(created.status.phase).toBe('Ready');
      const object = await getJson('namespace', sandboxNamespace);
      expect(object.metadata.labels['kubenova.io/sandbox']).toBe('true');
    });

    describe('5. with a kubeconfig of a member, through capsule-proxy', () => {
      let member: Kubectl;
      let stranger: Kubectl;

      beforeAll(async () => {
        const kubeconfigOf = async (tenant: string) => {
          const issued = ok(
            await api.POST('/api/v1/tenants/{tenant}/kubeconfig', { params: { path: { tenant } }, body: {} }),
          );
          expect(issued.kubeconfig).toContain(dev.file.clusters[0]?.capsuleProxyUrl ?? 'nothing');
          return kubectlWith(dev.file.kubectl, dataDir, `flow-${tenant}`, issued.kubeconfig);
        };
        member = await kubeconfigOf('acme');
        stranger = await kubeconfigOf('other');
      });

      it('lists its own namespaces only', async () => {
        const own = await member('get', 'namespaces', '-o', 'name');
        expect(own.stdout.trim().split('\n').sort()).toEqual(
          [frontendNamespace, chartNamespace, sandboxNamespace].map((name) => `namespace/${name}`).sort(),
        );
        const foreign = await stranger('get', 'namespaces', '-o', 'name');
        expect(foreign.stdout).toBe('');
        const read = await stranger('get', 'pods', '-n', frontendNamespace);
        expect(read.stderr).toContain('Forbidden');
      });

      it('reads, logs and execs in the app namespace', async () => {
        const deployments = await member('get', 'deployments', '-n', frontendNamespace, '-o', 'name');
        expect(deployments.stdout).toContain('deployment.apps/frontend');
        const pod = (await member('get', 'pods', '-n', frontendNamespace, '-o', 'name')).stdout.split('\n')[0] ?? '';
        expect((await member('logs', '-n', frontendNamespace, pod)).code).toBe(0);
        const exec = await member('exec', '-n', frontendNamespace, pod, '--', 'echo', 'from inside');
        expect(exec.code, exec.stderr).toBe(0);
        expect(exec.stdout.length).toBeGreaterThan(0);
      });

      const refused: [string, string[]][] = [
        ['create', ['create', 'configmap', 'mine', '--from-literal=a=b']],
        ['update', ['label', 'deployment', 'frontend', 'mine=1', '--overwrite']],
        ['patch', ['patch', 'deployment', 'frontend', '-p', '{"spec":{"replicas":9}}']],
        ['scale', ['scale', 'deployment', 'frontend', '--replicas=9']],
        ['delete', ['delete', 'deployment', 'frontend', '--wait=false']],
        ['read secrets', ['get', 'secrets']],
      ];
      it.each(refused)('is refused to %s in the app namespace', async (_verb, args) => {
        const result = await member(...args, '-n', frontendNamespace);
        expect(result.code).not.toBe(0);
        expect(result.stderr).toMatch(/forbidden/i);
      });

      it('cannot create a namespace', async () => {
        const result = await member('create', 'namespace', 'tn-acme-mine');
        expect(result.code).not.toBe(0);
      });

      it('creates and deletes a Deployment, a ConfigMap and a Secret in the sandbox', async () => {
        const creations = [
          ['create', 'deployment', 'web', '--image=nginx:1.27.1'],
          ['create', 'configmap', 'settings', '--from-literal=a=b'],
          ['create', 'secret', 'generic', 'password', '--from-literal=a=b'],
        ];
        for (const args of creations) {
          const result = await member(...args, '-n', sandboxNamespace);
          expect(result.code, result.stderr).toBe(0);
        }
        for (const name of ['deployment/web', 'configmap/settings', 'secret/password']) {
          const result = await member('delete', name, '-n', sandboxNamespace);
          expect(result.code, result.stderr).toBe(0);
        }
      });
    });

    it('6a. changes the image and sees revision 2', async () => {
      const changed = ok(
        await api.PATCH('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
          params: { path: { ...project, app: 'frontend' } },
          body: { source: { kind: 'containerImage', containerImage: { tag: '1.27.2' } } },
        }),
      );
      expect(changed.revision).toBe(2);
      await running('frontend', 2);
      const deployment = await getJson('deployment', 'frontend', '-n', frontendNamespace);
      expect(deployment.spec.template.spec.containers[0].image).toBe('docker.io/library/nginx:1.27.2');
      const application = await getJson('applications.core.oam.dev', 'frontend', '-n', frontendNamespace);
      expect(application.status.latestRevision.revision).toBe(2);
    });

    it('6b. rolls back and sees revision 3 equal to 1', async () => {
      const path = { ...project, app: 'frontend' };
      const rolledBack = ok(
        await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}:rollback', {
          params: { path },
          body: { revision: 1 },
        }),
      );
      expect(rolledBack.revision).toBe(3);
      await running('frontend', 3);
      const revision = async (number: number) =>
        ok(
          await api.GET(
            '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/revisions/{revision}',
            {
              params: { path: { ...path, revision: number } },
            },
          ),
        );
      const [first, third] = [await revision(1), await revision(3)];
      expect(third.source).toEqual(first.source);
      expect(third).toMatchObject({ cause: 'rollback', rollbackOf: 1 });
      const deployment = await getJson('deployment', 'frontend', '-n', frontendNamespace);
      expect(deployment.spec.template.spec.containers[0].image).toBe('docker.io/library/nginx:1.27.1');
    });

    it('6c. deletes the app: Application, bindings and namespace are gone', async () => {
      const path = { ...project, app: 'frontend' };
      const deleted = await api.DELETE('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
        params: { path },
      });
      expect(deleted.response.status).toBe(202);
      await waitFor({
        what: 'the record to be gone',
        timeoutMs: 60_000,
        look: async () => {
          const answer = await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
            params: { path },
          });
          return answer.response.status === 404 ? true : undefined;
        },
      });
      expect((await admin('get', 'namespace', frontendNamespace)).stderr).toContain('NotFound');
      const trackers = await admin('get', 'resourcetrackers.core.oam.dev', '-o', 'name');
      expect(trackers.stdout).not.toContain('frontend');
      const configMaps = await getJson('configmaps', '-n', 'kubenova-system');
      const apps = configMaps.items.filter((item: { metadata: { name: string } }) =>
        item.metadata.name.startsWith('app-'),
      );
      expect(apps).toHaveLength(1);
      expect((await appStatus('charted')).phase).toBe('Running');
    });
  });
}
