/** What the status of a Deployment says: counts, and how its rollout goes. */
import type { Deployment, ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { condition, nonZero, type StatusCondition, withCondition, without } from './owned.ts';

type SetStatus = NonNullable<ReplicaSet['status']> & { terminatingReplicas?: number };

export const statusTotal = (sets: readonly ReplicaSet[], field: Exclude<keyof SetStatus, 'conditions'>): number =>
  sets.reduce((sum, { status }) => sum + ((status as SetStatus | undefined)?.[field] ?? 0), 0);
export const wantedTotal = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);

export interface Progress {
  readonly deployment: Deployment;
  readonly sets: readonly ReplicaSet[];
  /** The one of the template as it is now. */
  readonly current: ReplicaSet | undefined;
  /** As they are by now; what is said here comes on top. */
  readonly conditions: readonly StatusCondition[];
  readonly replicas: number;
  readonly unavailable: number;
  /** Nothing rolls: nothing is said of progress. */
  readonly resting: boolean;
  readonly now: string;
}

/** @returns also whether the rollout is complete, and in how many ms to see whether it has timed out */
export function deploymentStatus(progress: Progress): { status: object; complete: boolean; againInMs?: number } {
  const { deployment, sets, current, replicas, now } = progress;
  const available = statusTotal(sets, 'availableReplicas');
  const counts = {
    replicas: statusTotal(sets, 'replicas'),
    updatedReplicas: statusTotal(current ? [current] : [], 'replicas'),
    readyReplicas: statusTotal(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedTotal(sets) - available),
  };
  const enough = available >= replicas - progress.unavailable;
  const minimum = enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable';
  const message = `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`;
  const told = { type: 'Available', status: enough ? 'True' : 'False', reason: minimum, message } as const;
  const first = withCondition(progress.conditions, { ...told, lastUpdateTime: now }, now);
  const complete = [counts.updatedReplicas, counts.replicas, available].every((count) => count === replicas);
  const { conditions: judged, againInMs } = judge(progress, first, counts, complete);
  const failure = [...(current ? [current] : []), ...sets].map((set) => condition(set, 'ReplicaFailure')).find(Boolean);
  const conditions = failure
    ? withCondition(judged, { ...failure, lastUpdateTime: now }, now)
    : without(judged, 'ReplicaFailure');
  const terminatingReplicas = statusTotal(sets, 'terminatingReplicas');
  const observedGeneration = deployment.metadata.generation;
  return { status: { observedGeneration, ...nonZero(counts), terminatingReplicas, conditions }, complete, againInMs };
}

function judge(
  { deployment, current, resting, now }: Progress,
  conditions: readonly StatusCondition[],
  counts: { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number },
  complete: boolean,
): { conditions: readonly StatusCondition[]; againInMs?: number } {
  const deadline = deployment.spec?.progressDeadlineSeconds;
  if (deadline === undefined) return { conditions: without(conditions, 'Progressing') };
  const before = conditions.find(({ type }) => type === 'Progressing');
  // A pod that is replaced later on is no rollout.
  const settled = before?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas;
  if (resting || settled) return { conditions };
  const what = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const say = (status: 'True' | 'False', reason: string, message: string) => {
    const next = { type: 'Progressing', status, reason, message: `${what} ${message}.`, lastUpdateTime: now };
    // Told anew even if it was told before, since the deadline counts from its time of update.
    const since = before?.status === status ? before.lastTransitionTime : now;
    return [...without(conditions, 'Progressing'), { lastTransitionTime: since ?? now, ...next }];
  };
  if (complete) return { conditions: say('True', 'NewReplicaSetAvailable', 'has successfully progressed') };
  const old = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...deployment.status };
  const moved =
    counts.updatedReplicas > old.updatedReplicas ||
    counts.replicas - counts.updatedReplicas < old.replicas - old.updatedReplicas ||
    counts.readyReplicas > old.readyReplicas ||
    counts.availableReplicas > old.availableReplicas;
  const allowed = deadline * 1_000;
  if (moved) return { conditions: say('True', 'ReplicaSetUpdated', 'is progressing'), againInMs: allowed + 1_000 };
  if (before === undefined || before.reason === 'ProgressDeadlineExceeded') return { conditions };
  const left = Date.parse(before.lastUpdateTime ?? now) + allowed - Date.parse(now);
  if (left >= 0) return { conditions, againInMs: left + 1_000 };
  return { conditions: say('False', 'ProgressDeadlineExceeded', 'has timed out progressing') };
}
