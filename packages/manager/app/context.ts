/**
 * What every use-case is given: the services that it may use, the call that it answers, and what the call's path names.
 *
 * Use-cases know nothing of HTTP. They answer an `Outcome`, or throw an `ApiError`; the edge turns both into a response.
 */
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import type { Kysely } from 'kysely';
import type { MemberTokens } from '../clusters/member-tokens.ts';
import type { Caller } from '../identity/caller.ts';
import type { Issuer } from '../identity/issuer.ts';
import type { Sealer } from '../identity/sealing.ts';
import type { SignInService } from '../identity/sign-in/sign-in.ts';
import type { ReconcileKey } from '../reconcile/key.ts';
import type { Queryable } from '../store/connect.ts';
import type { Database } from '../store/database.ts';
import type { Changes } from './changes.ts';
import type { Target } from './target.ts';

/** Puts a key into the reconcile queue, in the transaction of the write that calls for it. */
export type Enqueue = (trx: Queryable, key: ReconcileKey) => Promise<void>;

export interface Services {
  db: Kysely<Database>;
  sealer: Sealer;
  issuer: Issuer;
  signIn: SignInService;
  memberTokens: MemberTokens;
  changes: Changes;
  enqueue: Enqueue;
  version: string;
}

/** One call of one operation by one caller. */
export interface Call {
  caller: Caller;
  operation: OperationId;
  sourceIp: string;
  /** The path as it was asked for, without its query. */
  path: string;
  /** Where the caller finds this Manager, such as `https://kubenova.example.com`. */
  origin: string;
  ifMatch?: string;
  idempotencyKey?: string;
  /** How long the caller wants to wait for the object to settle, in milliseconds; 0 is not at all. */
  waitMs: number;
  /** Aborted when the caller has gone away or the Manager stops. */
  signal: AbortSignal;
}

export interface Context {
  services: Services;
  call: Call;
  target: Target;
}

/** What became of a call: `accepted` is on its way, `gone` has no body any more. */
export type OutcomeKind = 'ok' | 'created' | 'accepted' | 'gone';

export interface Outcome<Body> {
  kind: OutcomeKind;
  body?: Body;
  etag?: string;
}

export function ok<Body>(body: Body, etag?: string): Outcome<Body> {
  return { kind: 'ok', body, etag };
}
