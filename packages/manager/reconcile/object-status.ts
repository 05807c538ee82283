/** The status of clusters, placements and sandboxes: conditions and the phase that follows from them. */

import { isDeepStrictEqual } from 'node:util';
import { type ConditionInput, findCondition, replaceConditions } from '@kubenova/domain/conditions.ts';
import type { ObjectStatus } from '@kubenova/knapi/schemas.ts';
import { no, yes } from './context.ts';

export interface StatusInput {
  generation: number;
  deleting: boolean;
  conditions: readonly ConditionInput[];
  previous: ObjectStatus;
  /** Conditions that are known without the cluster; they stand beside the others and are no obstacle. */
  standing?: readonly ConditionInput[];
  now: Date;
}

/** Types of standing conditions: one that is not among them any more holds no more. */
const STANDING: ReadonlySet<string> = new Set(['Expiring']);

/** The status after a look at the cluster. `Ready` sums the others up. */
export function deriveStatus({
  generation,
  deleting,
  conditions,
  previous,
  standing = [],
  now,
}: StatusInput): ObjectStatus {
  const obstacle = conditions.find((condition) => condition.status !== 'True');
  const ready = deleting
    ? no('Ready', 'Deleting', findCondition(conditions, 'Deleting')?.message ?? 'It is being deleted.')
    : obstacle === undefined
      ? yes('Ready', 'Ready', 'All is as it was asked for.')
      : no('Ready', obstacle.reason, obstacle.message);
  return {
    observedGeneration: generation,
    phase: deleting ? 'Deleting' : obstacle === undefined ? 'Ready' : 'Degraded',
    conditions: replaceConditions(previous.conditions, [...conditions, ...standing, ready], now),
  };
}

/**
 * The status when nothing could be brought about: what was seen last stands, but for the condition that says why.
 * `observedGeneration` stays, since nothing was acted on.
 */
export function keptStatus(input: Omit<StatusInput, 'conditions'> & { condition: ConditionInput }): ObjectStatus {
  const { deleting, previous, standing = [], now, condition } = input;
  const others = previous.conditions.filter(
    ({ type, status }) =>
      type !== condition.type &&
      type !== 'Ready' &&
      !STANDING.has(type) &&
      (type !== 'ClusterReachable' || status === 'True'),
  );
  const ready = no('Ready', condition.reason, condition.message);
  return {
    observedGeneration: previous.observedGeneration,
    phase: deleting ? 'Deleting' : condition.type === 'ClusterReachable' ? 'Unreachable' : 'Degraded',
    conditions: replaceConditions(previous.conditions, [condition, ...others, ...standing, ready], now),
  };
}

/** Whether a status says the same as the one that is stored; then it is not written. */
export function sameStatus(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}
