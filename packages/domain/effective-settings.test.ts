import type { PlacementSpec } from '@kubenova/knapi/schemas.ts';
import { describe, expect, it } from 'vitest';
import { effectiveSettings } from './effective-settings.ts';

const plan = { quotas: { 'limits.cpu': '4', pods: '20' }, nodeSelector: { pool: 'shared' } };

describe('what holds for a tenant on a cluster', () => {
  const cases: { reason: string; tenant: PlacementSpec; placement: PlacementSpec; quotas: object; without?: true }[] = [
    { reason: 'nothing is said anywhere', tenant: {}, placement: {}, quotas: {}, without: true },
    { reason: 'only the plan says something', tenant: {}, placement: {}, quotas: plan.quotas },
    {
      reason: 'the tenant replaces the plan, whole',
      tenant: { quotas: { pods: '5' } },
      placement: {},
      quotas: { pods: '5' },
    },
    {
      reason: 'the cluster replaces the tenant',
      tenant: { quotas: { pods: '5' } },
      placement: { quotas: { pods: '9' } },
      quotas: { pods: '9' },
    },
    { reason: 'an empty value is a value', tenant: {}, placement: { quotas: {} }, quotas: {} },
  ];
  it.each(cases)('$reason', ({ tenant, placement, quotas, without }) => {
    const settings = effectiveSettings({ ...(without ? {} : { plan }), tenant, placement });
    expect(settings.quotas).toEqual(quotas);
    expect(settings).toMatchObject({ limits: [], networkPolicies: [], nodeSelector: without ? {} : plan.nodeSelector });
  });
});
