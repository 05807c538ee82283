import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import type { ReconcileKey } from './key.ts';
import { enqueue, enqueueCluster } from './queue.ts';
import { type QueueOptions, type RunningQueue, type RunResult, startQueue } from './worker.ts';

let database: TestDatabase;
let url: string;
let store: Store;
const queues: RunningQueue[] = [];
const silent = { debug() {}, warn() {}, error() {} };

beforeAll(async () => {
  database = await createTestDatabase();
  ({ url } = database);
  store = openStore({ url });
}, 60_000);

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

beforeEach(async () => {
  await store.pool.query('TRUNCATE reconcile_queue, reconcile_failures');
});

afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.stop(500)));
});

const key = (n: number): ReconcileKey => `cluster:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

async function start(
  reconcile: (key: ReconcileKey, signal: AbortSignal) => Promise<RunResult>,
  options: Partial<QueueOptions> = {},
): Promise<RunningQueue> {
  const queue = await startQueue({ pool: store.pool, log: silent, scanEveryMs: 0, reconcile, ...options });
  queues.push(queue);
  return queue;
}

async function eventually(check: () => boolean | Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

async function rowOf(of: ReconcileKey) {
  const { rows } = await store.pool.query(
    `SELECT q.*, due_at = 'infinity' AS idle, due_at <= now() AS due, f.attempts, f.last_error
     FROM reconcile_queue q LEFT JOIN reconcile_failures f USING (key) WHERE q.key = $1`,
    [of],
  );
  return rows[0];
}

describe('enqueue', () => {
  it('is nothing before the transaction commits, and nothing after it rolls back', async () => {
    const ran: string[] = [];
    await start(async (taken) => void ran.push(taken));
    await expect(
      store.db.transaction().execute(async (trx) => {
        await enqueue(trx, key(1));
        throw new Error('roll back');
      }),
    ).rejects.toThrow('roll back');
    await enqueue(store.db, key(2));
    await eventually(() => ran.length > 0, 'the other key runs');
    expect(ran).toEqual([key(2)]);
  });

  it('folds duplicates', async () => {
    for (let i = 0; i < 20; i += 1) await enqueue(store.db, key(1));
    const ran: string[] = [];
    await start(async (taken) => void ran.push(taken));
    await eventually(async () => (await rowOf(key(1))).idle, 'the key is idle');
    expect(ran).toEqual([key(1)]);
  });

  it('while the key runs leads to one more run, even when the transaction began before the run', async () => {
    const first = gate();
    let runs = 0;
    await enqueue(store.db, key(1));
    await start(async () => {
      runs += 1;
      if (runs === 1) await first.opened;
      return undefined;
    });
    await eventually(() => runs === 1, 'the first run begins');
    await store.db.transaction().execute(async (trx) => {
      await enqueue(trx, key(1));
      // The end of the run must wait for this transaction and then see what it asked.
      first.open();
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await eventually(async () => runs === 2 && (await rowOf(key(1))).idle, 'it runs once more');
  });

  it('refuses what is not a key', async () => {
    await expect(enqueue(store.db, 'app:x')).rejects.toThrow('not a reconcile key');
  });

  it('wakes an idle worker, which need not poll for it', async () => {
    const ran: string[] = [];
    await start(async (taken) => void ran.push(taken), { idlePollMs: 600_000 });
    await eventually(async () => {
      const { rows } = await store.pool.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`);
      return rows.length > 0;
    }, 'the worker listens');
    for (let n = 1; n <= 5; n += 1) {
      await enqueue(store.db, key(n));
      await eventually(() => ran.length === n, 'it runs');
    }
  });
});

describe('failure', () => {
  it('is counted and delayed; a write resets the delay, a hint does not', async () => {
    let runs = 0;
    await start(
      async () => {
        runs += 1;
        throw new Error('Bearer abcdefghijklmnop said no');
      },
      { backoff: { baseMs: 60_000, maxMs: 60_000 } },
    );
    await enqueue(store.db, key(1));
    await eventually(async () => (await rowOf(key(1)))?.attempts === 1, 'the failure is put down');
    expect(await rowOf(key(1))).toMatchObject({ last_error: '[removed] said no', due: false });
    await enqueue(store.db, key(1), { preserveRunAt: true });
    expect((await rowOf(key(1))).due).toBe(false);
    await enqueue(store.db, key(1));
    await eventually(() => runs === 2, 'the write brings it forward');
    await eventually(async () => (await rowOf(key(1)))?.attempts === 1, 'a write is a new beginning');
  });

  it('is forgotten by success', async () => {
    let runs = 0;
    await start(
      async () => {
        runs += 1;
        if (runs < 3) throw new Error('not yet');
        return undefined;
      },
      { backoff: { baseMs: 1, maxMs: 5 } },
    );
    await enqueue(store.db, key(1));
    await eventually(async () => runs === 3 && (await rowOf(key(1))).idle, 'it succeeds');
    expect((await rowOf(key(1))).attempts).toBeNull();
  });

  it('is what a run ends in that takes too long', async () => {
    await start(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
      { runTimeoutMs: 20 },
    );
    await enqueue(store.db, key(1));
    await eventually(async () => (await rowOf(key(1)))?.attempts === 1, 'the failure is put down');
    expect((await rowOf(key(1))).last_error).toMatch('took longer than');
  });
});

describe('results', () => {
  it('requeues after the time asked for, unless something is asked before', async () => {
    let runs = 0;
    await start(async () => {
      runs += 1;
      return runs === 1 ? { requeueAfterMs: 60_000 } : undefined;
    });
    await enqueue(store.db, key(1));
    await eventually(async () => (await rowOf(key(1)))?.locked_by === null && runs === 1, 'it ran');
    expect(await rowOf(key(1))).toMatchObject({ idle: false, due: false });
    await enqueue(store.db, key(1), { preserveRunAt: true });
    await eventually(async () => runs === 2 && (await rowOf(key(1))).idle, 'the hint brings it forward');
  });

  it('forgets a key whose record is gone, but not when it was asked for again', async () => {
    const first = gate();
    let runs = 0;
    await start(async () => {
      runs += 1;
      if (runs === 1) await first.opened;
      return 'gone';
    });
    await enqueue(store.db, key(1));
    await eventually(() => runs === 1, 'the first run begins');
    await enqueue(store.db, key(1));
    first.open();
    await eventually(async () => runs === 2 && (await rowOf(key(1))) === undefined, 'it runs again and is forgotten');
  });
});

describe('lanes and leases', () => {
  it('keep a stuck cluster to its own slots', async () => {
    const cluster = { slow: crypto.randomUUID(), fast: crypto.randomUUID() };
    const tenants: string[] = [];
    for (const [name, id] of Object.entries(cluster)) {
      await store.pool.query(
        `INSERT INTO clusters (id, name, zone, server, sealed_kubeconfig, capsule_proxy_url) VALUES ($1, $2, $2, '', '', '')`,
        [id, name],
      );
    }
    for (let n = 0; n < 12; n += 1) {
      const { rows } = await store.pool.query('INSERT INTO tenants (name) VALUES ($1) RETURNING id', [`t${n}`]);
      tenants.push(rows[0].id);
      for (const id of Object.values(cluster)) {
        await store.pool.query('INSERT INTO placements (cluster_id, tenant_id) VALUES ($1, $2)', [id, rows[0].id]);
      }
    }
    const { rows: placements } = await store.pool.query('SELECT id, cluster_id FROM placements');
    const clusterOf = new Map(placements.map((row) => [`placement:${row.id}`, row.cluster_id]));
    await enqueueCluster(store.db, cluster.slow);
    const stuck = gate();
    const running = new Set<string>();
    const done: string[] = [];
    await start(
      async (taken) => {
        if (clusterOf.get(taken) === cluster.slow) {
          running.add(taken);
          await stuck.opened;
        } else done.push(taken);
        return undefined;
      },
      { concurrency: 6, perLane: 4 },
    );
    await eventually(() => running.size === 4, 'the slow cluster has its slots');
    await enqueueCluster(store.db, cluster.fast);
    await eventually(() => done.length === 12, 'the fast cluster is served');
    expect(running.size).toBe(4);
    stuck.open();
    await eventually(() => running.size === 12, 'the slow one goes on');
    await store.pool.query('TRUNCATE clusters, tenants CASCADE');
  });

  it('free the keys of a replica that died', async () => {
    const dead = openStore({ url });
    await enqueue(store.db, key(1));
    let taken = false;
    const dying = await startQueue({
      pool: dead.pool,
      log: silent,
      scanEveryMs: 0,
      leaseMs: 400,
      reconcile: (_key, signal) => {
        taken = true;
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    await eventually(() => taken, 'the first replica takes it');
    // Its connections are cut for good, as by a crash.
    const query = dead.pool.query.bind(dead.pool);
    Object.assign(dead.pool, { query: () => Promise.reject(new Error('dead')) });
    const ran: string[] = [];
    await start(async (again) => void ran.push(again), { leaseMs: 400 });
    await eventually(() => ran.length === 1, 'the second takes it over');
    await dying.stop(0);
    Object.assign(dead.pool, { query });
    await dead.close();
  });

  it('are given back by a replica that stops', async () => {
    let began = false;
    const queue = await start((_key, signal) => {
      began = true;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await enqueue(store.db, key(1));
    await eventually(() => began, 'it runs');
    await queue.stop(10);
    expect((await rowOf(key(1))).locked_by).toBeNull();
  });
});

describe('full scan', () => {
  it('enqueues every idle record', async () => {
    const id = crypto.randomUUID();
    await store.pool.query(
      `INSERT INTO clusters (id, name, zone, server, sealed_kubeconfig, capsule_proxy_url) VALUES ($1, 'c', 'c', '', '', '')`,
      [id],
    );
    const ran: string[] = [];
    await start(async (taken) => void ran.push(taken), { scanEveryMs: 100 });
    await eventually(() => ran.filter((one) => one === `cluster:${id}`).length >= 3, 'it runs with every scan');
    await store.pool.query('TRUNCATE clusters CASCADE');
  });
});

describe('with failures, several replicas and any order of writes', () => {
  it('every committed write is followed by a complete run, and no key ever runs twice at a time', async () => {
    const stores = [store, openStore({ url })];
    await store.pool.query('CREATE TABLE IF NOT EXISTS desired (key text PRIMARY KEY, value int NOT NULL)');
    const write = fc.record({
      key: fc.integer({ min: 0, max: 4 }),
      replica: fc.integer({ min: 0, max: 1 }),
      commits: fc.boolean(),
      hint: fc.boolean(),
      holdMs: fc.integer({ min: 0, max: 6 }),
      afterMs: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 5, maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (writes, failures) => {
          await store.pool.query('TRUNCATE reconcile_queue, reconcile_failures, desired');
          const running = new Set<string>();
          const applied = new Map<string, number>();
          let overlaps = 0;
          let runs = 0;
          const workers = await Promise.all(
            stores.map((one) =>
              startQueue({
                pool: one.pool,
                log: silent,
                scanEveryMs: 0,
                backoff: { baseMs: 1, maxMs: 10 },
                concurrency: 3,
                async reconcile(taken) {
                  if (running.has(taken)) overlaps += 1;
                  running.add(taken);
                  try {
                    const { rows } = await one.pool.query('SELECT value FROM desired WHERE key = $1', [taken]);
                    const fails = failures[runs % failures.length] === true && runs % 3 !== 0;
                    runs += 1;
                    await new Promise((resolve) => setTimeout(resolve, runs % 5));
                    if (fails) throw new Error('at random');
                    applied.set(taken, rows[0]?.value ?? 0);
                    return undefined;
                  } finally {
                    running.delete(taken);
                  }
                },
              }),
            ),
          );
          await Promise.all(
            writes.map(async ({ key: n, replica, commits, hint, holdMs, afterMs }) => {
              await new Promise((resolve) => setTimeout(resolve, afterMs));
              await stores[replica]?.db
                .transaction()
                .execute(async (trx) => {
                  await enqueue(trx, key(n), { preserveRunAt: hint });
                  // The value is raised after the key was enqueued, the harder of the two orders.
                  await sql`INSERT INTO desired AS d VALUES (${key(n)}, 1)
                  ON CONFLICT (key) DO UPDATE SET value = d.value + 1`.execute(trx);
                  await new Promise((resolve) => setTimeout(resolve, holdMs));
                  if (!commits) throw new Error('rolled back');
                })
                .catch((error: Error) => {
                  if (error.message !== 'rolled back') throw error;
                });
            }),
          );
          await eventually(async () => {
            const { rows } = await store.pool.query(
              `SELECT 1 FROM reconcile_queue WHERE due_at < 'infinity' OR locked_by IS NOT NULL`,
            );
            return rows.length === 0;
          }, 'all is quiet');
          await Promise.all(workers.map((worker) => worker.stop(1_000)));
          const { rows } = await store.pool.query<{ key: string; value: number }>('SELECT key, value FROM desired');
          expect(overlaps).toBe(0);
          expect(Object.fromEntries(applied)).toEqual(Object.fromEntries(rows.map((row) => [row.key, row.value])));
        },
      ),
      { numRuns: 12 },
    );
    await stores[1]?.close();
  }, 60_000);
});
