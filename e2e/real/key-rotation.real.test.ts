/** The real API server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { ensureBinaries } from './build.ts';
import { keyRotation, type TrustingCluster } from './key-rotation.ts';
import { startRealCluster } from './stack/cluster.ts';

async function start(oidc: { issuerUrl: string; caPem: string; audience: string }): Promise<TrustingCluster> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kubenova-rotation-'));
  const binaries = await ensureBinaries();
  const cluster = await startRealCluster({ name: 'rotation', dataDir, binaries, oidc, components: 'off', nodes: 1 });
  return {
    adminKubeconfig: cluster.adminKubeconfigYaml,
    async stop() {
      await cluster.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

describe('the issuer and the real API server', () => keyRotation(start));
