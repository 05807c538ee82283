/** What the status of a Deployment says: counts, and how its rollout goes. */
import type { Deployment, ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { condition, nonZero, type StatusCondition, type Work, withCondition, without } from './owned.ts';

type SetStatus = NonNullable<ReplicaSet['status']> & { terminatingReplicas?: number };

export const statusTotal = (sets: readonly ReplicaSet[], field: Exclude<keyof SetStatus, 'conditions'>): number =>
  sets.reduce((sum, { status }) => sum + ((status as SetStatus | undefined)?.[field] ?? 0), 0);
export const wantedTotal = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);

/** One look at one Deployment; sets and conditions are kept up to date. */
export interface Rollout {
  readonly work: Work;
  readonly deployment: Deployment;
  readonly spec: NonNullable<Deployment['spec']>;
  readonly replicas: number;
  /** How many pods may be over and how many may be missing. */
  readonly surge: number;
  readonly unavailable: number;
  /** Nothing rolls: nothing is said of progress. */
  readonly resting: boolean;
  sets: ReplicaSet[];
  conditions: StatusCondition[];
}

/**
 * @param current the ReplicaSet of the template as it is now
 * @returns also whether the rollout is complete, and in how many ms to see whether it has timed out
 */
export function deploymentStatus(
  rollout: Rollout,
  current: ReplicaSet | undefined,
): { status: object; complete: boolean; againInMs?: number } {
  const { deployment, sets, replicas, unavailable, work } = rollout;
  const available = statusTotal(sets, 'availableReplicas');
  const counts = {
    replicas: statusTotal(sets, 'replicas'),
    updatedReplicas: statusTotal(current ? [current] : [], 'replicas'),
    readyReplicas: statusTotal(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedTotal(sets) - available),
  };
  const enough = available >= replicas - unavailable;
  const minimum = {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
    lastUpdateTime: work.now,
  } as const;
  const complete = [counts.updatedReplicas, counts.replicas, available].every((count) => count === replicas);
  const { progress, againInMs } = judge(rollout, current, counts, complete);
  const failed = [...(current ? [current] : []), ...sets].map((set) => condition(set, 'ReplicaFailure')).find(Boolean);
  const told = withCondition(rollout.conditions, minimum, work.now);
  const judged = [...without(told, 'Progressing'), ...(progress ? [progress] : [])];
  const conditions = failed
    ? withCondition(judged, { ...failed, lastUpdateTime: work.now }, work.now)
    : without(judged, 'ReplicaFailure');
  const status = {
    observedGeneration: deployment.metadata.generation,
    ...nonZero(counts),
    terminatingReplicas: statusTotal(sets, 'terminatingReplicas'),
    conditions,
  };
  return { status, complete, againInMs };
}

/** The condition of its progress. */
function judge(
  { deployment, spec, resting, conditions, work }: Rollout,
  current: ReplicaSet | undefined,
  counts: { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number },
  complete: boolean,
): { progress?: StatusCondition; againInMs?: number } {
  if (spec.progressDeadlineSeconds === undefined) return {};
  const allowed = spec.progressDeadlineSeconds * 1_000;
  const before = conditions.find(({ type }) => type === 'Progressing');
  // A pod that is replaced later on is no rollout.
  const settled = before?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas;
  if (resting || settled) return { progress: before };
  const what = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const say = (status: 'True' | 'False', reason: string, how: string): StatusCondition => {
    // Told anew even if it was told before, since the deadline counts from its time of update.
    const since = before?.status === status ? before.lastTransitionTime : work.now;
    const message = `${what} ${how}.`;
    return { type: 'Progressing', status, reason, message, lastUpdateTime: work.now, lastTransitionTime: since };
  };
  if (complete) return { progress: say('True', 'NewReplicaSetAvailable', 'has successfully progressed') };
  const old = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...deployment.status };
  const moved =
    counts.updatedReplicas > old.updatedReplicas ||
    counts.replicas - counts.updatedReplicas < old.replicas - old.updatedReplicas ||
    counts.readyReplicas > old.readyReplicas ||
    counts.availableReplicas > old.availableReplicas;
  if (moved) return { progress: say('True', 'ReplicaSetUpdated', 'is progressing'), againInMs: allowed + 1_000 };
  if (before === undefined || before.reason === 'ProgressDeadlineExceeded') return { progress: before };
  const left = Date.parse(before.lastUpdateTime ?? work.now) + allowed - Date.parse(work.now);
  if (left >= 0) return { progress: before, againInMs: left + 1_000 };
  return { progress: say('False', 'ProgressDeadlineExceeded', 'has timed out progressing') };
}
