/**
 * Whether there is room for another sandbox, which number it gets, and how long it may live. The number is chosen and the
 * sandboxes are counted under one lock, so that requests at the same time get different numbers and never one too many.
 */
import { sandboxNamespace } from '@kubenova/domain/names.ts';
import { effectiveSandboxRules, type SandboxRuleLevels } from '@kubenova/domain/sandbox-rules.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import { heldNamespaces } from '../store/namespaces.ts';
import { lockSandboxNumbers, type SandboxHoldings, sandboxHoldings } from '../store/sandboxes.ts';
import type { Context } from './context.ts';
import { conflict, invalid } from './names.ts';
import type { Work } from './write.ts';

/** What the project holds on the cluster. Nobody else makes a sandbox there until the transaction ends. */
export async function lockHoldings(trx: Work, context: Context): Promise<SandboxHoldings> {
  await lockSandboxNumbers(trx, context.target.cluster.id, context.target.project.id);
  return holdingsOf(trx, context);
}

/** @throws ApiError KN-404 when the project is gone meanwhile */
export async function holdingsOf(trx: Work, context: Context): Promise<SandboxHoldings> {
  const { cluster, project } = context.target;
  const holdings = await sandboxHoldings(trx, cluster.id, project.id);
  if (holdings === undefined) throw notFound('project');
  return holdings;
}

/** @throws ApiError KN-409 when the project has as many sandboxes as it may */
export function requireRoom(context: Context, { numbers, leaving, levels }: SandboxHoldings): void {
  const { maxPerProject: most } = effectiveSandboxRules(levels);
  if (most === undefined || numbers.length < most) return;
  const { cluster, project } = context.target;
  if (most === 0) {
    throw conflict(
      `Project ${project.name} may have no sandboxes: maxPerProject is 0, in its own rules or in the tenant's plan. Ask for more than 0 there.`,
    );
  }
  const going = leaving === 0 ? '' : `, ${leaving} of them on the way out`;
  throw conflict(
    `Project ${project.name} has ${numbers.length} sandboxes on cluster ${cluster.name}${going}, and may have ${most}. Delete one and wait until it is gone, or ask for a higher maxPerProject.`,
  );
}

/**
 * How long a new sandbox lives, in seconds: what was asked for, else the longest life that is allowed, else for ever.
 *
 * @throws ApiError KN-422 when it is more than the rules allow
 */
export function lifetime(asked: number | undefined, levels: SandboxRuleLevels): number | null {
  const { maxTtlSeconds: longest } = effectiveSandboxRules(levels);
  if (asked !== undefined && longest !== undefined && asked > longest) throw tooLong(longest);
  return asked ?? longest ?? null;
}

/**
 * The same for a sandbox that is there: null asks for no end. Rules that were drawn tighter since it was made hold for
 * what is asked for now, and take nothing away from what it has.
 *
 * @throws ApiError KN-422 when it is more than the rules allow
 */
export function requireLifetime(asked: number | null, { levels }: SandboxHoldings): void {
  const { maxTtlSeconds: longest } = effectiveSandboxRules(levels);
  if (longest !== undefined && (asked === null || asked > longest)) throw tooLong(longest);
}

function tooLong(longest: number): Error {
  return invalid(
    '/ttlSeconds',
    `A sandbox of this project lives for at most ${longest} seconds. Ask for that or less; it can be extended before it ends.`,
  );
}

/** How many numbers are looked at in one statement; more are only looked at when Apps hold all of these namespaces. */
const BATCH = 16;

/** The lowest number that neither a record nor a namespace holds. */
export async function nextFree(
  trx: Work,
  context: Context,
  used: ReadonlySet<number>,
): Promise<{ number: number; namespace: string }> {
  const { cluster, tenant, project } = context.target;
  for (let number = 1; ; ) {
    const candidates: { number: number; namespace: string }[] = [];
    for (; candidates.length < BATCH; number += 1) {
      if (used.has(number)) continue;
      const namespace = sandboxNamespace({ tenant: tenant.name, project: project.name, number });
      candidates.push({ number, namespace });
    }
    const held = await heldNamespaces(
      trx,
      cluster.id,
      candidates.map((candidate) => candidate.namespace),
    );
    const free = candidates.find((candidate) => !held.has(candidate.namespace));
    if (free !== undefined) return free;
  }
}
