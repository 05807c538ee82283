/**
 * What holds for a tenant on one cluster, all of it out of its records: the settings of three levels, and the policies of
 * its plan and its own.
 *
 * Most of it goes into the Capsule Tenant. What namespaces have to carry themselves is written on each of them, and not
 * handed to Capsule's `namespaceOptions.additionalMetadata`: a namespace has it from its first moment, whoever edits it is
 * found out and reported as with every other object of ours, and a label of a policy can take the place of one that every
 * namespace has.
 */
import type { EffectiveSettings, Owner, PlanSpec, PolicySetSpec } from '@kubenova/knapi/schemas.ts';
import { effectiveSettings, type SettingsLevels } from './effective-settings.ts';
import { NODE_SELECTOR } from './labels.ts';
import { type EffectsOfSets, policyEffects } from './policies/effects.ts';
import type { NamespaceMetadata } from './tenant-namespace.ts';

/** What the records say. */
export interface Tenancy extends SettingsLevels {
  plan?: PlanSpec;
  owners: Owner[];
  /** Those of the tenant on this cluster; those of its plan stand in the plan. */
  policySets: PolicySetSpec[];
}

/** What they come to. */
export interface TenancyOutcome {
  settings: EffectiveSettings;
  policies: EffectsOfSets;
}

export function tenancyOutcome(tenancy: Tenancy): TenancyOutcome {
  return {
    settings: effectiveSettings(tenancy),
    policies: policyEffects(policySetsOf(tenancy)),
  };
}

/** The policy sets of the plan and the tenant's own. */
export function policySetsOf({ plan, policySets }: Pick<Tenancy, 'plan' | 'policySets'>): PolicySetSpec[] {
  return [...(plan?.policySets ?? []), ...policySets];
}

/** What the tenant's namespaces carry of it. */
export function namespaceMetadata({ settings, policies }: TenancyOutcome): NamespaceMetadata {
  const selector = Object.entries(settings.nodeSelector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
  return {
    labels: policies.labels,
    annotations: { ...policies.annotations, ...(selector === '' ? {} : { [NODE_SELECTOR]: selector }) },
  };
}
