/**
 * Keeps the rules of an aggregated ClusterRole at those of the roles that its selectors choose.
 * Source: Kubernetes, "Using RBAC Authorization", aggregated ClusterRoles.
 */
import { isDeepStrictEqual } from 'node:util';
import { ClusterRole, type PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import { CLUSTER_ROLES } from '../auth/rbac.ts';
import { labelSelectorPredicate } from '../selectors/label.ts';
import type { Controller } from './controller.ts';

/** Selector by selector, role by role in the order of names, each rule once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules = new Map<string, PolicyRule>();
  const others = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matches = labelSelectorPredicate(selector);
    for (const { metadata, rules: own = [] } of others) {
      if (!matches(metadata.labels)) continue;
      for (const rule of own) {
        const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
        const key = JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs]);
        if (!rules.has(key)) rules.set(key, rule);
      }
    }
  }
  return [...rules.values()];
}

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
