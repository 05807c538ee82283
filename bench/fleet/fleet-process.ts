/**
 * Many whole simulated clusters in a process of their own, each with Capsule's stand-in and what else the Manager looks
 * for. It tells its parent where they are, and then, of every Capsule Tenant that gets another quota, when that was.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRecord } from '@kubenova/domain/manifest.ts';
import { AGENT_LEASE, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Lease } from '@kubenova/kube/kinds/coordination.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { qualified } from '@kubenova/kube-model/api-error.ts';
import { type FullSimCluster, startFullSimCluster } from '@kubenova/testkit/sim-cluster.ts';

/** A cluster as a registration needs it. */
export interface FleetCluster {
  readonly name: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly capsuleProxyUrl: string;
  readonly capsuleProxyCaFile: string;
}

export type FleetMessage =
  | { readonly started: number }
  | { readonly ready: readonly FleetCluster[] }
  | { readonly arrival: { readonly cluster: string; readonly pods: string; readonly at: number } };

/** Often enough for an Agent that counts as alive. */
const RENEW_MS = 15_000;
/** How many start side by side. */
const AT_ONCE = 4;

const [folder = '.', count = '1'] = process.argv.slice(2);
const tell = (message: FleetMessage) => process.send?.(message);
process.on('disconnect', () => process.exit(0));

const clusters: FullSimCluster[] = [];
const numbers = Array.from({ length: Number(count) }, (_, index) => index + 1).values();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const number of numbers) {
      const name = `zone-${number}`;
      const cluster = await startFullSimCluster({
        name,
        folder: path.join(folder, name),
        machinery: { eventsPerNamespace: 0 },
      });
      await playAgent(cluster);
      reportQuotas(cluster);
      clusters.push(cluster);
      tell({ started: clusters.length });
    }
  }),
);
tell({
  ready: clusters.map(({ name, adminKubeconfig, capsuleProxy }) => {
    const capsuleProxyCaFile = path.join(folder, name, 'capsule-proxy-ca.pem');
    writeFileSync(capsuleProxyCaFile, capsuleProxy.caPem);
    return { name, kubeconfig: adminKubeconfig, capsuleProxyUrl: capsuleProxy.url, capsuleProxyCaFile };
  }),
});

/** A hundred Agents would be a hundred processes; of all that one does, the Manager waits for its Lease here. */
async function playAgent({ name, admin }: FullSimCluster): Promise<void> {
  const identity = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
  const asAgent = { fieldManager: 'bench', force: true };
  await admin.apply(Namespace, identity, asAgent);
  const renew = () =>
    admin.apply(
      Lease,
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: AGENT_LEASE, namespace: SYSTEM_NAMESPACE },
        spec: { holderIdentity: `agent-${name}`, renewTime: `${new Date().toISOString().slice(0, -1)}000Z` },
      },
      asAgent,
    );
  await renew();
  setInterval(() => renew().catch((error: unknown) => console.error(error)), RENEW_MS);
}

/** Told from within the store, at the moment at which the write is in it. */
function reportQuotas({ name, sim }: FullSimCluster): void {
  sim.store.onChange(qualified(Tenant), ({ entry }) => {
    const pods = podsOf(entry.object);
    if (pods !== undefined) tell({ arrival: { cluster: name, pods, at: performance.timeOrigin + performance.now() } });
  });
}

function podsOf(tenant: object): string | undefined {
  const { spec } = tenant as { spec?: { resourceQuotas?: { items?: { hard?: unknown }[] } } };
  const hard = spec?.resourceQuotas?.items?.[0]?.hard;
  return isRecord(hard) && hard.pods !== undefined ? String(hard.pods) : undefined;
}
