/**
 * Hints of the watches, gathered for a moment and put into the queue in one statement: a cluster that comes back tells
 * of thousands of objects at once. Ids come from labels, which anybody with the right to label may have written, so
 * they are looked up: what names no record of that very cluster is dropped.
 */
import { isUuid } from '@kubenova/domain/names.ts';
import { type Kysely, sql } from 'kysely';
import type { Hint, HintOptions } from '../clusters/watcher.ts';
import type { Database } from '../store/database.ts';
import { PRIORITY, QUEUE_CHANNEL } from './queue.ts';

export interface Hints {
  add(clusterId: string, hint: Hint, options: HintOptions): void;
  /** Writes what is gathered, and takes no more. */
  close(): Promise<void>;
}

const GATHER_MS = 5;
const BULK_SPREAD_MS = 20_000;
/**
 * A hint for a key that runs just now mostly tells of what that run is writing. The look at it can wait for a moment, in
 * which more hints of the same deployment come in.
 */
const WHILE_RUNNING_MS = 200;

export function gatherHints(db: Kysely<Database>, onError: (error: unknown) => void): Hints {
  let gathered = new Map<string, { clusterId: string; hint: Hint; bulk: boolean }>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  let closed = false;

  function flush(): void {
    timer = undefined;
    const batch = [...gathered.values()];
    gathered = new Map();
    // One at a time, so that two batches never wait for each other's rows.
    writing = writing.then(() => write(db, batch)).catch(onError);
  }

  return {
    add(clusterId, hint, { bulk }) {
      if (closed || !isUuid(hint.id)) return;
      const key = `${clusterId}/${hint.kind}/${hint.id}`;
      const known = gathered.get(key);
      gathered.set(key, { clusterId, hint, bulk: bulk && (known?.bulk ?? true) });
      timer ??= setTimeout(flush, GATHER_MS);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      if (gathered.size > 0) flush();
      await writing;
    },
  };
}

async function write(db: Kysely<Database>, batch: { clusterId: string; hint: Hint; bulk: boolean }[]): Promise<void> {
  if (batch.length === 0) return;
  const clusters = batch.map((one) => one.clusterId);
  const kinds = batch.map((one) => one.hint.kind);
  const ids = batch.map((one) => one.hint.id);
  const spread = batch.map((one) => (one.bulk ? BULK_SPREAD_MS : 0));
  await sql`
    WITH hints AS (
      SELECT * FROM unnest(${clusters}::uuid[], ${kinds}::text[], ${ids}::uuid[], ${spread}::int[])
        AS h (cluster_id, kind, id, spread)
    ), keys AS (
      SELECT 'app:' || a.id AS key, a.cluster_id, h.spread FROM hints h
        JOIN apps a ON h.kind = 'app' AND a.id = h.id AND a.cluster_id = h.cluster_id
      UNION ALL SELECT 'sandbox:' || s.id, s.cluster_id, h.spread FROM hints h
        JOIN sandboxes s ON h.kind = 'sandbox' AND s.id = h.id AND s.cluster_id = h.cluster_id
      UNION ALL SELECT 'placement:' || p.id, p.cluster_id, h.spread FROM hints h
        JOIN placements p ON h.kind = 'tenant' AND p.tenant_id = h.id AND p.cluster_id = h.cluster_id
      ORDER BY key
    ), queued AS (
      INSERT INTO reconcile_queue AS q (key, lane, due_at, priority)
      SELECT key, cluster_id::text, now() + random() * spread * interval '1 millisecond', CASE WHEN spread > 0 THEN ${PRIORITY.recheck}::int ELSE ${PRIORITY.hint}::int END FROM keys
      ON CONFLICT (key) DO UPDATE SET
        version = q.version + 1,
        priority = CASE WHEN excluded.due_at <= now() THEN least(q.priority, excluded.priority) ELSE q.priority END,
        due_at = greatest(
          least(q.due_at, excluded.due_at),
          coalesce(q.held_until, '-infinity'),
          CASE WHEN q.locked_by IS NULL THEN '-infinity'
               ELSE now() + ${WHILE_RUNNING_MS}::int * interval '1 millisecond' END
        )
      RETURNING 1
    )
    SELECT pg_notify(${QUEUE_CHANNEL}, '') FROM queued LIMIT 1`.execute(db);
}
