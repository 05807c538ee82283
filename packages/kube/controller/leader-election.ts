/**
 * Leader election by a Lease: of several processes, at most one works at a time.
 *
 * The holder renews the Lease every `renewMs`. A process that wants it watches the record: only when it has seen no renewal for a whole
 * lease duration *on its own clock* may it take over (clocks of different machines are never compared). The holder stops its work when it
 * could not renew for two thirds of the duration, counted from before the last good renewal was sent, and so is done before anybody else
 * may begin. Every write carries the resource version, so that two who try at once cannot both succeed.
 * On an orderly end the work is stopped first and the Lease released after it, which spares the next one the wait.
 * Source: client-go `tools/leaderelection`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../client.ts';
import { isKubeError } from '../error.ts';
import { Lease, type LeaseSpec } from '../kinds/coordination.ts';

export interface LeaseOptions {
  namespace: string;
  name: string;
  /** Unique among all that may hold it, e.g. host name and a random part. */
  identity: string;
  leaseDurationMs?: number;
  renewMs?: number;
  /** Ends it: work is stopped, the Lease released, and `runWithLease` resolves. */
  signal: AbortSignal;
  labels?: Record<string, string>;
  /** Starts the work; its signal aborts when leadership ends. A promise that it answers is waited for before the Lease is released. */
  onStarted: (signal: AbortSignal) => void | Promise<void>;
  /** The work has to be over when this resolves. */
  onStopped?: () => void | Promise<void>;
  /** Failures to read or renew, which are tried again. */
  onError?: (error: unknown) => void;
}

type LeaseClient = Pick<KubeClient, 'find' | 'create' | 'replace'>;

/**
 * Takes part in the election until the signal aborts; leadership may come and go several times.
 * @throws what `onStarted` or `onStopped` throws, after the Lease was released
 */
export async function runWithLease(client: LeaseClient, options: LeaseOptions): Promise<void> {
  const { signal, renewMs = 5_000, leaseDurationMs = 15_000 } = options;
  const election = createElection(client, options, leaseDurationMs);
  while (!signal.aborted) {
    const acquired = await election.attempt(signal, leaseDurationMs);
    if (acquired === 'held') {
      await lead(election, options, renewMs, leaseDurationMs);
    } else {
      await pause(renewMs * (0.8 + Math.random() * 0.4), signal);
    }
  }
}

interface Election {
  /** Takes or renews the Lease. `unknown` when the server could not be asked. */
  attempt(signal: AbortSignal, limitMs: number): Promise<'held' | 'lost' | 'unknown'>;
  release(): Promise<void>;
}

function createElection(client: LeaseClient, options: LeaseOptions, leaseDurationMs: number): Election {
  const { namespace, name, identity } = options;
  let seenVersion: string | undefined;
  let seenAt = 0;
  let own: Lease | undefined;

  function expired(lease: Lease): boolean {
    if (lease.metadata.resourceVersion !== seenVersion) {
      seenVersion = lease.metadata.resourceVersion;
      seenAt = performance.now();
    }
    const durationMs = (lease.spec?.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000;
    return performance.now() - seenAt > durationMs;
  }

  function claim(current: LeaseSpec | undefined): LeaseSpec {
    const now = microTime();
    const same = current?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(leaseDurationMs / 1000)),
      acquireTime: same ? (current?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (current?.leaseTransitions ?? 0) + (same || current === undefined ? 0 : 1),
    };
  }

  async function takeOrRenew(signal: AbortSignal): Promise<'held' | 'lost'> {
    const lease = own ?? (await client.find(Lease, { namespace, name }, { signal }));
    if (lease === undefined) {
      const metadata = { namespace, name, labels: options.labels };
      own = await client.create(
        Lease,
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: claim(undefined) },
        { signal },
      );
      return 'held';
    }
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && !expired(lease)) {
      return 'lost';
    }
    own = await client.replace(Lease, { ...lease, spec: claim(lease.spec) }, { signal });
    return 'held';
  }

  return {
    async attempt(signal, limitMs) {
      // Somebody may have written in between, if only a label: then the record is read again, once.
      for (let tries = 1; ; tries += 1) {
        const renewing = own !== undefined;
        try {
          return await withDeadline(signal, limitMs, takeOrRenew);
        } catch (error) {
          own = undefined;
          if (isKubeError(error, 'Conflict', 'AlreadyExists', 'NotFound')) {
            if (renewing && tries === 1) {
              continue;
            }
            return 'lost';
          }
          if (!signal.aborted) {
            options.onError?.(error);
          }
          return 'unknown';
        }
      }
    },
    async release() {
      const signal = AbortSignal.timeout(3_000);
      try {
        const lease = await client.find(Lease, { namespace, name }, { signal });
        if (lease?.spec?.holderIdentity === identity) {
          const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
          await client.replace(Lease, { ...lease, spec }, { signal });
        }
      } catch (error) {
        options.onError?.(error);
      }
      own = undefined;
    },
  };
}

/** Works while the Lease is renewed; answers when leadership is over and the work has stopped. */
async function lead(
  election: Election,
  options: LeaseOptions,
  renewMs: number,
  leaseDurationMs: number,
): Promise<void> {
  const { signal } = options;
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let failure: { error: unknown } | undefined;
  const work = (async () => options.onStarted(controller.signal))().catch((error: unknown) => {
    if (!controller.signal.aborted) {
      failure = { error };
      controller.abort();
    }
  });

  await keepRenewing(election, controller.signal, renewMs, (leaseDurationMs * 2) / 3);
  controller.abort(new Error('Leadership has ended.'));
  signal.removeEventListener('abort', stop);
  await work;
  try {
    await options.onStopped?.();
  } finally {
    if (signal.aborted || failure !== undefined) {
      await election.release();
    }
  }
  if (failure !== undefined) {
    throw failure.error;
  }
}

/** Answers when the Lease is lost, could not be renewed for `deadlineMs`, or the signal aborts. */
async function keepRenewing(
  election: Election,
  signal: AbortSignal,
  renewMs: number,
  deadlineMs: number,
): Promise<void> {
  let renewedAt = performance.now();
  let waitMs = renewMs;
  while (!signal.aborted) {
    await pause(waitMs, signal);
    if (signal.aborted) {
      return;
    }
    const sentAt = performance.now();
    const result = await election.attempt(signal, renewedAt + deadlineMs - sentAt);
    if (result === 'lost') {
      return;
    }
    if (result === 'held') {
      renewedAt = sentAt;
      waitMs = renewMs;
    } else {
      const leftMs = renewedAt + deadlineMs - performance.now();
      if (leftMs <= 0) {
        return;
      }
      waitMs = Math.min(renewMs / 4, leftMs);
    }
  }
}

/** Runs with a signal that also aborts after `ms`, and leaves nothing behind on the long-lived one. */
async function withDeadline<R>(signal: AbortSignal, ms: number, run: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new Error('The Lease could not be renewed in time.')),
    Math.max(1, ms),
  );
  try {
    signal.throwIfAborted();
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(1, ms), undefined, { signal }).catch(() => undefined);
}

/** `meta/v1.MicroTime`. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
