/**
 * How long to wait before trying again: exponential, capped, with jitter.
 * The wait is drawn from the upper half of the step, so that it still grows but two that failed together come back apart.
 */
export interface Backoff {
  /** After the first failure, in ms. */
  baseMs: number;
  /** Never longer than this, in ms. */
  maxMs: number;
}

/** @param failures in a row, from 1 */
export function backoffMs({ baseMs, maxMs }: Backoff, failures: number, random: () => number = Math.random): number {
  const step = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(step * (0.5 + random() / 2));
}
