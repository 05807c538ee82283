/**
 * Is this the cluster that we think it is? Two records that lead to one Kubernetes cluster would fight over it: each would
 * revoke the other's token and remove what the other asked for. So before anything is done on a cluster its UID, that of
 * its namespace kube-system, is claimed for the record, and a second claim is refused.
 *
 * Source: kube-system's UID stands for the cluster (OpenTelemetry, semantic conventions, `k8s.cluster.uid`).
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { type ClusterRef, claimCluster } from '../store/status/clusters.ts';

/** The record leads to a cluster that another record has. */
export class AlreadyRegisteredError extends Error {
  constructor(holder: string) {
    super(
      `It leads to the cluster that is registered as ${holder} already, so nothing is done there. Delete this registration, or give it the kubeconfig of its own cluster.`,
    );
    this.name = 'AlreadyRegisteredError';
  }
}

/**
 * Claims the cluster behind a connection for its record.
 *
 * @throws AlreadyRegisteredError when another record has it; KubeError when it does not answer
 */
export async function identifyCluster(db: Kysely<Database>, cluster: ClusterRef, kube: KubeClient): Promise<void> {
  const { metadata } = await kube.get(Namespace, { name: 'kube-system' });
  const holder = await claimCluster(db, cluster, metadata.uid ?? '');
  if (holder !== undefined) throw new AlreadyRegisteredError(holder);
}
