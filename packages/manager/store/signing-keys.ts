/** Keys of the OIDC issuer; their private halves are sealed. */
import { type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { SigningKeysTable } from './database.ts';

export type SigningKeyRow = Selectable<SigningKeysTable>;

/** The key that signs now. */
export function currentSigningKey(db: Queryable): Promise<SigningKeyRow | undefined> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where('retired_at', 'is', null)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Keys that tokens still in circulation may be signed with: the current one and those retired since the given time. */
export function verifyingKeys(db: Queryable, retiredSince: Date): Promise<SigningKeyRow[]> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where((where) => where.or([where('retired_at', 'is', null), where('retired_at', '>', retiredSince)]))
    .orderBy('created_at', 'desc')
    .execute();
}

/** Lets one Manager at a time make or retire a key. */
export async function lockSigningKeys(db: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('signing-keys', 0))`.execute(db);
}

export async function insertSigningKey(
  db: Queryable,
  key: { kid: string; algorithm: string; publicJwk: Record<string, unknown>; sealedPrivateJwk: Buffer },
): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      algorithm: key.algorithm,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private_jwk: key.sealedPrivateJwk,
    })
    .execute();
}

export async function retireSigningKeys(db: Queryable, butNot: string): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ retired_at: sql<Date>`now()` })
    .where('retired_at', 'is', null)
    .where('kid', '!=', butNot)
    .execute();
}
