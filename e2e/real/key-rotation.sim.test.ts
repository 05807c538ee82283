/** The simulated API server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSimCluster } from '@kubenova/kube-sim/cluster.ts';
import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { describe } from 'vitest';
import { keyRotation, type TrustingCluster } from './key-rotation.ts';

async function start(oidc: { issuerUrl: string; caPem: string; audience: string }): Promise<TrustingCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-rotation-sim-'));
  const pki = await openPki(folder, 'kubenova-sim rotation');
  const serving = await pki.server('kube-apiserver');
  const sim = await startSimCluster({
    name: 'rotation',
    tls: { cert: serving.cert, key: serving.key, caPem: pki.caPem },
    clientCaPem: pki.caPem,
    oidc: [oidc],
    machinery: kubernetesMachinery(),
  });
  const admin = { commonName: 'kubenova-admin', organizations: ['system:masters'], uses: ['client'] as const };
  const { cert, key } = await pki.issue('admin', admin);
  const credential = { kind: 'certificate' as const, cert, key };
  return {
    adminKubeconfig: kubeconfig('rotation', { server: sim.server, ca: pki.caPem, credential }),
    async stop() {
      await sim.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe('the issuer and the simulated API server', () => keyRotation(start));
