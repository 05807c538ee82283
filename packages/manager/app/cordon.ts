/** Cordoning: a cluster takes nothing new, and what is there goes on. */
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Cluster } from '@kubenova/knapi/schemas.ts';
import { lockCluster, setCordoned } from '../store/clusters.ts';
import { presentCluster } from './clusters.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { write } from './write.ts';

export function cordonCluster(context: Context): Promise<Outcome<Cluster>> {
  return cordon(context, true);
}

export function uncordonCluster(context: Context): Promise<Outcome<Cluster>> {
  return cordon(context, false);
}

/** Asking for what is so already changes nothing, and is answered as if it did. */
async function cordon(context: Context, cordoned: boolean): Promise<Outcome<Cluster>> {
  const { id } = context.target.cluster;
  const row = await write(context, async (trx) => {
    const current = await lockCluster(trx, id);
    if (current === undefined) throw notFound('cluster');
    requireMatch(context.call.ifMatch, current);
    const changed = current.cordoned !== cordoned;
    const result = changed ? await setCordoned(trx, id, cordoned) : current;
    if (changed) await context.services.enqueue(trx, `cluster:${id}`);
    return { result, subject: { object: `cluster:${id}`, tenantId: null, status: 200 } };
  });
  return ok(presentCluster(row, context.call.caller), etagOf(row));
}
