/** The same list for the true Capsule and for the stand-in, on a real API server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { describe } from 'vitest';
import { ensureBinaries } from './build.ts';
import { startRealCluster } from './stack/cluster.ts';
import { type CapsuleScene, describeCapsule } from './stand-ins-capsule.ts';

async function open(capsule: 'true' | 'stand-in'): Promise<CapsuleScene> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kubenova-capsule-'));
  const binaries = await ensureBinaries();
  const cluster = await startRealCluster({ name: 'zone-a', dataDir, binaries, capsule, components: 'off' });
  const admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml));
  return {
    admin,
    assertAlive: () => cluster.assertAlive(),
    async stop() {
      await admin.close();
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

describe.each(['true', 'stand-in'] as const)('Capsule (%s)', (kind) => describeCapsule(() => open(kind)));
