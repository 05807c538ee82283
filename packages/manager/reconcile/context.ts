/** What every reconciler is given. */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import type { Kysely } from 'kysely';
import type { ClusterRegistry } from '../clusters/registry.ts';
import type { Database } from '../store/database.ts';
import type { QueueLog } from './worker.ts';

/** Seals and opens kubeconfigs, each bound to its cluster (`identity/sealing.ts`). */
export interface Sealing {
  seal(plaintext: string, context: string): Buffer;
  unseal(sealed: Buffer, context: string): string;
}

export interface ReconcileContext {
  db: Kysely<Database>;
  clusters: ClusterRegistry;
  sealing: Sealing;
  log: QueueLog;
  now(): Date;
}

/** What a look at the cluster came to: the conditions to keep, and when to look again (never, when left out). */
export interface Findings {
  conditions: ConditionInput[];
  requeueAfterMs?: number;
}

/** For a record whose cluster does not answer: its probe enqueues everything when it does; this is for the case it cannot. */
export const UNREACHABLE_RECHECK_MS = 60_000;

export function yes(type: string, reason: string, message: string): ConditionInput {
  return { type, status: 'True', reason, message };
}

export function no(type: string, reason: string, message: string): ConditionInput {
  return { type, status: 'False', reason, message };
}

export function unknown(type: string, reason: string, message: string): ConditionInput {
  return { type, status: 'Unknown', reason, message };
}

/**
 * How long to wait before the next look at something that is going: often at first, since most are gone within a
 * second, then ever less often.
 */
export function deletionRecheckMs(deletingAt: Date, now: Date): number {
  return Math.min(5_000, Math.max(200, (now.getTime() - deletingAt.getTime()) / 5));
}
