/**
 * Conditions in the shape of the Kubernetes API conventions. `lastTransitionTime` moves only when `status` does, so that
 * looking at an unchanged world a second time gives the same bytes and writes nothing.
 */
import type { Condition } from '@kubenova/knapi/schemas.ts';

/** A condition before it has its time. */
export interface ConditionInput {
  type: string;
  status: Condition['status'];
  /** One CamelCase word for programs. */
  reason: string;
  /** A sentence for people that says what to do, where there is something to do. */
  message: string;
}

/** The conditions with one of them set; the others keep their order and their times. */
export function setCondition(conditions: readonly Condition[], input: ConditionInput, now: Date): Condition[] {
  return mergeConditions(conditions, [input], now);
}

/** The conditions with all of `inputs` set; those of other types stay as they are. */
export function mergeConditions(
  conditions: readonly Condition[],
  inputs: readonly ConditionInput[],
  now: Date,
): Condition[] {
  const merged = [...conditions];
  for (const input of inputs) {
    const index = merged.findIndex((condition) => condition.type === input.type);
    const condition = timed(merged[index], input, now);
    if (index === -1) merged.push(condition);
    else merged[index] = condition;
  }
  return merged;
}

/** Exactly the conditions of `inputs`, in their order, with the times of `previous` where the status is the same. */
export function replaceConditions(
  previous: readonly Condition[],
  inputs: readonly ConditionInput[],
  now: Date,
): Condition[] {
  return inputs.map((input) =>
    timed(
      previous.find((condition) => condition.type === input.type),
      input,
      now,
    ),
  );
}

/** The condition of a type. */
export function findCondition<T extends { type: string }>(conditions: readonly T[], type: string): T | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** True when there is a condition of this type and its status is `True`. */
export function isTrue(conditions: readonly { type: string; status: string }[], type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

function timed(previous: Condition | undefined, input: ConditionInput, now: Date): Condition {
  const lastTransitionTime =
    previous !== undefined && previous.status === input.status ? previous.lastTransitionTime : now.toISOString();
  return {
    type: input.type,
    status: input.status,
    reason: input.reason,
    message: input.message,
    lastTransitionTime,
  };
}
