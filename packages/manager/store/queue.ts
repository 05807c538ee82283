/** What administrators see of the reconcile queue: the keys that wait and our record of failures. */
import { type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { ReconcileFailuresTable } from './database.ts';

export interface QueueState {
  depth: number;
  oldestSeconds: number;
  failing: Selectable<ReconcileFailuresTable>[];
}

/** Depth counts the keys that wait; its oldest is how long the first of those that are due has waited. */
export async function queueState(db: Queryable): Promise<QueueState> {
  const failing = await db.selectFrom('reconcile_failures').selectAll().orderBy('next_run_at').limit(100).execute();
  return { ...(await queueDepth(db)), failing };
}

export async function queueDepth(db: Queryable): Promise<{ depth: number; oldestSeconds: number }> {
  const result = await sql<{ depth: number; oldest: number }>`
    select count(*)::integer as depth,
      coalesce(extract(epoch from now() - min(due_at) filter (where locked_by is null)), 0)::float8 as oldest
    from reconcile_queue where (due_at <= now() or locked_by is not null) and key not like 'scan:%'`.execute(db);
  const row = result.rows[0];
  return { depth: row?.depth ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

/** The id in a reconcile key, if a record of its kind still stands. */
export async function reconcileKeyExists(db: Queryable, key: string): Promise<boolean> {
  const [kind, id] = key.split(':');
  const tables = { cluster: 'clusters', placement: 'placements', app: 'apps', sandbox: 'sandboxes' } as const;
  if (kind === undefined || id === undefined || !(kind in tables)) return false;
  const table = tables[kind as keyof typeof tables];
  const result = await sql<{ one: number }>`select 1 as one from ${sql.table(table)} where id = ${id}::uuid`.execute(db);
  return result.rows.length > 0;
}
