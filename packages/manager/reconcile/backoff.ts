/**
 * Exponential backoff with full jitter: the delay before attempt n + 1 is drawn from the upper half of
 * `min(max, base * 2^(n-1))`, so that keys which failed together do not come back together.
 */
export interface Backoff {
  baseMs: number;
  maxMs: number;
}

/**
 * @param failures how often it failed in a row, 1 after the first failure
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backoffDelay({ baseMs, maxMs }: Backoff, failures: number, random: number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
