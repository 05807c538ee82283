/** The simulator with the stand-ins beside it, one cluster in this process for the whole run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CapsuleConfiguration } from '@kubenova/kube/kinds/capsule.ts';
import { startFullSimCluster } from '@kubenova/testkit/sim-cluster.ts';
import { findTools } from '../../../packages/cli/dev/tools.ts';
import { createProgress } from '../../../packages/cli/output/progress.ts';
import { administrators } from '../../real/stack/capsule.ts';
import { offers, type World } from '../case.ts';
import type { Issuer } from '../issuer.ts';

export async function openSimWorld(issuer: Issuer): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-conformance-'));
  const cluster = await startFullSimCluster({
    name: 'conformance',
    folder,
    nodes: 2,
    oidc: [{ issuerUrl: issuer.url, caPem: issuer.caPem, audience: issuer.audience }],
  });
  // As the real world has it, where tests need somebody with all rights who may put namespaces into tenants.
  const patch = { spec: { administrators } };
  await cluster.admin.patch(CapsuleConfiguration, { name: 'default' }, patch, { type: 'merge' });
  return {
    name: 'sim',
    about: 'kube-sim, with stand-ins for Capsule, capsule-proxy and KubeVela',
    offers: new Set(offers),
    connection: await cluster.connectionOf('kubenova-admin', ['system:masters']),
    // No Go is needed for it.
    kubectl: (await findTools(createProgress())).kubectl,
    connectionOf: cluster.connectionOf,
    async close() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
