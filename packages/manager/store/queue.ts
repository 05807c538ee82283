/** What administrators see of the reconcile queue: the keys that wait, and what keeps failing. */
import { type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { ReconcileFailuresTable } from './database.ts';

export interface QueueDepth {
  /** Keys that are due and wait for a worker. */
  depth: number;
  /** How long the first of them has waited. */
  oldestSeconds: number;
}

export interface QueueState extends QueueDepth {
  failing: Selectable<ReconcileFailuresTable>[];
}

export async function queueState(db: Queryable): Promise<QueueState> {
  const failing = await db.selectFrom('reconcile_failures').selectAll().orderBy('next_run_at').limit(100).execute();
  return { ...(await queueDepth(db)), failing };
}

export async function queueDepth(db: Queryable): Promise<QueueDepth> {
  const result = await sql<{ depth: number; oldest: number }>`
    select count(*)::integer as depth, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as oldest
    from reconcile_queue where locked_by is null and due_at <= now()`.execute(db);
  const row = result.rows[0];
  return { depth: row?.depth ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

const TABLES = {
  cluster: 'clusters',
  placement: 'placements',
  app: 'apps',
  sandbox: 'sandboxes',
  usage: 'clusters',
} as const;

/** Whether the record that a reconcile key names still stands. */
export async function reconcileRecordExists(db: Queryable, kind: keyof typeof TABLES, id: string): Promise<boolean> {
  const table = sql.table(TABLES[kind]);
  const result = await sql`select 1 from ${table} where id = ${id}::uuid`.execute(db);
  return result.rows.length > 0;
}
