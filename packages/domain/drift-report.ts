/**
 * How repaired drift is told: the condition `DriftFree` of a record. It is true once everything has been put back and then
 * says what the last repair was; it is false while something is left as it is, because another writer changes it again
 * whenever it is put back.
 *
 * Its message begins with the time of the repair (RFC 3339, UTC), so that of two the later one is the greater text.
 */
import type { Condition } from '@kubenova/knapi/schemas.ts';
import type { ConditionInput } from './conditions.ts';
import type { Drift } from './drift.ts';

export const DRIFT_FREE = 'DriftFree';

/** Drift that was found and put back, or is left until `notBefore` because it comes back. */
export interface Finding extends Drift {
  /** What was done about it; `put back` when left out. */
  action?: 'removed';
  /** How often that was done in a row. */
  times: number;
  /** Set while it is left as it is: when it is put back next, milliseconds since 1970. */
  notBefore?: number;
}

/** How many findings a message tells. */
const TOLD = 5;

/** The message about repairs that were made at `at`. */
export function repairMessage(findings: readonly Finding[], at: Date): string {
  const told = findings.slice(0, TOLD).map((finding) => {
    const again = finding.times > 1 ? ` for the ${ordinal(finding.times)} time in a row` : '';
    return `${sentence(finding)} and was ${finding.action ?? 'put back'}${again}.`;
  });
  return `${at.toISOString()}: ${[...told, ...rest(findings)].join(' ')}`;
}

/**
 * The condition after a look.
 *
 * @param reported the message of repairs that the Agent made, where it made some
 * @returns undefined while nothing was ever found
 */
export function driftCondition(
  findings: readonly Finding[],
  reported: string | undefined,
  previous: Condition | undefined,
  now: Date,
): ConditionInput | undefined {
  const held = findings.filter((finding) => finding.notBefore !== undefined);
  if (held.length > 0) {
    const next = new Date(Math.min(...held.map((finding) => finding.notBefore ?? 0))).toISOString();
    const told = held.slice(0, TOLD).map((finding) => `${sentence(finding)}.`);
    const message = `${[...told, ...rest(held)].join(' ')} It was put back ${held[0]?.times ?? 0} times in a row and changed again each time: find out what does it. It is put back again at ${next}.`;
    return { type: DRIFT_FREE, status: 'False', reason: 'Contested', message };
  }
  const nothing = `${now.toISOString()}: What was contested is as it should be.`;
  const before = { Repaired: previous?.message, Contested: findings.length === 0 ? nothing : undefined };
  const candidates = [
    findings.length === 0 ? undefined : repairMessage(findings, now),
    reported,
    before[previous?.reason as keyof typeof before],
  ].filter((message) => message !== undefined);
  const message = candidates.sort().at(-1);
  return message === undefined ? undefined : { type: DRIFT_FREE, status: 'True', reason: 'Repaired', message };
}

function sentence({ object, what, by }: Drift): string {
  return `${object} ${what}${by === undefined ? '' : ` (written by ${by})`}`;
}

function rest(findings: readonly Finding[]): string[] {
  return findings.length > TOLD ? [`And ${findings.length - TOLD} more.`] : [];
}

function ordinal(number: number): string {
  const suffix = ['th', 'st', 'nd', 'rd'][number % 100 > 10 && number % 100 < 14 ? 0 : number % 10] ?? 'th';
  return `${number}${suffix}`;
}
