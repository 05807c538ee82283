/**
 * How a write is made: the rows, the audit entry and the reconcile keys in one transaction, so that either all of them
 * are there or none. An acknowledged write is therefore never lost, and never unaccounted for.
 */

import { createHash } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { Transaction } from 'kysely';
import { type AuditRecord, insertAudit } from '../store/audit.ts';
import type { Database } from '../store/database.ts';
import { isRetryable } from '../store/failures.ts';
import { type IdempotencyRecord, insertIdempotencyRecord, takeIdempotencyKey } from '../store/idempotency.ts';
import type { Call, Context } from './context.ts';

export type Work = Transaction<Database>;

/** What a write was about, for the audit. */
export interface Subject {
  /** `app:<id>` and the like. */
  object: string;
  tenantId: string | null;
  /** The status that will be answered. */
  status: number;
  /** What was given to whom, as by a role binding. Never a secret. */
  detail?: Record<string, unknown>;
}

export function auditRecord(call: Call, subject: Subject): AuditRecord {
  return {
    actor: call.caller.subject,
    operation: call.operation,
    outcome: 'allowed',
    sourceIp: call.sourceIp,
    ...subject,
  };
}

/** Runs a write in a transaction and records it. Two writes that deadlock are run again. */
export async function write<T>(
  context: Context,
  work: (trx: Work) => Promise<{ result: T; subject: Subject }>,
): Promise<T> {
  return inTransaction(context, async (trx) => {
    const { result, subject } = await work(trx);
    await insertAudit(trx, auditRecord(context.call, subject));
    return result;
  });
}

const ATTEMPTS = 3;

export async function inTransaction<T>(context: Context, work: (trx: Work) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await context.services.db.transaction().execute(work);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}

/** What a create leaves behind besides its rows. `idempotency` is there when the client sent a key. */
export interface Records {
  audit: AuditRecord;
  idempotency?: IdempotencyRecord;
}

export async function insertRecords(trx: Work, records: Records): Promise<void> {
  await insertAudit(trx, records.audit);
  if (records.idempotency !== undefined) await insertIdempotencyRecord(trx, records.idempotency);
}

export interface Creation<T> {
  /** The body of the request, which a repetition must have too. */
  body: unknown;
  id: string;
  subject: Subject;
  /** Makes the object and leaves the records. */
  create(trx: Work, records: Records): Promise<T>;
  /** Reads what an earlier request with the same key made; undefined when it is gone. */
  repeat(id: string): Promise<T | undefined>;
}

/**
 * Makes an object once: a repetition with the same `Idempotency-Key` and body answers what the first one made. Only what
 * succeeded is remembered; after a refusal the same key may be used again.
 *
 * @throws ApiError KN-409 while a request with the key runs, or when what it made is gone; KN-422 when the body differs
 */
export async function createOnce<T>(context: Context, creation: Creation<T>): Promise<T> {
  const { call } = context;
  const audit = auditRecord(call, creation.subject);
  if (call.idempotencyKey === undefined) return inTransaction(context, (trx) => creation.create(trx, { audit }));
  const idempotency: IdempotencyRecord = {
    actor: call.caller.subject,
    key: call.idempotencyKey,
    operation: call.operation,
    requestHash: createHash('sha256')
      .update(canonicalJson([call.operation, call.path, creation.body]))
      .digest(),
    status: creation.subject.status,
    objectId: creation.id,
  };
  const made = await inTransaction(context, async (trx): Promise<{ fresh: T } | { earlierId: string }> => {
    const state = await takeIdempotencyKey(trx, idempotency.actor, idempotency.key);
    if (state.kind === 'busy') {
      throw new ApiError('KN-409', 'A request with this Idempotency-Key is running. Wait for its answer, then repeat.');
    }
    if (state.kind === 'used') {
      if (state.earlier.operation !== call.operation || !state.earlier.requestHash.equals(idempotency.requestHash)) {
        throw new ApiError(
          'KN-422',
          'This Idempotency-Key was used for another request. Send the same request again, or take a new key.',
        );
      }
      return { earlierId: state.earlier.objectId };
    }
    return { fresh: await creation.create(trx, { audit, idempotency }) };
  });
  if ('fresh' in made) return made.fresh;
  const earlier = await creation.repeat(made.earlierId);
  if (earlier !== undefined) return earlier;
  throw new ApiError('KN-409', 'What this Idempotency-Key made is gone meanwhile. Take a new key to make it again.');
}
