/**
 * The durable, keyed reconcile queue, on one table of the Manager's own database.
 *
 * What level-triggered reconciling asks of a queue is little, but all of it:
 *  1. a key is enqueued in the same transaction as the row that it speaks of, so that an acknowledged write always
 *     leads to a run;
 *  2. duplicates fold; a key that is enqueued while it runs is run once more afterwards, because the run may have
 *     read the state before the write;
 *  3. one run per key at a time, over all replicas;
 *  4. a replica that dies leaves nothing stuck for longer than a lease;
 *  5. a slow cluster uses up its own slots only.
 *
 * One row a key gives 1 and 2 by construction: `enqueue` raises `version`, and a run that ends looks whether it is
 * still the version that it took. Since both happen in a single UPDATE each, Postgres' row lock orders them: either
 * the enqueue commits first and the end of the run sees a new version, or it commits after and finds the key idle.
 * Leases give 3 and 4, lanes give 5 (worker.ts). docs/adr tells why no ready-made job queue is used.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import { parseReconcileKey, type ReconcileKey, type ReconcileKind } from './key.ts';

/** The channel on which `enqueue` wakes idle workers. */
export const QUEUE_CHANNEL = 'kubenova_queue';

/** Order within a lane. What nobody waits for comes last. */
export const PRIORITY = { write: 0, hint: 1, recheck: 2 } as const;

export interface EnqueueOptions {
  /** Not before this time; now when left out. A key that is already due earlier stays so. */
  runAt?: Date;
  /**
   * The enqueue is a hint (something on the cluster changed): it does not end the delay that a key has after it
   * failed. A user's write, the default, does.
   */
  preserveRunAt?: boolean;
}

/**
 * Asks for a run of `key` that begins after the caller's transaction commits. Never lost, folded with what is
 * already asked for.
 *
 * @param trx the transaction that writes the record, or the database itself for a hint
 */
export async function enqueue(
  trx: Kysely<Database>,
  key: ReconcileKey,
  { runAt, preserveRunAt = false }: EnqueueOptions = {},
): Promise<void> {
  const parsed = parseReconcileKey(key);
  if (parsed === undefined) throw new TypeError(`not a reconcile key: ${key}`);
  const dueAt = runAt === undefined ? sql`now()` : sql`${runAt}::timestamptz`;
  const insert = sql`
    INSERT INTO reconcile_queue AS q (key, lane, due_at, priority, writes)
    VALUES (${key}, coalesce(${laneOf(parsed)}, ${key}), ${dueAt}, ${preserveRunAt ? PRIORITY.hint : PRIORITY.write}, ${preserveRunAt ? 0 : 1})
    ON CONFLICT (key) DO UPDATE SET
      lane = excluded.lane,
      version = q.version + 1,
      writes = q.writes + excluded.writes,
      priority = least(q.priority, excluded.priority),
      due_at = CASE WHEN excluded.writes = 1 THEN least(q.due_at, excluded.due_at)
                    ELSE greatest(least(q.due_at, excluded.due_at), coalesce(q.held_until, '-infinity')) END,
      held_until = CASE WHEN excluded.writes = 1 THEN NULL ELSE q.held_until END
    RETURNING 1`;
  // A write is a new beginning: what failed before it says nothing of what will happen after it.
  const forget = preserveRunAt ? sql`` : sql`, forgotten AS (DELETE FROM reconcile_failures WHERE key = ${key})`;
  await sql`WITH queued AS (${insert}) ${forget} SELECT pg_notify(${QUEUE_CHANNEL}, '') FROM queued`.execute(trx);
}

/** Enqueues everything that a cluster holds, as hints: it has come back, and whatever was put off is due now. */
export function enqueueCluster(db: Kysely<Database>, clusterId: string): Promise<void> {
  return enqueueKeys(
    db,
    sql`
      SELECT 'placement:' || id AS key, cluster_id FROM placements WHERE cluster_id = ${clusterId}::uuid
      UNION ALL SELECT 'app:' || id, cluster_id FROM apps WHERE cluster_id = ${clusterId}::uuid
      UNION ALL SELECT 'sandbox:' || id, cluster_id FROM sandboxes WHERE cluster_id = ${clusterId}::uuid`,
  );
}

/** Enqueues a tenant's placements where its people come as ServiceAccounts, of which each project has its own. */
export function enqueueMemberAccounts(db: Kysely<Database>, tenantId: string): Promise<void> {
  return enqueueKeys(
    db,
    sql`
      SELECT 'placement:' || p.id AS key, p.cluster_id FROM placements p JOIN clusters c ON c.id = p.cluster_id
      WHERE p.tenant_id = ${tenantId}::uuid AND c.auth = 'serviceAccount'`,
  );
}

/** Enqueues what waits for a placement, as hints. */
export function enqueuePlacement(db: Kysely<Database>, placementId: string): Promise<void> {
  return enqueueKeys(
    db,
    sql`
      SELECT 'app:' || id AS key, cluster_id FROM apps WHERE placement_id = ${placementId}::uuid
      UNION ALL SELECT 'sandbox:' || id, cluster_id FROM sandboxes WHERE placement_id = ${placementId}::uuid`,
  );
}

/** Which placements a write concerns. */
export type PlacementsOf = { placementId: string } | { tenantId: string } | { planId: string };

/**
 * Asks for a run of every placement that a write concerns, in the transaction of that write and in one statement however
 * many there are: a plan may have a thousand tenants on as many clusters.
 *
 * @param namespaces whether what was written stands on the namespaces too, which then come after the placements
 */
export async function enqueuePlacements(
  trx: Kysely<Database>,
  of: PlacementsOf,
  { namespaces }: { namespaces: boolean },
): Promise<void> {
  const placements = sql`SELECT p.id, p.cluster_id FROM placements p WHERE ${concerned(of)}`;
  const held = sql`
    UNION ALL SELECT 'app:' || a.id, a.cluster_id, ${PRIORITY.hint}::smallint FROM apps a JOIN concerned c ON c.id = a.placement_id
    UNION ALL SELECT 'sandbox:' || s.id, s.cluster_id, ${PRIORITY.hint}::smallint FROM sandboxes s JOIN concerned c ON c.id = s.placement_id`;
  await sql`
    WITH concerned AS (${placements}), keys AS (
      SELECT 'placement:' || id AS key, cluster_id, ${PRIORITY.write}::smallint AS priority FROM concerned
      ${namespaces ? held : sql``}
    ), queued AS (
      INSERT INTO reconcile_queue AS q (key, lane, priority, writes)
      SELECT key, cluster_id::text, priority, 1 FROM keys ORDER BY key
      ON CONFLICT (key) DO UPDATE SET
        version = q.version + 1,
        writes = q.writes + 1,
        priority = least(q.priority, excluded.priority),
        due_at = least(q.due_at, excluded.due_at),
        held_until = NULL
      RETURNING 1
    ), forgotten AS (DELETE FROM reconcile_failures f USING keys WHERE f.key = keys.key)
    SELECT pg_notify(${QUEUE_CHANNEL}, '') FROM queued LIMIT 1`.execute(trx);
}

function concerned(of: PlacementsOf): RawBuilder<unknown> {
  if ('placementId' in of) return sql`p.id = ${of.placementId}::uuid`;
  if ('tenantId' in of) return sql`p.tenant_id = ${of.tenantId}::uuid`;
  return sql`p.tenant_id IN (SELECT id FROM tenants WHERE plan_id = ${of.planId}::uuid)`;
}

/** The sandboxes of a project, as hints: what it lets them be has changed. In the transaction of that write. */
export function enqueueSandboxesOf(db: Kysely<Database>, projectId: string): Promise<void> {
  return enqueueKeys(
    db,
    sql`SELECT 'sandbox:' || id AS key, cluster_id FROM sandboxes WHERE project_id = ${projectId}::uuid`,
  );
}

/**
 * Enqueues at most `limit` sandboxes whose end has come and that nobody has looked at since. Each has its own time in the
 * queue; this is for those that it does not know of, such as after a restore of the database.
 */
export function enqueueExpired(db: Kysely<Database>, limit: number): Promise<void> {
  return enqueueKeys(
    db,
    sql`
      SELECT 'sandbox:' || s.id AS key, s.cluster_id FROM sandboxes s
      WHERE s.expires_at <= now() AND s.deleting_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM reconcile_queue q
          WHERE q.key = 'sandbox:' || s.id AND (q.due_at <= now() OR q.held_until > now() OR q.locked_by IS NOT NULL))
      LIMIT ${limit}::int`,
  );
}

async function enqueueKeys(db: Kysely<Database>, keys: RawBuilder<unknown>): Promise<void> {
  await sql`
    WITH queued AS (
      INSERT INTO reconcile_queue AS q (key, lane, priority)
      SELECT key, cluster_id::text, ${PRIORITY.hint}::smallint FROM (SELECT * FROM (${keys}) AS wanted ORDER BY key) AS keys
      ON CONFLICT (key) DO UPDATE SET
        version = q.version + 1,
        priority = least(q.priority, excluded.priority),
        due_at = least(q.due_at, excluded.due_at),
        held_until = NULL
      RETURNING 1
    )
    SELECT pg_notify(${QUEUE_CHANNEL}, '') FROM queued LIMIT 1`.execute(db);
}

/** The queue's own key, by which the full scan runs once for all replicas. */
export const SCAN_KEY = 'scan:records';

const TABLES = { cluster: 'clusters', placement: 'placements', app: 'apps', sandbox: 'sandboxes' } as const;

/**
 * A cluster's probe has a lane of its own: it must run while everything else of that cluster waits. So has the sampler
 * of its usage, which reads all of its pods and must not keep others waiting for as long.
 */
function laneOf({ kind, id }: { kind: ReconcileKind; id: string }) {
  if (kind === 'cluster' || kind === 'usage') return sql`NULL::text`;
  return sql`(SELECT cluster_id::text FROM ${sql.table(TABLES[kind])} WHERE id = ${id}::uuid)`;
}
