/**
 * Reads the default roles and bindings off a fresh real API server.
 *
 *     node e2e/real/kube-sim-facts/bootstrap.ts <kubectl> <kubeconfig>
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { ClusterRole, ClusterRoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { BOOTSTRAP_FILE, BOOTSTRAP_LABEL, type BootstrapFact } from '@kubenova/kube-sim/auth/bootstrap.ts';

const KINDS = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'] as const;

/** The facts among all roles and bindings of a cluster: one a line, so that a new version shows in a readable diff. */
export function bootstrapText(objects: readonly (ClusterRole & ClusterRoleBinding)[]): string {
  const [[label, value] = ['', '']] = Object.entries(BOOTSTRAP_LABEL);
  const facts = objects
    .filter(({ metadata }) => metadata.labels?.[label] === value)
    .map(({ kind, metadata: { namespace, name, labels = {} }, rules, aggregationRule, subjects, roleRef }) => {
      const { [label]: _same, ...others } = labels;
      return {
        kind: kind as BootstrapFact['kind'],
        ...(namespace !== undefined && { namespace }),
        name,
        ...(Object.keys(others).length > 0 && { labels: others }),
        ...(aggregationRule ? { aggregationRule } : { rules }),
        subjects,
        roleRef,
      };
    });
  const rank = ({ kind, namespace = '', name }: BootstrapFact) => `${KINDS.indexOf(kind)} ${namespace} ${name}`;
  const sorted = facts.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return `[\n${sorted.map((fact) => JSON.stringify(fact)).join(',\n')}\n]\n`;
}

if (import.meta.main) {
  const [kubectl = 'kubectl', kubeconfig = ''] = process.argv.slice(2);
  const all = ['--kubeconfig', kubeconfig, 'get', 'clusterroles,clusterrolebindings,roles,rolebindings', '-A'];
  const { items } = JSON.parse(execFileSync(kubectl, [...all, '-o', 'json'], { maxBuffer: 2 ** 26 }).toString());
  writeFileSync(BOOTSTRAP_FILE, bootstrapText(items));
}
