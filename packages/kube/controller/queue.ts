/**
 * The queue of a controller holds keys, never events: ten changes of one object are one entry, since the reconciler looks at the world
 * as it is when it runs. A key is in one of three states, and in the queue once:
 *
 *     waiting ──(due)──► ready ──(take)──► running ──(finish)──► gone, or waiting again
 *
 * While a key runs it is not handed out a second time; an `add` meanwhile is remembered and runs it once more afterwards. A failed key
 * waits longer each time; a fresh `add` pulls it forward, because something has changed, but its count of failures stays until a success.
 * Its length is bounded by the number of distinct keys, and by `maxKeys` against a flood of invented ones.
 */
import { type Backoff, backoffMs } from '../backoff.ts';

export interface KeyedQueue {
  /** Adds a key, due after `afterMs`; one that is queued already keeps the earlier time. Answers false when the queue is full. */
  add(key: string, afterMs?: number): boolean;
  /** Takes the ready key that has waited longest, which is then running. */
  take(): string | undefined;
  /** Failures in a row of a key. */
  failures(key: string): number;
  /** The running key succeeded; it comes again after `againMs`, if given. */
  succeed(key: string, againMs?: number): void;
  /** The running key failed: it comes again after its backoff, at least `atLeastMs`. */
  fail(key: string, atLeastMs?: number): void;
  /** Keys by state; `retrying` are those of `waiting` that failed. */
  counts(): { ready: number; running: number; waiting: number; retrying: number };
  /** Forgets everything and takes no more. */
  close(): void;
}

interface Entry {
  state: 'waiting' | 'ready' | 'running';
  failures: number;
  /** When it is due, if waiting, or when to run again, if running. ms since the epoch. */
  dueAt: number | undefined;
  timer: NodeJS.Timeout | undefined;
}

export interface KeyedQueueOptions {
  backoff: Backoff;
  /** Called whenever a key has become ready. */
  onReady: () => void;
  maxKeys?: number;
  random?: () => number;
}

/** The longest wait that a Node timer takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createKeyedQueue({ backoff, onReady, maxKeys = 100_000, random }: KeyedQueueOptions): KeyedQueue {
  const entries = new Map<string, Entry>();
  /** Ready keys in the order in which they became ready. */
  const ready = new Set<string>();
  let running = 0;
  let closed = false;

  function becomeReady(key: string, entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.dueAt = undefined;
    entry.state = 'ready';
    ready.add(key);
    onReady();
  }

  function wait(key: string, entry: Entry, afterMs: number): void {
    if (!(afterMs > 0)) {
      becomeReady(key, entry);
      return;
    }
    clearTimeout(entry.timer);
    entry.state = 'waiting';
    entry.dueAt = Date.now() + afterMs;
    entry.timer = setTimeout(() => becomeReady(key, entry), Math.min(afterMs, LONGEST_TIMER_MS));
  }

  /** Ends a run: what was added meanwhile counts, and the earlier of the two times. */
  function finish(key: string, failed: boolean, afterMs: number | undefined): void {
    const entry = entries.get(key);
    if (entry?.state !== 'running') {
      return;
    }
    running -= 1;
    entry.failures = failed ? entry.failures + 1 : 0;
    const addedMs = entry.dueAt === undefined ? undefined : Math.max(0, entry.dueAt - Date.now());
    const delays = [addedMs, afterMs].filter((delay) => delay !== undefined);
    if (delays.length === 0) {
      entries.delete(key);
    } else {
      wait(key, entry, Math.min(...delays));
    }
  }

  return {
    add(key, afterMs = 0) {
      if (closed) {
        return true;
      }
      const entry = entries.get(key);
      if (entry === undefined) {
        if (entries.size >= maxKeys) {
          return false;
        }
        const fresh: Entry = { state: 'waiting', failures: 0, dueAt: undefined, timer: undefined };
        entries.set(key, fresh);
        wait(key, fresh, afterMs);
        return true;
      }
      const dueAt = Date.now() + Math.max(0, afterMs);
      if (entry.state !== 'ready' && (entry.dueAt === undefined || dueAt < entry.dueAt)) {
        if (entry.state === 'running') {
          entry.dueAt = dueAt;
        } else {
          wait(key, entry, afterMs);
        }
      }
      return true;
    },
    take() {
      const [key] = ready;
      const entry = key === undefined ? undefined : entries.get(key);
      if (key === undefined || entry === undefined) {
        return undefined;
      }
      ready.delete(key);
      entry.state = 'running';
      running += 1;
      return key;
    },
    failures: (key) => entries.get(key)?.failures ?? 0,
    succeed: (key, againMs) => finish(key, false, againMs),
    fail(key, atLeastMs = 0) {
      const failures = (entries.get(key)?.failures ?? 0) + 1;
      finish(key, true, Math.max(atLeastMs, backoffMs(backoff, failures, random)));
    },
    counts() {
      let waiting = 0;
      let retrying = 0;
      for (const entry of entries.values()) {
        if (entry.state === 'waiting') {
          waiting += 1;
          retrying += entry.failures > 0 ? 1 : 0;
        }
      }
      return { ready: ready.size, running, waiting, retrying };
    },
    close() {
      closed = true;
      for (const entry of entries.values()) {
        clearTimeout(entry.timer);
      }
      entries.clear();
      ready.clear();
    },
  };
}
