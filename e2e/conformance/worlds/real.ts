/** The true control plane of `e2e/real`, one cluster for the whole run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { ensureBinaries } from '../../real/build.ts';
import { startRealCluster } from '../../real/stack/cluster.ts';
import type { World } from '../case.ts';
import type { Issuer } from '../issuer.ts';
import { offered } from './connect.ts';

export async function openRealWorld(issuer: Issuer): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-conformance-'));
  const binaries = await ensureBinaries();
  const cluster = await startRealCluster({
    name: 'conformance',
    dataDir: path.join(folder, 'cluster'),
    binaries,
    oidc: { issuerUrl: issuer.url, caPem: issuer.caPem, audience: issuer.audience },
  });
  const { capsuleProxy, kubevela } = cluster.components;
  return {
    name: 'real',
    about: `kube-apiserver and Capsule true, capsule-proxy ${capsuleProxy}, KubeVela ${kubevela}`,
    offers: offered({
      nodes: true,
      shell: true,
      capsule: true,
      kubevela: true,
      'capsule-proxy': true,
      credentials: true,
      issuer: true,
      loopback: true,
    }),
    connection: parseKubeconfig(cluster.adminKubeconfigYaml),
    kubectl: cluster.kubectl,
    connectionOf: async (user, groups, through) => parseKubeconfig(await cluster.kubeconfigFor(user, groups, through)),
    async close() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
