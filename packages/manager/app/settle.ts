/**
 * `?wait=`: holds an answer until the object is settled. Settled means that the reconciler (and for an App the Agent) has
 * acted on what was last asked for and has come to an end, good or bad; a deletion is settled when the record is gone.
 */
import type { ReconcileKey } from '../reconcile/key.ts';
import type { Context } from './context.ts';

interface Settleable {
  generation: number;
  deleting_at?: Date | null;
  status: { observedGeneration: number; phase: string };
}

const UNSETTLED = new Set(['Pending', 'Deploying', 'Deleting']);

export function isSettled(row: Settleable | undefined): boolean {
  if (row === undefined) return true;
  if (row.deleting_at !== undefined && row.deleting_at !== null) return false;
  return row.status.observedGeneration >= row.generation && !UNSETTLED.has(row.status.phase);
}

/**
 * Waits as long as the caller asked for.
 *
 * @param read reads the record anew
 * @returns the record as it is then; undefined when it is gone
 */
export async function settle<Row extends Settleable>(
  context: Context,
  key: ReconcileKey,
  row: Row,
  read: () => Promise<Row | undefined>,
): Promise<Row | undefined> {
  const { call, services } = context;
  if (call.waitMs === 0) return row;
  let latest: Row | undefined = row;
  const check = async () => {
    latest = await read();
    return isSettled(latest);
  };
  await services.changes.until(key, check, { timeoutMs: call.waitMs, signal: call.signal });
  return latest;
}
