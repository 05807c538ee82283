/**
 * The full scan: every few minutes each record is enqueued, so that a lost hint or a silent watch costs time, never
 * correctness. The keys are spread over most of the interval, so that a scan is a trickle and not a flood.
 */
import type { Pool } from 'pg';
import { PRIORITY } from './queue.ts';

/** @param spreadMs over how long the keys become due, in milliseconds */
export async function enqueueAllRecords(pool: Pool, spreadMs: number): Promise<void> {
  await pool.query(
    `INSERT INTO reconcile_queue AS q (key, lane, due_at, priority)
     SELECT key, lane, now() + random() * $1::float8 * interval '1 millisecond', $2 FROM (
       SELECT 'cluster:' || id AS key, 'cluster:' || id AS lane FROM clusters
       UNION ALL SELECT 'usage:' || id, 'usage:' || id FROM clusters
       UNION ALL SELECT 'placement:' || id, cluster_id::text FROM placements
       UNION ALL SELECT 'app:' || id, cluster_id::text FROM apps
       UNION ALL SELECT 'sandbox:' || id, cluster_id::text FROM sandboxes
       ORDER BY key
     ) AS keys
     ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, priority = excluded.priority, version = q.version + 1
       WHERE q.due_at = 'infinity'`,
    [spreadMs, PRIORITY.recheck],
  );
}
