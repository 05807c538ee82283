/** When to look at an App again. Changes of its ConfigMap, Application and namespace come on top, at once. */
import type { AppPhase } from '@kubenova/knapi/schemas.ts';

const RUNNING_MS = 30_000;
const STUCK_MS = 10_000;

/**
 * Half a second while something is expected, slower the longer it takes: up to 2 s in the first two minutes, then 10 s,
 * since an image that cannot be pulled for an hour needs no closer look. A settled App is looked at every 30 s.
 *
 * @param unsettledMs how long the App has been on its way
 * @param random 0 to 1; spreads settled Apps, so that they are not all read in one moment
 */
export function nextLookMs(phase: AppPhase, unsettledMs: number, random: number): number {
  if (phase === 'Running' || phase === 'Suspended') return Math.round(RUNNING_MS * (0.9 + random * 0.2));
  if (phase === 'Failed') return STUCK_MS;
  if (unsettledMs > 120_000) return STUCK_MS;
  return Math.round(Math.min(2_000, 500 + unsettledMs / 20));
}

/** How long after a failed resolving the next try is due; undefined for never. */
export function nextResolveMs(retry: 'soon' | 'later' | 'never', attempts: number): number | undefined {
  switch (retry) {
    case 'soon':
      return Math.min(60_000, 1_000 * 2 ** Math.min(attempts - 1, 10));
    case 'later':
      return 120_000;
    case 'never':
      return undefined;
  }
}
