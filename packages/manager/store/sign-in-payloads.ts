/**
 * What the embedded OpenID Connect provider remembers: sessions, grants, codes, refresh tokens. Rows are known by a hash
 * of their id wherever the id itself would let somebody in, and go when their time is up.
 */
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';

export interface SignInPayload {
  model: string;
  id: string;
  payload: Record<string, unknown>;
  grantId: string | null;
  userCode: string | null;
  uid: string | null;
  /** Name of the own account that it belongs to; it goes with that account. */
  account: string | null;
  /** After which it may be forgotten; undefined is never. */
  expiresAt: Date | null;
}

export interface StoredPayload {
  id: string;
  payload: Record<string, unknown>;
  consumedAt: Date | null;
}

/** How long a used-up token is remembered, to notice that it is used again. */
const CONSUMED_FOR = sql`interval '1 day'`;

export async function putSignInPayload(db: Queryable, row: SignInPayload): Promise<void> {
  await sql`
    insert into sign_in_payloads (model, id, payload, grant_id, user_code, uid, account_id, expires_at)
    values (${row.model}, ${row.id}, ${JSON.stringify(row.payload)}::jsonb, ${row.grantId}, ${row.userCode}, ${row.uid},
      (select id from accounts where name = ${row.account}), ${row.expiresAt})
    on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
      user_code = excluded.user_code, uid = excluded.uid, account_id = excluded.account_id,
      expires_at = excluded.expires_at`.execute(db);
}

export type PayloadKey = { id: string } | { uid: string } | { userCode: string };

export async function findSignInPayload(
  db: Queryable,
  model: string,
  key: PayloadKey,
): Promise<StoredPayload | undefined> {
  const query = db
    .selectFrom('sign_in_payloads')
    .select(['id', 'payload', 'consumed_at as consumedAt'])
    .where('model', '=', model);
  if ('id' in key) return query.where('id', '=', key.id).executeTakeFirst();
  if ('uid' in key) return query.where('uid', '=', key.uid).executeTakeFirst();
  return query.where('user_code', '=', key.userCode).executeTakeFirst();
}

/** Marks it as used up. Of several who try at once only one is told true. */
export async function consumeSignInPayload(db: Queryable, model: string, id: string): Promise<boolean> {
  const result = await db
    .updateTable('sign_in_payloads')
    .set({ consumed_at: sql<Date>`now()`, expires_at: sql<Date>`least(expires_at, now() + ${CONSUMED_FOR})` })
    .where('model', '=', model)
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Notes that a device asks whether somebody has confirmed it; answers when it asked before. */
export async function notePoll(db: Queryable, id: string, now: Date): Promise<Date | undefined> {
  const result = await sql<{ before: string | null }>`
    with before as (
      select id, payload ->> 'polledAt' as polled_at from sign_in_payloads
      where model = 'DeviceCode' and id = ${id} for update
    )
    update sign_in_payloads as p set payload = p.payload || jsonb_build_object('polledAt', ${now.toISOString()}::text)
    from before where p.model = 'DeviceCode' and p.id = before.id
    returning before.polled_at as before`.execute(db);
  const before = result.rows[0]?.before;
  return before === undefined || before === null ? undefined : new Date(before);
}

export async function deleteSignInPayload(db: Queryable, model: string, id: string): Promise<void> {
  await db.deleteFrom('sign_in_payloads').where('model', '=', model).where('id', '=', id).execute();
}

/** Ends what was given out under a grant. */
export async function deleteSignInPayloadsOfGrant(db: Queryable, model: string, grantId: string): Promise<void> {
  await db.deleteFrom('sign_in_payloads').where('grant_id', '=', grantId).where('model', '=', model).execute();
}

/** Forgets everything of a grant, the grant itself too: somebody has used a token of it that was used up. */
export async function deleteGrantWhole(db: Queryable, grantId: string): Promise<void> {
  await db
    .deleteFrom('sign_in_payloads')
    .where((where) =>
      where.or([where('grant_id', '=', grantId), where.and([where('model', '=', 'Grant'), where('id', '=', grantId)])]),
    )
    .execute();
}

/** Sweeps what has expired; clocks may differ by a minute. Answers how many went. */
export async function forgetSignInPayloads(db: Queryable): Promise<number> {
  const result = await db
    .deleteFrom('sign_in_payloads')
    .where('expires_at', '<', sql<Date>`now() - interval '1 minute'`)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
