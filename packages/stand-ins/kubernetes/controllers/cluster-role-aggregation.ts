/**
 * Keeps the rules of an aggregated ClusterRole at those of the roles that its selectors choose.
 * Source: Kubernetes, "Using RBAC Authorization", aggregated ClusterRoles.
 */
import { isDeepStrictEqual } from 'node:util';
import { ClusterRole } from '@kubenova/kube/kinds/rbac.ts';
import { aggregatedRules } from '@kubenova/kube-sim/auth/aggregation.ts';
import { CLUSTER_ROLES } from '@kubenova/kube-sim/auth/rbac.ts';
import type { Controller } from './controller.ts';

export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation-controller',
  watches: [CLUSTER_ROLES],
  // Any role may be a part of any aggregated one, and there are few of these.
  keysOf: (_change, { store }) =>
    store.list(CLUSTER_ROLES).entries.flatMap(({ name, object }) => (object.aggregationRule ? [name] : [])),
  async reconcile(name, { client }) {
    const role = client.find(ClusterRole, { name });
    if (role?.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, client.list(ClusterRole));
    if (!isDeepStrictEqual(rules, role.rules ?? [])) await client.patch(ClusterRole, { name }, { rules });
  },
};
