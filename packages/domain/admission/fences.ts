/**
 * What fences a tenant's namespace in: rights, quotas, limit ranges, network policies, and tokens that would outlive a
 * membership. RBAC gives none of these to a tenant's people; this holds should somebody bind more to them than KubeNova
 * does, `edit` for one, which may write several of them.
 */
import { TENANT_ID } from '../labels.ts';
import type { Manifest } from '../manifest.ts';
import { USERS_GROUP } from '../names.ts';
import { policyObjects, rule } from './policy-objects.ts';

export function fencesPolicy(): Manifest[] {
  const writes = ['CREATE', 'UPDATE', 'DELETE'];
  return policyObjects('kubenova-fences', {
    matchConstraints: {
      namespaceSelector: { matchExpressions: [{ key: TENANT_ID, operator: 'Exists' }] },
      resourceRules: [
        rule([''], ['limitranges', 'resourcequotas', 'resourcequotas/status'], writes),
        rule(['networking.k8s.io'], ['networkpolicies'], writes),
        rule(['rbac.authorization.k8s.io'], ['rolebindings', 'roles'], writes),
        rule(['kyverno.io', 'policies.kyverno.io'], ['*'], writes),
        rule([''], ['serviceaccounts/token'], ['CREATE']),
      ],
    },
    validations: [
      {
        expression: `!('${USERS_GROUP}' in request.userInfo.?groups.orValue([]))`,
        message: "Rights, quotas, limits and policies of a tenant's namespace are set in KubeNova.",
      },
    ],
  });
}
