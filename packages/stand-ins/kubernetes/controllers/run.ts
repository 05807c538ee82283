/**
 * Runs the built-in controllers of one cluster. What changes in the store wakes keys; a key is in the queue once, runs
 * alone, and is forgotten when it has settled, so that a quiet cluster costs nothing however much is in it.
 *
 *     change ─► keysOf ─► ready ─► running ─► gone, ready again (woken meanwhile), or delayed (asked to, or failed)
 *
 * A hundred clusters share one process: each starts a run only when `Turns` says so, a few in every turn of the event
 * loop and one cluster after another, so that a busy one keeps neither its neighbours nor the HTTP server waiting.
 */
import { type Backoff, backoffMs } from '@kubenova/kube/backoff.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import type { Change } from '@kubenova/kube-model/store.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** Hands out turns to the clusters of a process. */
export interface Turns {
  /** Puts a cluster at the end of the line, once. `start` begins one run and answers whether there is more to begin. */
  ask(start: () => boolean): void;
}

export function createTurns(startsPerTurn = 16): Turns {
  const line = new Set<() => boolean>();
  let scheduled = false;
  function turn(): void {
    scheduled = false;
    for (let starts = 0; starts < startsPerTurn; starts += 1) {
      const [start] = line;
      if (start === undefined) return;
      line.delete(start);
      if (start()) line.add(start);
    }
    schedule();
  }
  function schedule(): void {
    if (scheduled || line.size === 0) return;
    scheduled = true;
    setImmediate(turn);
  }
  return {
    ask(start) {
      line.add(start);
      schedule();
    },
  };
}

/** The line that all clusters of this process stand in. */
const SHARED_TURNS = createTurns();

export interface RunOptions {
  /** Runs at a time in this cluster; 8 when left out. */
  readonly concurrency?: number;
  readonly turns?: Turns;
  readonly backoff?: Backoff;
  /** `idle` waits for what is due within so many ms; 5,000 when left out. */
  readonly idleHorizonMs?: number;
  /** Told of every failed run but a lost race. The key is tried again in any case. */
  readonly onError?: (controller: string, key: string, error: unknown) => void;
}

export interface RunningControllers {
  stop(): void;
  /** Resolves when nothing runs or is due soon; once stopped, at once. */
  idle(): Promise<void>;
}

interface Item {
  readonly id: string;
  readonly key: string;
  readonly controller: Controller;
  readonly context: ControllerContext;
}

/** A race with another writer or a deletion is lost to somebody who won it: at once again, but not in a circle. */
const RACES_RETRIED_AT_ONCE = 5;
/** The longest wait that a Node timer takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @param contextFor answers, by the name of a controller, what it sees of its cluster; all share one store and clock */
export function startControllers(
  controllers: readonly Controller[],
  contextFor: (name: string) => ControllerContext,
  options: RunOptions = {},
): RunningControllers {
  const { concurrency = 8, turns = SHARED_TURNS, backoff = { baseMs: 20, maxMs: 60_000 }, onError } = options;
  const { idleHorizonMs = 5_000 } = options;
  const members = controllers.map((controller) => ({ controller, context: contextFor(controller.name) }));
  const [first] = members;
  if (first === undefined) return { stop() {}, idle: async () => {} };
  const { store, clock } = first.context;

  const everywhere = members.filter(({ controller }) => controller.watches === undefined);
  const byStorage = new Map<string, typeof members>();
  for (const storage of new Set(controllers.flatMap(({ watches = [] }) => watches))) {
    const watching = members.filter(({ controller }) => controller.watches?.includes(storage) ?? true);
    byStorage.set(storage, watching);
  }

  const ready = new Map<string, Item>();
  /** Whether to run once more afterwards. */
  const running = new Map<string, boolean>();
  const delayed = new Map<string, { item: Item; due: number }>();
  const failures = new Map<string, number>();
  let waiters: (() => void)[] = [];
  let timer: { due: number; cancel: () => void } | undefined;
  let stopped = false;

  function add(item: Item): void {
    if (stopped) return;
    // Whoever looks now says anew when to look again.
    delayed.delete(item.id);
    if (running.has(item.id)) {
      running.set(item.id, true);
      return;
    }
    ready.set(item.id, item);
    if (running.size < concurrency) turns.ask(start);
  }

  function addLater(item: Item, afterMs: number): void {
    if (stopped) return;
    // Keys that are due at about the same time share a timer.
    const tick = Math.max(10, afterMs / 20);
    const due = Math.ceil((clock.now() + afterMs) / tick) * tick;
    delayed.set(item.id, { item, due });
    arm(due);
  }

  function arm(due: number): void {
    if (timer !== undefined && timer.due <= due) return;
    timer?.cancel();
    timer = { due, cancel: clock.after(Math.min(LONGEST_TIMER_MS, Math.max(0, due - clock.now())), fire) };
  }

  function fire(): void {
    timer = undefined;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { item, due } of [...delayed.values()]) {
      if (due <= now) add(item);
      else next = Math.min(next, due);
    }
    if (next < Number.POSITIVE_INFINITY) arm(next);
    settle();
  }

  function start(): boolean {
    const [item] = ready.values();
    if (item === undefined || running.size >= concurrency || stopped) return false;
    ready.delete(item.id);
    running.set(item.id, false);
    void run(item);
    return ready.size > 0 && running.size < concurrency;
  }

  async function run(item: Item): Promise<void> {
    const { id, key, controller, context } = item;
    let againInMs: number | undefined;
    try {
      againInMs = (await controller.reconcile(key, context))?.againInMs;
      failures.delete(id);
    } catch (error) {
      const count = (failures.get(id) ?? 0) + 1;
      failures.set(id, count);
      const race = isApiError(error, 'Conflict') || isApiError(error, 'NotFound');
      const soon = race && count <= RACES_RETRIED_AT_ONCE;
      againInMs = soon ? 0 : backoffMs(backoff, count);
      if (!soon) onError?.(controller.name, key, error);
    }
    const woken = running.get(id) === true;
    running.delete(id);
    if (woken || againInMs === 0) add(item);
    else if (againInMs !== undefined) addLater(item, againInMs);
    if (ready.size > 0 && !stopped) turns.ask(start);
    settle();
  }

  function settle(): void {
    if (waiters.length === 0 || (!stopped && busy())) return;
    const resolved = waiters;
    waiters = [];
    for (const resolve of resolved) resolve();
  }

  function busy(): boolean {
    if (ready.size > 0 || running.size > 0) return true;
    const horizon = clock.now() + idleHorizonMs;
    return [...delayed.values()].some(({ due }) => due <= horizon);
  }

  function offer(change: Change): void {
    for (const { controller, context } of byStorage.get(change.storage) ?? everywhere) {
      for (const key of controller.keysOf(change, context)) {
        add({ id: `${controller.name} ${key}`, key, controller, context });
      }
    }
  }

  // From here on nothing is missed; what is there already comes as if it were new.
  const unsubscribe = store.onChange(undefined, offer);
  for (const storage of everywhere.length > 0 ? store.storages() : byStorage.keys()) {
    for (const entry of store.list(storage).entries) {
      offer({ type: 'ADDED', storage, revision: entry.revision, entry, previous: undefined });
    }
  }

  return {
    stop() {
      stopped = true;
      unsubscribe();
      timer?.cancel();
      ready.clear();
      delayed.clear();
      settle();
    },
    idle() {
      return new Promise((resolve) => {
        waiters.push(resolve);
        settle();
      });
    },
  };
}
