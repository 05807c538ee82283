/**
 * Reads the default roles and bindings off a fresh real API server.
 *
 *     node packages/kube-sim/auth/generate.ts <kubectl> <kubeconfig>
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import { BOOTSTRAP_FILE, BOOTSTRAP_LABEL, type BootstrapFact } from './bootstrap.ts';

const KINDS = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'] as const;

/** The facts among all roles and bindings of a cluster, in the order of kinds, namespaces and names. */
export function bootstrapFacts(objects: readonly (ClusterRole & ClusterRoleBinding)[]): BootstrapFact[] {
  const [[label, value] = ['', '']] = Object.entries(BOOTSTRAP_LABEL);
  return objects
    .filter(({ metadata }) => metadata.labels?.[label] === value)
    .map(({ kind, metadata, rules, aggregationRule, subjects, roleRef }) => {
      const { [label]: _same, ...labels } = metadata.labels ?? {};
      return {
        kind: kind as BootstrapFact['kind'],
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        name: metadata.name,
        ...(Object.keys(labels).length > 0 && { labels }),
        ...(aggregationRule !== undefined ? { aggregationRule } : rules && { rules: rules.map(inOrder) }),
        ...(subjects && { subjects }),
        ...(roleRef && { roleRef }),
      };
    })
    .sort((a, b) => rank(a).localeCompare(rank(b), 'en'));
}

const rank = ({ kind, namespace = '', name }: BootstrapFact): string => `${KINDS.indexOf(kind)} ${namespace} ${name}`;

function inOrder({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule {
  return {
    verbs,
    ...(apiGroups && { apiGroups }),
    ...(resources && { resources }),
    ...(resourceNames && { resourceNames }),
    ...(nonResourceURLs && { nonResourceURLs }),
  };
}

/** One object a line, so that a new version of Kubernetes shows in a readable diff. */
export function bootstrapText(facts: readonly BootstrapFact[]): string {
  return `[\n${facts.map((fact) => JSON.stringify(fact)).join(',\n')}\n]\n`;
}

if (import.meta.main) {
  const [kubectl = 'kubectl', kubeconfig = ''] = process.argv.slice(2);
  const all = ['--kubeconfig', kubeconfig, 'get', 'clusterroles,clusterrolebindings,roles,rolebindings', '-A'];
  const { items } = JSON.parse(execFileSync(kubectl, [...all, '-o', 'json'], { maxBuffer: 2 ** 26 }).toString());
  writeFileSync(BOOTSTRAP_FILE, bootstrapText(bootstrapFacts(items)));
}
