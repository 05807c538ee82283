/** One run for a record whose status is an `ObjectStatus`: visit its cluster, then write its status once. */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import type { ObjectStatus } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { ClusterRef } from '../store/status/clusters.ts';
import { type Findings, failWithReason, no, type ReconcileContext, unreachableRecheckMs } from './context.ts';
import { deriveStatus, keptStatus, sameStatus } from './object-status.ts';
import type { RunResult } from './worker.ts';

/** What placements and sandboxes have in common. */
export interface StatusRecord {
  generation: number;
  deletingAt: Date | null;
  status: ObjectStatus;
  cluster: ClusterRef;
}

export interface RecordWork {
  bringAbout(kube: KubeClient): Promise<Findings>;
  takeAway(kube: KubeClient): Promise<Findings | 'gone'>;
  save(status: ObjectStatus): Promise<void>;
  /** What is known of the record without its cluster, and so holds also while that does not answer. */
  standing?: readonly ConditionInput[];
  /** The cluster has confirmed that nothing of the record is left. */
  remove(): Promise<void>;
  /** After the status of a look at the cluster was written. */
  onLooked?(status: ObjectStatus): Promise<void>;
}

/** @throws what failed on the cluster, after its reason was put down */
export async function reconcileRecord(
  context: ReconcileContext,
  record: StatusRecord,
  work: RecordWork,
): Promise<RunResult> {
  const deleting = record.deletingAt !== null;
  const { standing = [] } = work;
  const about = { generation: record.generation, deleting, previous: record.status, standing, now: context.now() };
  const save = async (status: ObjectStatus): Promise<void> => {
    if (!sameStatus(status, record.status)) await work.save(status);
  };
  const visit = await context.clusters
    .visit(
      record.cluster,
      (kube): Promise<Findings | 'gone'> => (deleting ? work.takeAway(kube) : work.bringAbout(kube)),
    )
    .catch((error: unknown) =>
      failWithReason(context, record.cluster.id, error, (condition) => save(keptStatus({ ...about, condition }))),
    );
  if (visit.kind === 'unreachable') {
    await save(keptStatus({ ...about, condition: no('ClusterReachable', visit.reason, visit.message) }));
    return { requeueAfterMs: unreachableRecheckMs() };
  }
  if (visit.value === 'gone') {
    await work.remove();
    return 'gone';
  }
  const { conditions, requeueAfterMs } = visit.value;
  const status = deriveStatus({ ...about, conditions });
  await save(status);
  await work.onLooked?.(status);
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}
