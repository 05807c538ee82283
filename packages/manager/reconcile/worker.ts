/**
 * The workers of the queue: take due keys, run them, put down how it went.
 *
 * A taken key is *leased*: `locked_until` is pushed forward by a heartbeat, and any replica frees what has run out.
 * A replica that cannot renew (its database is away, it was suspended) must assume that another has taken over, so
 * it aborts its runs before the lease ends; whatever they still put down is refused, since the lock is no longer
 * theirs.
 *
 * Keys wait in *lanes* (one a cluster). A take walks over the lanes and takes from each no more than it has slots
 * left, so that a cluster which answers slowly fills its own slots and no other's.
 */
import { randomUUID } from 'node:crypto';
import { type Backoff, backoffMs } from '@kubenova/kube/backoff.ts';
import type { Pool, PoolClient } from 'pg';
import { errorText } from './error-text.ts';
import type { ReconcileKey } from './key.ts';
import { PRIORITY, QUEUE_CHANNEL, SCAN_KEY } from './queue.ts';
import { enqueueAllRecords } from './scan.ts';

/** What a run asks for: nothing, another look later, or that the key be forgotten because its record is gone. */
export type RunResult = undefined | { requeueAfterMs: number } | 'gone';

export interface QueueLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface QueueOptions {
  pool: Pool;
  reconcile(key: ReconcileKey, signal: AbortSignal): Promise<RunResult>;
  log: QueueLog;
  /** How many keys run at a time in this process. */
  concurrency?: number;
  /** How many of one lane (one cluster). */
  perLane?: number;
  backoff?: Backoff;
  /** For how long a key stays taken when its replica dies. */
  leaseMs?: number;
  /** Longest run; it is aborted and counts as failed. */
  runTimeoutMs?: number;
  /** Interval of the full scan; 0 switches it off. */
  scanEveryMs?: number;
  /** How often the queue is looked at when nothing wakes it: for keys of replicas that died, and lost notifications. */
  idlePollMs?: number;
  /** A number in [0, 1). */
  random?: () => number;
}

export interface RunningQueue {
  /** Takes no more keys, lets those that run end within `graceMs`, then aborts them and frees their locks. */
  stop(graceMs?: number): Promise<void>;
}

interface Taken {
  key: string;
  lane: string;
  version: number | string;
  writes: number | string;
  attempts: number | null;
}

interface Run extends Taken {
  abort: AbortController;
  ended: Promise<void>;
}

const TAKE = `
WITH RECURSIVE lanes AS (
  (SELECT lane FROM reconcile_queue WHERE locked_by IS NULL AND due_at < 'infinity' ORDER BY lane LIMIT 1)
  UNION ALL
  SELECT (SELECT q.lane FROM reconcile_queue q WHERE q.lane > lanes.lane AND q.locked_by IS NULL AND q.due_at < 'infinity'
          ORDER BY q.lane LIMIT 1)
  FROM lanes WHERE lanes.lane IS NOT NULL
), open AS (
  SELECT lanes.lane, $3 - coalesce(used.n, 0) AS slots
  FROM lanes LEFT JOIN unnest($4::text[], $5::int[]) AS used (lane, n) ON used.lane = lanes.lane
  WHERE lanes.lane IS NOT NULL AND $3 > coalesce(used.n, 0)
), due AS (
  SELECT mine.key FROM open CROSS JOIN LATERAL (
    SELECT q.key, q.priority, q.due_at FROM reconcile_queue q
    WHERE q.lane = open.lane AND q.locked_by IS NULL AND q.due_at < 'infinity' AND q.due_at <= now() AND q.key <> ALL($6::text[])
    ORDER BY q.priority, q.due_at LIMIT open.slots FOR UPDATE SKIP LOCKED
  ) AS mine
  ORDER BY mine.priority, mine.due_at LIMIT $2
)
UPDATE reconcile_queue q SET locked_by = $1, locked_until = now() + $7 * interval '1 millisecond'
FROM due WHERE q.key = due.key
RETURNING q.key, q.lane, q.version, q.writes, (SELECT f.attempts FROM reconcile_failures f WHERE f.key = q.key) AS attempts`;

// All decisions stand in SET, never in WHERE: SET is computed on the newest row, also when an enqueue committed
// while this statement waited for it; a WHERE on `version` would then have dropped the row and left it locked.
const SUCCEED = `
WITH forgotten AS (DELETE FROM reconcile_failures WHERE key = $1)
UPDATE reconcile_queue SET locked_by = NULL, locked_until = NULL, held_until = NULL,
  priority = CASE WHEN version = $3 THEN ${PRIORITY.recheck} ELSE priority END,
  due_at = CASE WHEN version <> $3 THEN due_at
                WHEN $4::float8 IS NULL THEN 'infinity'
                ELSE now() + $4::float8 * interval '1 millisecond' END
WHERE key = $1 AND locked_by = $2
RETURNING CASE WHEN due_at < 'infinity' THEN extract(epoch FROM due_at - now()) * 1000 END AS due_in`;

const FAIL = `
WITH ended AS (
  UPDATE reconcile_queue SET locked_by = NULL, locked_until = NULL,
    priority = CASE WHEN writes = $3 THEN ${PRIORITY.recheck} ELSE priority END,
    held_until = CASE WHEN writes = $3 THEN now() + $4::float8 * interval '1 millisecond' END,
    due_at = CASE WHEN writes = $3 THEN now() + $4::float8 * interval '1 millisecond' ELSE due_at END
  WHERE key = $1 AND locked_by = $2 RETURNING due_at
)
INSERT INTO reconcile_failures (key, attempts, last_error, next_run_at)
SELECT $1, $5, $6, greatest(due_at, now()) FROM ended
ON CONFLICT (key) DO UPDATE SET attempts = excluded.attempts, last_error = excluded.last_error, next_run_at = excluded.next_run_at`;

const FORGET = `
WITH forgotten AS (DELETE FROM reconcile_failures WHERE key = $1)
DELETE FROM reconcile_queue WHERE key = $1 AND locked_by = $2 AND version = $3`;

const RENEW = `
UPDATE reconcile_queue SET locked_until = now() + $2 * interval '1 millisecond' WHERE locked_by = $1 RETURNING key`;

const FREE_EXPIRED = `
UPDATE reconcile_queue SET locked_by = NULL, locked_until = NULL WHERE locked_by IS NOT NULL AND locked_until < now()`;

const FREE_MINE = `UPDATE reconcile_queue SET locked_by = NULL, locked_until = NULL WHERE locked_by = $1`;

const DATABASE_AWAY_MS = 1_000;

export async function startQueue(options: QueueOptions): Promise<RunningQueue> {
  const { pool, reconcile, log } = options;
  const concurrency = options.concurrency ?? 32;
  const perLane = options.perLane ?? 8;
  const backoff = options.backoff ?? { baseMs: 500, maxMs: 300_000 };
  const leaseMs = options.leaseMs ?? 20_000;
  const runTimeoutMs = options.runTimeoutMs ?? 60_000;
  const scanEveryMs = options.scanEveryMs ?? 300_000;
  const idlePollMs = options.idlePollMs ?? 1_000;
  const random = options.random ?? Math.random;

  const me = randomUUID();
  const runs = new Map<string, Run>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  let wake = (): void => {};
  /** A wake-up between a take and the sleep after it must not be lost. */
  let woken = false;
  const wakeUp = (): void => {
    woken = true;
    wake();
  };

  const later = (ms: number, action: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, ms);
    timers.add(timer);
  };

  async function take(): Promise<Taken[]> {
    const used = new Map<string, number>();
    for (const run of runs.values()) used.set(run.lane, (used.get(run.lane) ?? 0) + 1);
    const { rows } = await pool.query<Taken>(TAKE, [
      me,
      concurrency - runs.size,
      perLane,
      [...used.keys()],
      [...used.values()],
      [...runs.keys()],
      leaseMs,
    ]);
    return rows;
  }

  /** Ends a run in the database. The database may be away just then; the lease tells how long trying makes sense. */
  async function putDown(run: Run, statement: string, values: unknown[]): Promise<void> {
    const deadline = performance.now() + leaseMs;
    for (;;) {
      try {
        const { rows } = await pool.query<{ due_in?: string | null }>(statement, [run.key, me, ...values]);
        const dueIn = rows[0]?.due_in;
        // What becomes due in a moment must not wait for the next poll.
        if (dueIn !== undefined && dueIn !== null && Number(dueIn) > 0) later(Number(dueIn), wakeUp);
        return;
      } catch (error) {
        if (run.abort.signal.aborted || performance.now() > deadline) {
          log.warn(
            { key: run.key, error: errorText(error) },
            'the end of a run could not be put down; its lease will run out',
          );
          return;
        }
        await new Promise((resolve) => later(DATABASE_AWAY_MS, () => resolve(undefined)));
      }
    }
  }

  async function runOnce(run: Run): Promise<void> {
    const timeout = setTimeout(
      () => run.abort.abort(new Error(`the run took longer than ${runTimeoutMs / 1000} s`)),
      runTimeoutMs,
    );
    try {
      const result = run.key === SCAN_KEY ? await scan() : await reconcile(run.key as ReconcileKey, run.abort.signal);
      if (result === 'gone') {
        await putDown(run, FORGET, [run.version]);
        // The row is still there if something was asked meanwhile; then it has to be unlocked.
        await putDown(run, SUCCEED, [run.version, 0]);
      } else {
        await putDown(run, SUCCEED, [run.version, result?.requeueAfterMs ?? null]);
      }
    } catch (error) {
      const attempts = (run.attempts ?? 0) + 1;
      const delay = backoffMs(backoff, attempts, random);
      const text = errorText(run.abort.signal.aborted ? run.abort.signal.reason : error);
      log.warn({ key: run.key, attempts, delayMs: delay, error: text }, 'reconciling failed');
      await putDown(run, FAIL, [run.writes, delay, attempts, text]);
      later(delay, wakeUp);
    } finally {
      clearTimeout(timeout);
    }
  }

  async function scan(): Promise<RunResult> {
    await enqueueAllRecords(pool, scanEveryMs * 0.8);
    return { requeueAfterMs: scanEveryMs * (1 + random() * 0.1) };
  }

  function start(taken: Taken): void {
    const run: Run = { ...taken, abort: new AbortController(), ended: Promise.resolve() };
    runs.set(run.key, run);
    run.ended = runOnce(run).finally(() => {
      runs.delete(run.key);
      wakeUp();
    });
  }

  async function loop(): Promise<void> {
    while (!stopping) {
      woken = false;
      let pause = idlePollMs;
      if (runs.size < concurrency) {
        try {
          const taken = await take();
          for (const one of taken) start(one);
          if (taken.length > 0) continue;
        } catch (error) {
          log.error({ error: errorText(error) }, 'the queue cannot be read');
          pause = DATABASE_AWAY_MS;
        }
      }
      if (woken || stopping) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        later(pause, resolve);
      });
    }
  }

  let renewedAt = performance.now();
  async function heartbeat(): Promise<void> {
    try {
      const held = [...runs.values()];
      const { rows } = await pool.query<{ key: string }>(RENEW, [me, leaseMs]);
      renewedAt = performance.now();
      const kept = new Set(rows.map((row) => row.key));
      for (const run of held) {
        if (!kept.has(run.key) && runs.get(run.key) === run)
          run.abort.abort(new Error('the lease of the key was lost'));
      }
      const freed = await pool.query(FREE_EXPIRED);
      if ((freed.rowCount ?? 0) > 0) wakeUp();
    } catch (error) {
      log.warn({ error: errorText(error) }, 'leases cannot be renewed');
      if (performance.now() - renewedAt < leaseMs * 0.7) return;
      for (const run of runs.values())
        run.abort.abort(new Error('the database is away; another replica may take over'));
    }
  }

  const ears = listen(pool, log, wakeUp);
  if (scanEveryMs > 0) {
    await pool.query(`INSERT INTO reconcile_queue (key, lane) VALUES ($1, $1) ON CONFLICT DO NOTHING`, [SCAN_KEY]);
  }
  const beat = setInterval(() => void heartbeat(), leaseMs / 4);
  const looped = loop();

  return {
    async stop(graceMs = 10_000) {
      if (stopping) return;
      stopping = true;
      wakeUp();
      await looped;
      const all = Promise.allSettled([...runs.values()].map((run) => run.ended));
      await Promise.race([all, new Promise((resolve) => later(graceMs, () => resolve(undefined)))]);
      for (const run of runs.values()) run.abort.abort(new Error('the Manager is stopping'));
      await Promise.race([all, new Promise((resolve) => later(1_000, () => resolve(undefined)))]);
      clearInterval(beat);
      for (const timer of timers) clearTimeout(timer);
      await ears.close();
      await pool
        .query(FREE_MINE, [me])
        .catch((error) => log.warn({ error: errorText(error) }, 'locks were not freed; their lease will run out'));
    },
  };
}

/** Holds one connection that listens; when it breaks, polling carries on and a new one is made. */
function listen(pool: Pool, log: QueueLog, heard: () => void): { close(): Promise<void> } {
  let closed = false;
  let client: PoolClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let connecting = Promise.resolve();

  async function connect(): Promise<void> {
    try {
      const fresh = await pool.connect();
      fresh.on('notification', heard);
      fresh.on('error', (error: Error) => {
        if (client !== fresh) return;
        client = undefined;
        fresh.release(error);
        if (!closed) again(error);
      });
      client = fresh;
      await fresh.query(`LISTEN ${QUEUE_CHANNEL}`);
      heard();
    } catch (error) {
      if (client !== undefined) {
        client.release(true);
        client = undefined;
      }
      if (!closed) again(error);
    }
  }
  function again(error: unknown): void {
    log.warn({ error: errorText(error) }, 'not listening for new keys; polling instead');
    retry = setTimeout(() => {
      connecting = connect();
    }, DATABASE_AWAY_MS);
  }
  connecting = connect();
  return {
    async close() {
      closed = true;
      clearTimeout(retry);
      await connecting;
      client?.release(true);
      client = undefined;
    },
  };
}
