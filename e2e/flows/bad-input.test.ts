/**
 * What a person gets for a mistake that only the cluster, or the repository, can find out: a condition with the real
 * reason, nothing half-made, and a way back. Mistakes that the Manager sees by itself are in packages/manager/http.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { Condition, Source } from '@kubenova/knapi/schemas.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type DevProcess, freshDataFolder, removeDataFolder, startDev } from './dev-process.ts';

const project = { cluster: 'dev-1', tenant: 'acme', project: 'shop' };

interface KubeconfigFile {
  clusters: { cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
}

let dataDir: string;
let dev: DevProcess;
let api: KubeNovaClient;

beforeAll(async () => {
  dataDir = freshDataFolder();
  dev = await startDev(dataDir, 'real');
  api = createClient({ managerUrl: dev.file.managerUrl, token: dev.file.token });
  await api.POST('/api/v1/tenants', { body: { name: 'acme' } });
  await api.POST('/api/v1/tenants/{tenant}/projects', { params: { path: { tenant: 'acme' } }, body: { name: 'shop' } });
  await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
    params: { path: { cluster: 'dev-1', tenant: 'acme' }, query: { wait: '30s' } },
    body: {},
  });
}, 900_000);

afterAll(async () => {
  await dev?.interrupt();
  removeDataFolder(dataDir);
}, 60_000);

function kubeconfigWith(change: (file: KubeconfigFile) => void): string {
  const file = parse(readFileSync(dev.file.clusters[0]?.kubeconfig ?? '', 'utf8')) as KubeconfigFile;
  change(file);
  return Buffer.from(stringify(file)).toString('base64');
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function waitForFalse(cluster: string, type: string): Promise<Condition> {
  return waitFor({
    what: `${type} of ${cluster} to be False`,
    timeoutMs: 45_000,
    look: async () => {
      const { data } = await api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster } } });
      return data?.status.conditions.find((found) => found.type === type && found.status === 'False');
    },
  });
}

/** Registers a cluster and resolves with its condition once that is false. */
async function falseCondition(
  name: string,
  type: string,
  body: { kubeconfig: string; capsuleProxyUrl?: string; capsuleProxyCa?: string },
) {
  const created = await api.POST('/api/v1/clusters', {
    body: { name, zone: name, capsuleProxyUrl: dev.file.clusters[0]?.capsuleProxyUrl ?? '', ...body },
  });
  expect(created.response.status, JSON.stringify(created.error)).toBe(201);
  const condition = await waitForFalse(name, type);
  const forgotten = await api.DELETE('/api/v1/clusters/{cluster}', { params: { path: { cluster: name } } });
  expect(forgotten.response.status).toBe(204);
  return condition;
}

describe('a kubeconfig that is well-formed but wrong', () => {
  it('unreachable', async () => {
    const port = await closedPort();
    const kubeconfig = kubeconfigWith((file) => {
      if (file.clusters[0]) file.clusters[0].cluster.server = `https://127.0.0.1:${port}`;
    });
    const condition = await falseCondition('unreachable', 'Reachable', { kubeconfig });
    expect(condition.message).toMatch(/refused/i);
  });

  it('signed by a CA that it does not name', async () => {
    const { cert } = await createAuthority('somebody else');
    const kubeconfig = kubeconfigWith((file) => {
      if (file.clusters[0])
        file.clusters[0].cluster['certificate-authority-data'] = Buffer.from(cert).toString('base64');
    });
    const condition = await falseCondition('wrong-ca', 'Reachable', { kubeconfig });
    expect(condition.message).toMatch(/certificate/i);
  });

  it('of a user that the cluster does not know', async () => {
    const { cert, key } = await strangerCertificate();
    const kubeconfig = kubeconfigWith((file) => {
      if (file.users[0]) {
        file.users[0].user = {
          'client-certificate-data': Buffer.from(cert).toString('base64'),
          'client-key-data': Buffer.from(key).toString('base64'),
        };
      }
    });
    const condition = await falseCondition('stranger', 'Reachable', { kubeconfig });
    expect(condition.message).toMatch(/credential|Unauthorized|401/i);
  });

  it('of a cluster that is registered already: it is told, and the first one is left in peace', async () => {
    const kubeconfig = readFileSync(dev.file.clusters[0]?.kubeconfig ?? '').toString('base64');
    const condition = await falseCondition('twin', 'Reachable', { kubeconfig });
    expect(condition.message).toContain('dev-1');
    await readyAgain();
  });

  it('with a capsule-proxy whose certificate is signed by another CA', async () => {
    const { cert } = await createAuthority('somebody else');
    await patchCluster({ capsuleProxyCa: cert });
    const condition = await waitForFalse('dev-1', 'CapsuleProxyReady');
    expect(condition.message).toMatch(/certificate/i);
    await patchCluster({ capsuleProxyCa: readFileSync(dev.file.clusters[0]?.capsuleProxyCaFile ?? '', 'utf8') });
    await readyAgain();
  });
});

async function patchCluster(body: { capsuleProxyCa: string }): Promise<void> {
  const { response } = await api.PATCH('/api/v1/clusters/{cluster}', { params: { path: { cluster: 'dev-1' } }, body });
  expect(response.status).toBe(200);
}

/** The cluster of this world has been looked at since it was last changed, and all is well. */
async function readyAgain(): Promise<void> {
  await waitFor({
    what: 'dev-1 to be ready again',
    timeoutMs: 45_000,
    look: async () => {
      const { data } = await api.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster: 'dev-1' } } });
      return data?.status.phase === 'Ready' && data.status.observedGeneration === data.generation ? true : undefined;
    },
  });
}

async function strangerCertificate() {
  const authority = await createAuthority('somebody else');
  return await authority.issue({ commonName: 'stranger', uses: ['client'] });
}

describe('an App that cannot be delivered', () => {
  const chart = (
    values: Partial<{ repoUrl: string; chart: string; version: string; values: Record<string, unknown> }>,
  ): Source => ({
    kind: 'helmHttp',
    helmHttp: { repoUrl: dev.file.helmRepositoryUrl, chart: 'podinfo', version: '6.9.2', ...values },
  });

  /** Creates an App and resolves with the condition that says why it does not run; then deletes it and waits until it is gone. */
  async function failure(name: string, source: Source): Promise<Condition> {
    const created = await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
      params: { path: project },
      body: { name, source },
    });
    expect(created.response.status, JSON.stringify(created.error)).toBe(201);
    const path = { ...project, app: name };
    const condition = await waitFor({
      what: `${name} to say what is wrong`,
      timeoutMs: 45_000,
      look: async () => {
        const { data } = await api.GET(
          '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/status',
          {
            params: { path },
          },
        );
        return data?.conditions.find(
          ({ type, status }) => ['Resolved', 'Rendered', 'Applied'].includes(type) && status === 'False',
        );
      },
    });
    await api.DELETE('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', { params: { path } });
    await waitFor({
      what: `${name} to be gone`,
      timeoutMs: 45_000,
      look: async () => {
        const { response } = await api.GET(
          '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}',
          {
            params: { path },
          },
        );
        return response.status === 404 ? true : undefined;
      },
    });
    return condition;
  }

  it('unknown chart: names the charts that there are', async () => {
    const condition = await failure('no-chart', chart({ chart: 'podinfoo' }));
    expect(condition.message).toContain('podinfo');
  });

  it('unknown version: names versions that there are', async () => {
    const condition = await failure('no-version', chart({ version: '99.0.0' }));
    expect(condition.message).toContain('6.9.2');
  });

  it('unreachable repository', async () => {
    const port = await closedPort();
    const condition = await failure('no-repository', chart({ repoUrl: `http://127.0.0.1:${port}` }));
    expect(condition.message).toMatch(/refused|reach/i);
  });

  it('values that the chart cannot take: shows helm’s own words', async () => {
    const condition = await failure('bad-values', chart({ values: { service: 'not an object' } }));
    expect(condition.message).toMatch(/service|template/i);
  });

  it('objects that an App may not have: names the object', async () => {
    const manifest = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'evil' },
    };
    const { data, error, response } = await api.POST(
      '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps',
      {
        params: { path: project },
        body: { name: 'evil', source: { kind: 'kubeManifest', kubeManifest: { manifests: [manifest] } } },
      },
    );
    expect(data).toBeUndefined();
    expect(response.status).toBe(422);
    expect(JSON.stringify(error)).toContain('ClusterRoleBinding');
  });
});
