/** The catalogue as a cluster has it: what its parts can enforce. */
import type { Condition, PolicyDefinition } from '@kubenova/knapi/schemas.ts';
import type { ClusterFacts } from '../cluster-capabilities.ts';
import { findCondition, isTrue } from '../conditions.ts';
import { catalogue } from './catalogue.ts';
import type { CatalogueEntry } from './policy-type.ts';

/** The name of the admission policy that holds a type. */
export function admissionPolicyName(type: string): string {
  return `kubenova-policy-${type}`;
}

/** Every policy; what is not known of a cluster yet is not available there. */
export function policyCatalogue(conditions: readonly Condition[], facts: ClusterFacts | undefined): PolicyDefinition[] {
  return [...catalogue.values()].map((policy) => ({
    type: policy.type,
    title: policy.title,
    description: policy.description,
    engine: policy.engine,
    available: isAvailable(policy, conditions, facts),
    schema: { ...policy.schema, examples: [policy.example] },
  }));
}

function isAvailable(
  { type, engine }: CatalogueEntry,
  conditions: readonly Condition[],
  facts: ClusterFacts | undefined,
): boolean {
  switch (engine) {
    case 'admissionPolicy':
      return facts !== undefined && !facts.policies.missing.includes(admissionPolicyName(type));
    case 'capsule':
      return isTrue(conditions, 'CapsuleReady');
    case 'kyverno':
      return facts?.kyvernoKinds.includes('Policy') ?? false;
    case 'podSecurity':
      return findCondition(conditions, 'Reachable') !== undefined;
  }
}
