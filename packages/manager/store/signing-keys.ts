/** Keys of the OIDC issuer; their private halves are sealed. */
import { type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { SigningKeysTable } from './database.ts';

export type SigningKeyRow = Selectable<SigningKeysTable>;

/** The key that signs at the time: the newest whose turn has come. */
export function currentSigningKey(db: Queryable, now: Date): Promise<SigningKeyRow | undefined> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where('signs_from', '<=', now)
    .orderBy('signs_from', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The newest key, whether its turn has come or not. */
export function newestSigningKey(db: Queryable): Promise<SigningKeyRow | undefined> {
  return db.selectFrom('signing_keys').selectAll().orderBy('signs_from', 'desc').limit(1).executeTakeFirst();
}

/** Keys that are published: the next, the one that signs, and those that stopped signing after the given time. */
export function publishedKeys(db: Queryable, retiredSince: Date): Promise<SigningKeyRow[]> {
  return db
    .selectFrom('signing_keys')
    .selectAll()
    .where((where) => where.or([where('retired_at', 'is', null), where('retired_at', '>', retiredSince)]))
    .orderBy('signs_from', 'desc')
    .execute();
}

/** Lets one Manager at a time make or retire a key. */
export async function lockSigningKeys(db: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('signing-keys', 0))`.execute(db);
}

export interface NewSigningKey {
  kid: string;
  algorithm: string;
  publicJwk: Record<string, unknown>;
  sealedPrivateJwk: Buffer;
  createdAt: Date;
  signsFrom: Date;
}

export function insertSigningKey(db: Queryable, key: NewSigningKey): Promise<SigningKeyRow> {
  return db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      algorithm: key.algorithm,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private_jwk: key.sealedPrivateJwk,
      created_at: key.createdAt,
      signs_from: key.signsFrom,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The other keys sign until then. */
export async function retireSigningKeys(db: Queryable, options: { butNot: string; from: Date }): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ retired_at: options.from })
    .where('retired_at', 'is', null)
    .where('kid', '!=', options.butNot)
    .execute();
}

/** Removes keys with whose tokens nobody can come any more. */
export async function forgetSigningKeys(db: Queryable, retiredBefore: Date): Promise<void> {
  await db.deleteFrom('signing_keys').where('retired_at', '<', retiredBefore).execute();
}
