/**
 * The rights of the Agent in an app namespace come by a RoleBinding that the Manager has made moments before, and the API
 * server's authoriser learns of it a few milliseconds later. So a 403 is asked again at once before it counts.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isKubeError } from '@kubenova/kube/error.ts';

const WAITS_MS = [10, 20, 40, 80, 160, 320];

/** @throws what the last try threw */
export async function retryForbidden<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isKubeError(error, 'Forbidden')) throw error;
      await sleep(waitMs, undefined, { signal });
    }
  }
  return await work();
}
