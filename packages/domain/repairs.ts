/**
 * How often one object has been put back, and when that may be done again. Whoever changes an object by hand does it once
 * or twice; what changes it again each time it is put back is a program, and to race it would load the API server for
 * nothing. So the first repairs are made at once, and those that follow ever less often.
 */

export interface Repairs {
  /** In a row, without a calm time between them. */
  times: number;
  /** Milliseconds since 1970. */
  lastAt: number;
}

const AT_ONCE = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
/** After so long without drift a row of repairs has ended. */
const CALM_MS = 60_000;

/** The time before which the object is left as it is; in the past where it may be put back. */
export function notBefore(repairs: Repairs | undefined): number {
  return repairs === undefined ? 0 : repairs.lastAt + pauseMs(repairs.times);
}

/** The row of repairs with one more. */
export function repaired(repairs: Repairs | undefined, now: number): Repairs {
  const calm = repairs === undefined || now - repairs.lastAt > Math.max(CALM_MS, 2 * pauseMs(repairs.times));
  return { times: calm ? 1 : repairs.times + 1, lastAt: now };
}

function pauseMs(times: number): number {
  return times < AT_ONCE ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - AT_ONCE));
}
