/** The admission plugins of a cluster, in the order in which the API server runs them. */
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin } from './admission.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podDefaults } from './pod-admission.ts';
import { podSecurity } from './pod-security.ts';
import { resourceQuota } from './resource-quota.ts';
import { validatingPolicies } from './validating-policy.ts';
import { webhooks } from './webhooks.ts';

export interface AdmissionParts {
  readonly store: Store;
  readonly resources: ResourceRegistry;
}

/** Every plugin's `mutate` runs before any plugin's `validate`, both in this order. */
export function createAdmission(parts: AdmissionParts): readonly AdmissionPlugin[] {
  const { store } = parts;
  return [
    namespaceLifecycle(store),
    limitRanger(store),
    podDefaults(store),
    podSecurity(store),
    validatingPolicies(parts),
    webhooks(parts),
    resourceQuota(store),
  ];
}
