/**
 * `kubectl get namespaces` of a tenant's people through capsule-proxy, against the same list of the same caller straight
 * from the API server: as requests over an open connection, and as what a person waits for kubectl.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { ClusterRole, ClusterRoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { Pool } from 'undici';
import { type Benchmark, dataOf, percentile } from './benchmark.ts';

const NAMESPACES = 20;
const REQUESTS = 500;
const KUBECTL_RUNS = 15;
const tenant = 'bench-proxy';
const project = 'list';

export const proxyGetNamespaces: Benchmark = {
  name: 'proxy-get-ns',
  title: `list of ${NAMESPACES} namespaces through capsule-proxy`,
  async run({ api, cluster, world, say }) {
    const [running] = world.clusters;
    const [entry] = world.file.clusters;
    if (running === undefined || entry === undefined) throw new Error('the world has no cluster');
    dataOf(await api.POST('/api/v1/tenants', { body: { name: tenant } }));
    const ofTenant = { params: { path: { tenant } } };
    const rules = { maxPerProject: NAMESPACES };
    dataOf(
      await api.POST('/api/v1/tenants/{tenant}/projects', { ...ofTenant, body: { name: project, sandboxes: rules } }),
    );
    const params = { path: { cluster, tenant, project }, query: { wait: '60s' } };
    dataOf(await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params, body: {} }));
    for (let number = 1; number <= NAMESPACES; number += 1) {
      say(`namespace ${number} of ${NAMESPACES}`);
      const url = '/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox';
      dataOf(await api.POST(url, { params, body: {} }));
    }
    const body = { cluster };
    const { token } = dataOf(await api.POST('/api/v1/tenants/{tenant}/kubernetes-token', { ...ofTenant, body }));
    const proxied = { server: entry.capsuleProxyUrl, ca: running.capsuleProxy.caPem };
    const direct = { server: running.server, ca: running.caPem };
    await allowDirectLists(running.adminKubeconfig);
    const selector = `capsule.clastix.io/tenant=${tenant}`;

    const through = new Pool(proxied.server, { connections: 1, connect: { ca: proxied.ca } });
    const straight = new Pool(direct.server, { connections: 1, connect: { ca: direct.ca } });
    const list = async (pool: Pool, query: string) => {
      const began = performance.now();
      const { statusCode, body: answer } = await pool.request({
        method: 'GET',
        path: `/api/v1/namespaces${query}`,
        headers: { authorization: `Bearer ${token}` },
      });
      const { items } = (await answer.json()) as { items?: unknown[] };
      if (items?.length !== NAMESPACES)
        throw new Error(`${statusCode}: ${items?.length} namespaces, not ${NAMESPACES}`);
      return performance.now() - began;
    };
    const samples = { through: [] as number[], straight: [] as number[] };
    for (let turn = -20; turn < REQUESTS; turn += 1) {
      const one = await list(through, '');
      const other = await list(straight, `?labelSelector=${encodeURIComponent(selector)}`);
      if (turn >= 0) samples.through.push(one);
      if (turn >= 0) samples.straight.push(other);
    }
    await Promise.all([through.close(), straight.close()]);

    const home = mkdtempSync(path.join(tmpdir(), 'kubenova-bench-'));
    const waits = { through: [] as number[], straight: [] as number[] };
    try {
      const kubectl = async (name: keyof typeof waits, connection: { server: string; ca: string }, args: string[]) => {
        const file = path.join(home, name);
        writeFileSync(file, kubeconfig(name, { ...connection, credential: { kind: 'token', token } }));
        const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: file };
        const began = performance.now();
        await promisify(execFile)(world.file.kubectl, ['get', 'namespaces', ...args], { env });
        return performance.now() - began;
      };
      for (let turn = -1; turn < KUBECTL_RUNS; turn += 1) {
        const one = await kubectl('through', proxied, []);
        const other = await kubectl('straight', direct, ['-l', selector]);
        // The first run fills kubectl's cache of what the server serves.
        if (turn >= 0) waits.through.push(one);
        if (turn >= 0) waits.straight.push(other);
        say(`kubectl, run ${turn + 1} of ${KUBECTL_RUNS}`);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
    const at = (share: number, of: { through: number[]; straight: number[] }) => ({
      through: percentile(of.through, share),
      straight: percentile(of.straight, share),
    });
    const [half, most, wait] = [at(0.5, samples), at(0.99, samples), at(0.5, waits)];
    const which = running.components.capsuleProxy;
    return [
      { name: `capsule-proxy (${which}), p50`, value: half.through, unit: 'ms' },
      { name: `capsule-proxy (${which}), p99`, value: most.through, unit: 'ms' },
      { name: 'direct, p50', value: half.straight, unit: 'ms' },
      { name: 'direct, p99', value: most.straight, unit: 'ms' },
      { name: 'request: through it / direct, p50', value: half.through / half.straight, unit: '×', mark: '≤ 3 ×' },
      { name: 'kubectl through it, p50', value: wait.through, unit: 'ms' },
      { name: 'kubectl direct, p50', value: wait.straight, unit: 'ms' },
      { name: 'kubectl: through it / direct, p50', value: wait.through / wait.straight, unit: '×', mark: '≤ 3 ×' },
    ];
  },
};

/** The API server lets nobody of a tenant list namespaces; for the comparison these may. */
async function allowDirectLists(adminKubeconfig: string): Promise<void> {
  const admin = createKubeClient(await loadKubeconfigFile(adminKubeconfig));
  const rbac = 'rbac.authorization.k8s.io';
  const name = 'bench-namespaces';
  const asBench = { fieldManager: 'bench', force: true };
  try {
    await admin.apply(
      ClusterRole,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['list'] }],
      },
      asBench,
    );
    await admin.apply(
      ClusterRoleBinding,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
        subjects: [{ kind: 'Group', apiGroup: rbac, name: `${tenant}-devs` }],
      },
      asBench,
    );
  } finally {
    await admin.close();
  }
}
