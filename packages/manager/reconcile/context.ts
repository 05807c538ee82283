/** What every reconciler is given. */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { Kysely } from 'kysely';
import type { TokenIssuer } from '../clusters/issuer-probe.ts';
import type { ClusterRegistry } from '../clusters/registry.ts';
import type { Database } from '../store/database.ts';
import { errorText } from './error-text.ts';
import type { RepairMemory } from './mender.ts';
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
  /** The issuer of people's tokens, to find out whether clusters trust it; left out where nobody wants to know. */
  issuer?: TokenIssuer;
  log: QueueLog;
  now(): Date;
  /** What was put back on clusters, so that nothing is put back too often. */
  repairs: RepairMemory;
  /** Something on the cluster failed that its own reconciler should look at, thoroughly and soon. */
  suspect(clusterId: string): void;
}

/** What a look at the cluster came to: the conditions to keep, and when to look again (never, when left out). */
export interface Findings {
  conditions: ConditionInput[];
  requeueAfterMs?: number;
}

/**
 * When to look again at a record whose cluster does not answer, in milliseconds. Its probe enqueues everything as soon as
 * the cluster is back; this is for what that misses. Spread, since there may be thousands.
 */
export function unreachableRecheckMs(): number {
  return 60_000 * (0.8 + Math.random() * 0.4);
}

/**
 * Puts down what the cluster refused, so that whoever looks at the record reads why, and lets the run fail, so that it
 * is tried again. An error that is not the cluster's only fails the run.
 *
 * @throws the error
 */
export async function failWithReason(
  context: ReconcileContext,
  clusterId: string,
  error: unknown,
  save: (condition: ConditionInput) => Promise<void>,
): Promise<never> {
  if (isKubeError(error)) {
    if (error.message.includes('failed calling webhook')) context.suspect(clusterId);
    await save(no('Synced', error.reason, `${errorText(error)} It is tried again.`));
  }
  throw error;
}

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
