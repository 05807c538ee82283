/**
 * When a sandbox with an end is to be warned of. The warning stands for the last tenth of its life, but for no longer
 * than a day, which nobody keeps in mind, and for no less than five minutes, in which one can still act.
 */

/** A sandbox that has an end. */
export interface SandboxLife {
  createdAt: Date;
  expiresAt: Date;
}

const SHORTEST_WARNING_MS = 300_000;
const LONGEST_WARNING_MS = 86_400_000;

/** For how long before its end a sandbox is warned of, in milliseconds. */
export function warningMs({ createdAt, expiresAt }: SandboxLife): number {
  const tenth = (expiresAt.getTime() - createdAt.getTime()) / 10;
  return Math.min(LONGEST_WARNING_MS, Math.max(SHORTEST_WARNING_MS, tenth));
}

/** Where a sandbox stands in its life, and for how many milliseconds more it stays there. */
export type LifeStage =
  | { stage: 'living'; leftMs: number }
  | { stage: 'expiring'; leftMs: number }
  | { stage: 'expired' };

/** @param remainingMs until its end, by the clock that decides */
export function lifeStage(life: SandboxLife, remainingMs: number): LifeStage {
  if (remainingMs <= 0) return { stage: 'expired' };
  const untilWarning = remainingMs - warningMs(life);
  return untilWarning > 0 ? { stage: 'living', leftMs: untilWarning } : { stage: 'expiring', leftMs: remainingMs };
}
