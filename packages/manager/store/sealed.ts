/** What is kept sealed, for sealing it anew after the key was changed. */
import type { Queryable } from './connect.ts';

export interface SealedRow {
  id: string;
  sealed: Buffer;
}

export async function sealedKubeconfigs(db: Queryable): Promise<SealedRow[]> {
  return db.selectFrom('clusters').select(['id', 'sealed_kubeconfig as sealed']).execute();
}

export async function sealedSigningKeys(db: Queryable): Promise<SealedRow[]> {
  return db.selectFrom('signing_keys').select(['kid as id', 'sealed_private_jwk as sealed']).execute();
}

/** Replaces the sealed bytes where they are still those that were read: a new kubeconfig must not be undone. */
export async function replaceSealedKubeconfig(db: Queryable, row: SealedRow, sealed: Buffer): Promise<void> {
  await db
    .updateTable('clusters')
    .set({ sealed_kubeconfig: sealed })
    .where('id', '=', row.id)
    .where('sealed_kubeconfig', '=', row.sealed)
    .execute();
}

export async function replaceSealedSigningKey(db: Queryable, row: SealedRow, sealed: Buffer): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ sealed_private_jwk: sealed })
    .where('kid', '=', row.id)
    .where('sealed_private_jwk', '=', row.sealed)
    .execute();
}
