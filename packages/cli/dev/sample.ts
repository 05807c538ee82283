/**
 * What `dev --sample` puts into a world: two tenants with projects, apps of each source kind that is delivered, and a
 * sandbox. A second start finds it there and adds nothing.
 */
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { AppCreate } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { CommandFailure } from '../output/failure.ts';
import type { DevFile } from './data-folder.ts';

interface SampleApp {
  tenant: string;
  project: string;
  /** Position of its cluster; the last one there is when there are fewer. */
  cluster: number;
  app: AppCreate;
}

const tenants: readonly { name: string; displayName: string; projects: readonly string[] }[] = [
  { name: 'acme', displayName: 'Acme Corporation', projects: ['shop', 'blog'] },
  { name: 'globex', displayName: 'Globex', projects: ['lab'] },
];

const nginx = (tag: string, more: object = {}) => ({
  kind: 'containerImage' as const,
  containerImage: { image: 'docker.io/library/nginx', tag, ports: [80], ...more },
});

function sampleApps(charts: string): readonly SampleApp[] {
  return [
    {
      tenant: 'acme',
      project: 'shop',
      cluster: 0,
      app: { name: 'frontend', description: 'The shop window', source: nginx('1.27.1', { replicas: 2 }) },
    },
    {
      tenant: 'acme',
      project: 'shop',
      cluster: 0,
      app: {
        name: 'hello',
        description: 'A chart of this world’s own repository',
        source: { kind: 'helmHttp', helmHttp: { repoUrl: charts, chart: 'hello', version: '1.1.0' } },
      },
    },
    {
      tenant: 'acme',
      project: 'blog',
      cluster: 1,
      app: { name: 'website', description: 'The blog, in another zone', source: nginx('1.27.2') },
    },
    {
      tenant: 'globex',
      project: 'lab',
      cluster: 1,
      app: {
        name: 'settings',
        description: 'Plain manifests',
        source: {
          kind: 'kubeManifest',
          kubeManifest: {
            manifests: [
              { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { greeting: 'hello' } },
            ],
          },
        },
      },
    },
  ];
}

/**
 * Makes what is missing of the sample and waits until every app runs.
 *
 * @param say told what is going on
 * @throws CommandFailure with the Manager's problem, or with the apps that did not run in time
 */
export async function loadSample(file: DevFile, say: (detail: string) => void): Promise<void> {
  const api = createClient({ managerUrl: file.managerUrl, token: file.token });
  for (const { projects, ...tenant } of tenants) {
    await make(api.POST('/api/v1/tenants', { body: tenant }));
    for (const name of projects) {
      await make(
        api.POST('/api/v1/tenants/{tenant}/projects', { params: { path: { tenant: tenant.name } }, body: { name } }),
      );
    }
    await Promise.all(
      file.clusters.map(({ name: cluster }) =>
        make(
          api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
            params: { path: { cluster, tenant: tenant.name }, query: { wait: '30s' } },
            body: {},
          }),
        ),
      ),
    );
  }
  const apps = sampleApps(file.helmRepositoryUrl).map(({ cluster, ...rest }) => ({
    ...rest,
    cluster: file.clusters[Math.min(cluster, file.clusters.length - 1)]?.name ?? '',
  }));
  for (const { cluster, tenant, project, app } of apps) {
    await make(
      api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
        params: { path: { cluster, tenant, project } },
        body: app,
      }),
    );
  }
  await firstSandbox(api, file.clusters[0]?.name ?? '');
  await allRunning(api, say);
}

async function firstSandbox(api: KubeNovaClient, cluster: string): Promise<void> {
  const path = { cluster, tenant: 'acme', project: 'shop' };
  const route = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox';
  const { data } = await api.GET(route, { params: { path } });
  if (data?.items.length === 0) {
    await make(api.POST(route, { params: { path }, body: { displayName: 'playground' } }));
  }
}

async function allRunning(api: KubeNovaClient, say: (detail: string) => void): Promise<void> {
  let waiting: string[] = [];
  await waitFor({
    what: 'the sample apps to run',
    timeoutMs: 120_000,
    everyMs: 200,
    look: async () => {
      const { data } = await api.GET('/api/v1/apps', { params: { query: { limit: 200 } } });
      waiting = (data?.items ?? []).filter(({ status }) => status.phase !== 'Running').map(({ name }) => name);
      if (waiting.length > 0) say(`waiting for ${waiting.join(', ')}`);
      return data !== undefined && waiting.length === 0 ? true : undefined;
    },
  }).catch((error: Error) => {
    throw new CommandFailure(`${error.message} Not yet: ${waiting.join(', ')}`);
  });
}

/** What is there already is left as it is. */
async function make(answer: Promise<{ error?: { detail?: string }; response: Response }>): Promise<void> {
  const { error, response } = await answer;
  if (error !== undefined && response.status !== 409) throw new CommandFailure(`the sample: ${error.detail}`);
}
