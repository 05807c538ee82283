/** Conditions as KubeVela writes them: in the order of first appearance, `lastTransitionTime` moving only with a change. */
import type { Condition, ConditionType } from './application.ts';

export function conditionTrue(type: ConditionType, now: string): Condition {
  const reason = type === 'Ready' ? 'ReconcileSuccess' : 'Available';
  return { type, status: 'True', lastTransitionTime: now, reason };
}

export function conditionError(type: ConditionType, message: string, now: string): Condition {
  return { type, status: 'False', lastTransitionTime: now, reason: 'ReconcileError', message };
}

/** Something is being deleted: the whole Application, or what a new revision no longer has. */
export function conditionDeleting(message: string | undefined, now: string): Condition {
  const condition: Condition = { type: 'Ready', status: 'False', lastTransitionTime: now, reason: 'Deleting' };
  if (message !== undefined) condition.message = message;
  return condition;
}

export function setCondition(conditions: readonly Condition[] | undefined, next: Condition): Condition[] {
  const list = [...(conditions ?? [])];
  const index = list.findIndex((condition) => condition.type === next.type);
  if (index < 0) return [...list, next];
  const before = list[index];
  const same =
    before !== undefined &&
    before.status === next.status &&
    before.reason === next.reason &&
    before.message === next.message;
  if (!same) list[index] = next;
  return list;
}

const KEPT_ON_RESTART: ReadonlySet<ConditionType> = new Set(['Parsed', 'Revision', 'Policy', 'Render']);

/** A workflow that starts anew forgets what the one before it had reached. */
export function conditionsForRestart(conditions: readonly Condition[] | undefined): Condition[] {
  return (conditions ?? []).filter((condition) => KEPT_ON_RESTART.has(condition.type));
}
