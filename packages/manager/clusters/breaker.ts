/**
 * A circuit breaker for one cluster. While the cluster does not answer, each key of it would otherwise wait for a
 * timeout of its own and keep a slot for as long; with the breaker open they are put off without a call.
 *
 * Closed: everything passes. Open: nothing passes until `retryAt`; then a single visit is let through as a trial, and
 * its outcome closes the breaker or opens it for longer (at most 30 s, with jitter, so that replicas do not knock
 * together). The cluster's own probe passes always.
 */
import { backoffMs } from '@kubenova/kube/backoff.ts';

export interface Breaker {
  /** `undefined` when a visit may go ahead, else why it may not and for how long. */
  check(options: { probe: boolean }): { message: string; retryAfterMs: number } | undefined;
  /** @returns true when the breaker was open: the cluster has come back */
  succeeded(): boolean;
  failed(message: string): { isNew: boolean; retryAfterMs: number };
}

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };
/** How long a trial keeps others out; longer than any visit takes. */
const TRIAL_MS = 60_000;

export function createBreaker(now: () => number, random: () => number): Breaker {
  let failures = 0;
  let retryAt = 0;
  let message = '';
  return {
    check({ probe }) {
      if (failures === 0 || probe) return undefined;
      const left = retryAt - now();
      if (left > 0) return { message, retryAfterMs: left };
      retryAt = now() + TRIAL_MS;
      return undefined;
    },
    succeeded() {
      const cameBack = failures > 0;
      failures = 0;
      return cameBack;
    },
    failed(why) {
      failures += 1;
      message = why;
      const retryAfterMs = backoffMs(BACKOFF, failures, random);
      retryAt = now() + retryAfterMs;
      return { isNew: failures === 1, retryAfterMs };
    },
  };
}
