/** The rules of the policy catalogue, one policy a type, in the namespaces of tenants. */
import { TENANT_ID } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { admissionSpec } from '../policies/admission-rule.ts';
import { admissionPolicyName } from '../policies/availability.ts';
import { catalogue } from '../policies/catalogue.ts';
import { policyObjects } from './policy-objects.ts';

export function tenantPolicies(): Manifest[] {
  return [...catalogue.values()].flatMap(({ type, admission }) => {
    if (admission === undefined) return [];
    const { matchConstraints, ...spec } = admissionSpec(type, admission);
    const namespaceSelector = { matchExpressions: [{ key: TENANT_ID, operator: 'Exists' }] };
    return policyObjects(admissionPolicyName(type), {
      ...spec,
      matchConstraints: { ...matchConstraints, namespaceSelector },
    });
  });
}
