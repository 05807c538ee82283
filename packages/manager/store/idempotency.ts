/** What a client's `Idempotency-Key` stood for, for a day. */
import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from './connect.ts';

export interface IdempotencyRecord {
  actor: string;
  key: string;
  operation: string;
  requestHash: Buffer;
  status: number;
  objectId: string;
}

export interface EarlierRequest {
  operation: string;
  requestHash: Buffer;
  status: number;
  objectId: string;
}

/** Whether another request with the key is running right now, or what an earlier one made. */
export type KeyState = { kind: 'busy' } | { kind: 'new' } | { kind: 'used'; earlier: EarlierRequest };

/**
 * Takes the key until the transaction ends. Two requests with one key at the same time: the second one finds it busy,
 * instead of waiting for the first.
 */
export async function takeIdempotencyKey(db: Queryable, actor: string, key: string): Promise<KeyState> {
  const lock = await sql<{ got: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`idempotency:${JSON.stringify([actor, key])}`}, 0)) as got`.execute(
    db,
  );
  if (lock.rows[0]?.got !== true) return { kind: 'busy' };
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['operation', 'request_hash', 'status', 'object_id'])
    .where('actor', '=', actor)
    .where('key', '=', key)
    .where('created_at', '>', sql<Date>`now() - interval '1 day'`)
    .executeTakeFirst();
  if (row === undefined || row.status === null || row.object_id === null) return { kind: 'new' };
  return {
    kind: 'used',
    earlier: {
      operation: row.operation,
      requestHash: row.request_hash,
      status: row.status,
      objectId: row.object_id,
    },
  };
}

/** The insert as a fragment, so that it can ride in the statement of the write; a record older than a day gives way. */
export function idempotencyInsert(record: IdempotencyRecord): RawBuilder<unknown> {
  return sql`insert into idempotency_keys as kept (actor, key, operation, request_hash, status, object_id)
    values (${record.actor}, ${record.key}, ${record.operation}, ${record.requestHash}, ${record.status}::integer, ${record.objectId}::uuid)
    on conflict (actor, key) do update set operation = excluded.operation, request_hash = excluded.request_hash,
      status = excluded.status, object_id = excluded.object_id, created_at = now()
    where kept.created_at <= now() - interval '1 day'`;
}

export async function insertIdempotencyRecord(db: Queryable, record: IdempotencyRecord): Promise<void> {
  await idempotencyInsert(record).execute(db);
}

/** Forgets keys older than a day. */
export async function forgetIdempotencyKeys(db: Queryable): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('created_at', '<', sql<Date>`now() - interval '1 day'`).execute();
}
