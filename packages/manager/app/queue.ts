/** The reconcile queue, as administrators see it. */
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Queue } from '@kubenova/knapi/schemas.ts';
import { parseReconcileKey, type ReconcileKey } from '../reconcile/key.ts';
import { queueState, reconcileRecordExists } from '../store/queue.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { write } from './write.ts';

export async function getQueue(context: Context): Promise<Outcome<Queue>> {
  const state = await queueState(context.services.db);
  return ok({
    depth: state.depth,
    oldestSeconds: state.oldestSeconds,
    failing: state.failing.map((row) => ({
      key: row.key,
      attempts: row.attempts,
      lastError: row.last_error,
      nextRunAt: row.next_run_at.toISOString(),
    })),
  });
}

/** Reconciles a key now: queued again, it runs without the rest of its backoff. */
export async function retryQueueKey(context: Context): Promise<Outcome<never>> {
  const key = context.target.parameter('key');
  await write(context, async (trx) => {
    const parsed = parseReconcileKey(key);
    const stands = parsed !== undefined && (await reconcileRecordExists(trx, parsed.kind, parsed.id));
    if (!stands) throw notFound('reconcile key');
    await context.services.enqueue(trx, key as ReconcileKey);
    return { result: undefined, subject: { object: key, tenantId: null, status: 202 } };
  });
  return { kind: 'accepted' };
}
