/** The list that the true Capsule passes, for the stand-in on a simulated API server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { startSimCluster } from '@kubenova/kube-sim/cluster.ts';
import { startCapsule } from '@kubenova/stand-ins/capsule/capsule.ts';
import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { createApply } from '@kubenova/testkit/apply.ts';
import { installDefinitions, readManifests } from '@kubenova/testkit/definitions.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { describe } from 'vitest';
import { administrators } from './stack/capsule.ts';
import { standInManifests } from './stack/component-programs.ts';
import { type CapsuleScene, describeCapsule } from './stand-ins-capsule.ts';

async function open(): Promise<CapsuleScene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubenova-capsule-sim-'));
  const pki = await openPki(folder, 'kubenova-sim capsule');
  const serving = await pki.server('kube-apiserver');
  const sim = await startSimCluster({
    name: 'capsule',
    tls: { ...serving, caPem: pki.caPem },
    clientCaPem: pki.caPem,
    machinery: kubernetesMachinery(),
  });
  const connectionOf = async (commonName: string, organizations: string[]): Promise<KubeConnection> => {
    const { cert, key } = await pki.issue(commonName.replaceAll(':', '-'), {
      commonName,
      organizations,
      uses: ['client'],
    });
    return { server: sim.server, ca: pki.caPem, credential: { kind: 'certificate', cert, key } };
  };
  const admin = createKubeClient(await connectionOf('admin', ['system:masters']));
  const apply = createApply(admin);
  const manifests = readManifests(standInManifests('capsule'));
  const isDefinition = ({ kind }: { kind: string }) => kind === 'CustomResourceDefinition';
  await installDefinitions({ client: admin, apply }, manifests.filter(isDefinition));
  for (const object of manifests.filter((one) => !isDefinition(one))) {
    const isConfiguration = object.kind === 'CapsuleConfiguration';
    await apply([isConfiguration ? { ...object, spec: { ...(object.spec as object), administrators } } : object]);
  }
  const webhook = await pki.server('capsule-webhook');
  const capsule = await startCapsule({
    connection: await connectionOf('system:serviceaccount:capsule-system:capsule', ['system:serviceaccounts']),
    host: '127.0.0.1',
    port: 0,
    certificate: webhook.cert,
    key: webhook.key,
    ca: pki.caPem,
  });
  return {
    admin,
    // It lives in this process.
    assertAlive: () => undefined,
    async stop() {
      await capsule.close();
      await admin.close();
      await sim.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('Capsule (stand-in, simulated)', () => describeCapsule(open));
