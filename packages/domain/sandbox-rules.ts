/**
 * What sandboxes of a project may be: how many, how long, how large. A plan sets the frame for all of a tenant's
 * projects, a project may draw it tighter. Where both say something the tighter one holds, so that a plan that is
 * lowered holds at once, also against projects that were given more while it still allowed it.
 */
import type { ProblemError, Quotas, SandboxRules } from '@kubenova/knapi/schemas.ts';
import { parseQuantity } from './quantity.ts';
import { pointer } from './settings/pointer.ts';

/** A plan says nothing where the tenant has none. */
export interface SandboxRuleLevels {
  plan?: SandboxRules;
  project: SandboxRules;
}

/** Every rule with what holds of it; a rule that neither level sets is left out. `quotas` is empty where there are none. */
export interface EffectiveSandboxRules extends SandboxRules {
  quotas: Quotas;
}

export function effectiveSandboxRules({ plan = {}, project }: SandboxRuleLevels): EffectiveSandboxRules {
  const maxPerProject = smaller(plan.maxPerProject, project.maxPerProject);
  const maxTtlSeconds = smaller(plan.maxTtlSeconds, project.maxTtlSeconds);
  return {
    ...(maxPerProject === undefined ? {} : { maxPerProject }),
    ...(maxTtlSeconds === undefined ? {} : { maxTtlSeconds }),
    quotas: tighter(plan.quotas ?? {}, project.quotas ?? {}),
  };
}

/** Where a project's rules ask for more than its plan allows, with pointers below `at`. */
export function sandboxRuleProblems(
  project: SandboxRules,
  plan: SandboxRules = {},
  at: readonly string[] = [],
): ProblemError[] {
  const problems: ProblemError[] = [];
  for (const rule of ['maxPerProject', 'maxTtlSeconds'] as const) {
    const asked = project[rule];
    const allowed = plan[rule];
    if (asked !== undefined && allowed !== undefined && asked > allowed) {
      problems.push({
        pointer: pointer(...at, rule),
        detail: `The tenant's plan allows at most ${allowed}. Ask for that or less, or for another plan.`,
      });
    }
  }
  for (const [resource, asked] of Object.entries(project.quotas ?? {})) {
    const allowed = plan.quotas?.[resource];
    if (allowed !== undefined && exceeds(asked, allowed)) {
      problems.push({
        pointer: pointer(...at, 'quotas', resource),
        detail: `The tenant's plan allows a sandbox at most ${allowed}. Ask for that or less, or for another plan.`,
      });
    }
  }
  return problems;
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** What the project leaves out the plan still limits: leaving something out must not be a way to more. */
function tighter(plan: Quotas, project: Quotas): Quotas {
  const quotas: Quotas = { ...plan };
  for (const [resource, asked] of Object.entries(project)) {
    const allowed = plan[resource];
    quotas[resource] = allowed !== undefined && exceeds(asked, allowed) ? allowed : asked;
  }
  return quotas;
}

function exceeds(asked: string, allowed: string): boolean {
  return (parseQuantity(asked) ?? Number.POSITIVE_INFINITY) > (parseQuantity(allowed) ?? Number.POSITIVE_INFINITY);
}
