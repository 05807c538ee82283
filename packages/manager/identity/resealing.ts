/**
 * Seals anew what an older key sealed. To change the key, add a line to the key file of every Manager and start them
 * again: each start does this, and once it has said that nothing is left, the old line may go.
 */
import type { Queryable } from '../store/connect.ts';
import {
  replaceSealedKubeconfig,
  replaceSealedSigningKey,
  type SealedRow,
  sealedKubeconfigs,
  sealedSigningKeys,
} from '../store/sealed.ts';
import { signingKeyContext } from './issuer.ts';
import { clusterContext, type Sealer } from './sealing.ts';

/** @returns how many were sealed anew */
export async function resealAll(db: Queryable, sealer: Sealer): Promise<number> {
  const stale = (row: SealedRow) => sealer.isStale(row.sealed);
  const again = (row: SealedRow, context: string) => sealer.seal(sealer.unseal(row.sealed, context), context);
  const kubeconfigs = (await sealedKubeconfigs(db)).filter(stale);
  for (const row of kubeconfigs) await replaceSealedKubeconfig(db, row, again(row, clusterContext(row.id)));
  const keys = (await sealedSigningKeys(db)).filter(stale);
  for (const row of keys) await replaceSealedSigningKey(db, row, again(row, signingKeyContext(row.id)));
  return kubeconfigs.length + keys.length;
}
