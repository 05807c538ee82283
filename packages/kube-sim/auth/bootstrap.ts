/**
 * The roles and bindings that every cluster starts with. Their facts are in `generated/bootstrap.json`, read off a real
 * API server by `e2e/real/kube-sim-facts`; `e2e/real/kube-sim-bootstrap.real.test.ts` tells when they have changed.
 */
import { readFileSync } from 'node:fs';
import type { ClusterRole, RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { aggregatedRules } from './aggregation.ts';
import { RBAC_GROUP } from './rbac.ts';

/** One object as the file has it. Group, label and annotation that all have are left out, as are aggregated rules. */
export interface BootstrapFact
  extends Partial<Pick<ClusterRole & RoleBinding, 'rules' | 'aggregationRule' | 'subjects' | 'roleRef'>> {
  readonly kind: 'ClusterRole' | 'ClusterRoleBinding' | 'Role' | 'RoleBinding';
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export const BOOTSTRAP_FILE = new URL('generated/bootstrap.json', import.meta.url);
export const BOOTSTRAP_LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' } as const;

/** New objects each time, cluster roles first, as they would be stored but for what the server itself sets. */
export function bootstrapObjects(): KubeObject[] {
  const facts = JSON.parse(readFileSync(BOOTSTRAP_FILE, 'utf8')) as BootstrapFact[];
  const objects = facts.map(({ kind, name, namespace, labels, ...rest }) => ({
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
  for (const _pass of open) for (const role of open) role.rules = aggregatedRules(role, roles);
  return objects;
}
