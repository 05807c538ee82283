import { setTimeout as delay } from 'node:timers/promises';

/** What is waited for, and for how long. */
export interface Wait<T> {
  /** What is wanted, as it completes the sentence "waited for …". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Milliseconds between two looks; 50 unless said otherwise. */
  readonly everyMs?: number;
  /** Gives the result, or undefined while it is not there yet. What it throws counts as not yet. */
  readonly look: () => Promise<T | undefined> | T | undefined;
  /** Throws when there is no point in waiting any longer. */
  readonly giveUp?: () => void;
}

/**
 * Looks again and again until there is a result.
 *
 * @throws Error with what was waited for and the last thing that stood in the way
 */
export async function waitFor<T>(wait: Wait<T>): Promise<T> {
  const deadline = performance.now() + wait.timeoutMs;
  let last: unknown;
  for (;;) {
    wait.giveUp?.();
    try {
      const result = await wait.look();
      if (result !== undefined) return result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const reason = last === undefined ? '' : ` Last: ${(last as Error).message ?? last}`;
      throw new Error(`Waited ${wait.timeoutMs / 1000} s for ${wait.what} in vain.${reason}`, {
        cause: last,
      });
    }
    await delay(wait.everyMs ?? 50);
  }
}
