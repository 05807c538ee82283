/** The policy catalogue on the real API server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { describe } from 'vitest';
import { ensureBinaries } from './build.ts';
import { describePolicies, type PolicyScene } from './policies/policies.ts';
import { startRealCluster } from './stack/cluster.ts';

async function open(): Promise<PolicyScene> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kubenova-policies-'));
  const binaries = await ensureBinaries();
  const cluster = await startRealCluster({
    name: 'zone-a',
    dataDir,
    binaries,
    components: 'off',
    allowPrivileged: true,
  });
  const admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml));
  return {
    admin,
    async stop() {
      await admin.close();
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

describe('the policy catalogue', () => describePolicies(open, { ephemeralContainers: true, privileged: true }));
