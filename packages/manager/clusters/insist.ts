/** Trying again, here and now, what an API server may answer in a moment. */
import { setTimeout } from 'node:timers/promises';
import { backoffMs } from '@kubenova/kube/backoff.ts';
import { isTransient } from '@kubenova/kube/error.ts';

const ATTEMPTS = 4;
const BACKOFF = { baseMs: 40, maxMs: 160 };

/**
 * For a look or a write that is one of many: on a server that fails now and then, one of many always would, and all of
 * them be done again for it.
 *
 * @throws what the last of four attempts failed with, or what no attempt would mend
 */
export async function insist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      await setTimeout(backoffMs(BACKOFF, attempt), undefined, { signal });
    }
  }
}
