/**
 * The roles and bindings that every cluster starts with. Their facts are in `generated/bootstrap.json`, read off a real
 * API server by `e2e/real/kube-sim-facts`; `e2e/real/kube-sim-bootstrap.real.test.ts` tells when they have changed.
 */
import { readFileSync } from 'node:fs';
import type { ClusterRole, PolicyRule, RoleRef, Subject } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { aggregatedRules } from '../controllers/cluster-role-aggregation.ts';
import { RBAC_GROUP } from './rbac.ts';

/** One object as the file has it. Group, label and annotation that all have are left out, as are aggregated rules. */
export interface BootstrapFact {
  readonly kind: 'ClusterRole' | 'ClusterRoleBinding' | 'Role' | 'RoleBinding';
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules?: readonly PolicyRule[];
  readonly aggregationRule?: ClusterRole['aggregationRule'];
  readonly subjects?: readonly Subject[];
  readonly roleRef?: RoleRef;
}

export const BOOTSTRAP_FILE = new URL('generated/bootstrap.json', import.meta.url);
export const BOOTSTRAP_LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' } as const;

let facts: readonly BootstrapFact[] | undefined;

/** New objects each time, cluster roles first, as they would be stored but for what the server itself sets. */
export function bootstrapObjects(): KubeObject[] {
  facts ??= JSON.parse(readFileSync(BOOTSTRAP_FILE, 'utf8')) as BootstrapFact[];
  const objects = structuredClone(facts).map(({ kind, name, namespace, labels, ...rest }) => ({
    kind,
    apiVersion: `${RBAC_GROUP}/v1`,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...BOOTSTRAP_LABEL, ...labels },
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
    ...rest,
  }));
  const roles = objects.filter(({ kind }) => kind === 'ClusterRole') as ClusterRole[];
  // Filled in here so that a cluster is settled from its first moment. Roles that are aggregated of aggregated ones need
  // their parts first: view, then edit, then admin.
  const open = roles.filter((role) => role.aggregationRule !== undefined);
  for (let pass = 0; pass < open.length; pass += 1) {
    for (const role of open) role.rules = structuredClone(aggregatedRules(role, roles));
  }
  return objects;
}
