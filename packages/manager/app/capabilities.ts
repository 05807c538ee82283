/** What a cluster can do, out of what its reconciler keeps; no request waits for a cluster. */
import { clusterCapabilities } from '@kubenova/domain/cluster-capabilities.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Capabilities } from '@kubenova/knapi/schemas.ts';
import { clusterFacts } from '../store/clusters.ts';
import { type Context, type Outcome, ok } from './context.ts';

export async function getClusterCapabilities(context: Context): Promise<Outcome<Capabilities>> {
  const { cluster } = context.target;
  const found = await clusterFacts(context.services.db, cluster.id);
  if (found === undefined) throw notFound('cluster');
  const items = clusterCapabilities({
    kubernetesVersion: cluster.kubernetes_version,
    conditions: cluster.status.conditions,
    facts: found.capabilities ?? undefined,
  });
  return ok({
    cluster: cluster.name,
    auth: cluster.auth,
    items,
    observedAt: found.capabilities_at?.toISOString() ?? null,
  });
}
