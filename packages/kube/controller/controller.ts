/**
 * Runs a reconciler over keys: at most `concurrency` at once, never two for the same key, again with backoff when it throws.
 * The reconciler reads the world, works out what is missing and does it; running it once too often changes nothing.
 */
import type { Backoff } from '../backoff.ts';
import { KubeError } from '../error.ts';
import { createKeyedQueue } from './queue.ts';

export interface Controller {
  /** Asks for a run of the key, at once or after `afterMs`; folds with what is queued. Never throws. */
  enqueue(key: string, afterMs?: number): void;
  start(): void;
  /** Aborts what runs, waits for it, and takes no more. */
  stop(): Promise<void>;
  /** For tests: resolves when nothing runs, is ready, or waits for another try after a failure. Keys asked for later do not count. */
  idle(): Promise<void>;
  counts(): { ready: number; running: number; waiting: number; retrying: number };
}

export interface ReconcileObservation {
  controller: string;
  outcome: 'success' | 'requeue' | 'error';
  durationMs: number;
  /** From 1. */
  attempt: number;
}

export interface ControllerOptions {
  name: string;
  concurrency: number;
  /** The signal aborts when the controller stops or `timeoutMs` have passed. */
  reconcile(key: string, signal: AbortSignal): Promise<void> | Promise<{ requeueAfterMs: number } | undefined>;
  /** 50 ms doubling up to 30 s by default. */
  backoff?: Partial<Backoff>;
  /** After which a run's signal aborts; 2 min by default. */
  timeoutMs?: number;
  /** `attempt` counts from 1. Not called for what ends because the controller stops. */
  onError?: (key: string, error: unknown, attempt: number) => void;
  metrics?: (observation: ReconcileObservation) => void;
  maxKeys?: number;
  random?: () => number;
}

export function createController(options: ControllerOptions): Controller {
  const { name, concurrency, timeoutMs = 120_000, random, maxKeys } = options;
  const backoff = { baseMs: options.backoff?.baseMs ?? 50, maxMs: options.backoff?.maxMs ?? 30_000 };
  const queue = createKeyedQueue({ backoff, onReady: pump, random, maxKeys });
  const stopping = new AbortController();
  const runs = new Set<Promise<void>>();
  let idleWaiters: (() => void)[] = [];
  let started = false;

  function pump(): void {
    while (started && !stopping.signal.aborted && runs.size < concurrency) {
      const key = queue.take();
      if (key === undefined) {
        break;
      }
      const run = runOnce(key).finally(() => {
        runs.delete(run);
        pump();
        tellIdle();
      });
      runs.add(run);
    }
  }

  async function runOnce(key: string): Promise<void> {
    const attempt = queue.failures(key) + 1;
    const startedAt = performance.now();
    const controller = new AbortController();
    const abort = () => controller.abort(stopping.signal.reason);
    stopping.signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(
      () => controller.abort(new Error(`Controller ${name} ran longer than ${timeoutMs} ms.`)),
      timeoutMs,
    );
    let outcome: ReconcileObservation['outcome'];
    try {
      const result = await options.reconcile(key, controller.signal);
      outcome = result === undefined ? 'success' : 'requeue';
      queue.succeed(key, result?.requeueAfterMs);
    } catch (error) {
      outcome = 'error';
      if (!stopping.signal.aborted) {
        guarded(() => options.onError?.(key, error, attempt));
      }
      queue.fail(key, error instanceof KubeError ? error.retryAfterMs : undefined);
    } finally {
      clearTimeout(timer);
      stopping.signal.removeEventListener('abort', abort);
    }
    guarded(() => options.metrics?.({ controller: name, outcome, durationMs: performance.now() - startedAt, attempt }));
  }

  function isIdle(): boolean {
    const { ready, running, retrying } = queue.counts();
    return ready === 0 && running === 0 && retrying === 0;
  }

  function tellIdle(): void {
    if (idleWaiters.length > 0 && isIdle()) {
      const waiters = idleWaiters;
      idleWaiters = [];
      for (const waiter of waiters) {
        waiter();
      }
    }
  }

  return {
    enqueue(key, afterMs) {
      if (!queue.add(key, afterMs)) {
        guarded(() => options.onError?.(key, new Error(`The queue of controller ${name} is full.`), 0));
      }
    },
    start() {
      started = true;
      pump();
    },
    async stop() {
      stopping.abort(new Error(`Controller ${name} stops.`));
      await Promise.allSettled(runs);
      queue.close();
      tellIdle();
    },
    idle: () =>
      new Promise<void>((resolve) => {
        idleWaiters.push(resolve);
        tellIdle();
      }),
    counts: queue.counts,
  };
}

/** Runs a callback of the caller's; what it throws must not stop the controller. */
function guarded(callback: () => void): void {
  try {
    callback();
  } catch {
    // Metrics and error callbacks have nobody to report to.
  }
}
