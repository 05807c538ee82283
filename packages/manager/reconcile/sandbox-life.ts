/**
 * The end of a sandbox: when it is to be warned of, when it is there, and when to look again. All of it goes by the
 * database's clock, which every Manager shares.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import type { SandboxIdentity } from '@kubenova/domain/identity.ts';
import { type LifeStage, lifeStage } from '@kubenova/domain/sandbox-life.ts';
import { expiringEvent, expiringMessage } from '@kubenova/domain/sandbox-objects.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { expireSandbox, loadSandbox, type SandboxRecord } from '../store/status/sandboxes.ts';
import { apply } from './apply.ts';
import { yes } from './context.ts';
import type { RunResult } from './worker.ts';

/** A sandbox with an end is looked at as often as the full scan looks at the others, which passes it by. */
const LOOK_EVERY_MS = 300_000;
/** A timer may come a little early; a look after the end finds it expired. */
const AFTER_MS = 5;

function stageOf({ deletingAt, createdAt, expiresAt, remainingMs }: SandboxRecord): LifeStage | undefined {
  if (deletingAt !== null || expiresAt === null || remainingMs === null) return undefined;
  return lifeStage({ createdAt, expiresAt }, remainingMs);
}

/** The sandbox as it is when its end, should it have come, has been acted on. */
export async function loadLivingSandbox(db: Kysely<Database>, id: string): Promise<SandboxRecord | undefined> {
  const sandbox = await loadSandbox(db, id);
  if (sandbox === undefined || stageOf(sandbox)?.stage !== 'expired') return sandbox;
  await expireSandbox(db, id);
  return loadSandbox(db, id);
}

/** `Expiring`, while a sandbox comes to its end. */
export function expiringConditions(sandbox: SandboxRecord, identity: SandboxIdentity): ConditionInput[] {
  const { expiresAt } = sandbox;
  if (expiresAt === null || stageOf(sandbox)?.stage !== 'expiring') return [];
  return [yes('Expiring', 'EndsSoon', expiringMessage(identity, expiresAt))];
}

/**
 * Tells of the coming end where kubectl shows it, once for each end that is announced. It is a courtesy: a cluster that
 * does not take the event (an older installation of KubeNova's roles, for one) goes without.
 */
export async function warnOnCluster(
  kube: KubeClient,
  sandbox: SandboxRecord,
  identity: SandboxIdentity,
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  const { expiresAt, status } = sandbox;
  const [expiring] = expiringConditions(sandbox, identity);
  if (expiring === undefined || expiresAt === null) return;
  if (status.conditions.some(({ type, message }) => type === 'Expiring' && message === expiring.message)) return;
  try {
    await apply(kube, expiringEvent(identity, expiresAt, now), signal);
  } catch (error) {
    if (!isKubeError(error, 'Forbidden', 'Invalid', 'BadRequest', 'NotFound')) throw error;
  }
}

/**
 * The result of a run, with the next look no later than what is coming in the sandbox's life.
 *
 * @param elapsedMs since the sandbox was loaded
 */
export function untilNextStage(sandbox: SandboxRecord, result: RunResult, elapsedMs: number): RunResult {
  const stage = stageOf(sandbox);
  if (result === 'gone' || stage === undefined) return result;
  const leftMs = stage.stage === 'expired' ? 0 : Math.max(0, stage.leftMs - elapsedMs) + AFTER_MS;
  return { requeueAfterMs: Math.min(leftMs, LOOK_EVERY_MS, result?.requeueAfterMs ?? Number.POSITIVE_INFINITY) };
}
