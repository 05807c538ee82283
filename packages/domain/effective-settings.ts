/**
 * What holds for a tenant on a cluster, out of three levels: its plan, its own settings, and what was set for this one
 * cluster. A level that says something about a setting replaces what the level above says of it, whole: a quota that is
 * left out of the tenant's quotas is not taken from the plan, so that what an administrator reads is what holds.
 */
import type { EffectiveSettings, PlacementSpec, PlanSpec } from '@kubenova/knapi/schemas.ts';

/** The levels, the strongest last. A plan is absent where the tenant has none. */
export interface SettingsLevels {
  plan?: Pick<PlanSpec, 'quotas' | 'limits' | 'networkPolicies' | 'nodeSelector'>;
  tenant: PlacementSpec;
  placement: PlacementSpec;
}

/** Every setting with the value of the strongest level that has one; empty where none has. */
export function effectiveSettings({ plan = {}, tenant, placement }: SettingsLevels): EffectiveSettings {
  return {
    quotas: placement.quotas ?? tenant.quotas ?? plan.quotas ?? {},
    limits: placement.limits ?? tenant.limits ?? plan.limits ?? [],
    networkPolicies: placement.networkPolicies ?? tenant.networkPolicies ?? plan.networkPolicies ?? [],
    nodeSelector: placement.nodeSelector ?? tenant.nodeSelector ?? plan.nodeSelector ?? {},
  };
}
