/** Aggregated ClusterRoles. Source: Kubernetes, "Using RBAC Authorization". */
import type { ClusterRole, PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import { labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';

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
