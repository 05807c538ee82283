/**
 * The ServiceAccounts of a tenant's people on a cluster that does not trust KubeNova's issuer: one a membership, all in
 * `kubenova-members`. They stand beside the groups in the bindings of `member-bindings.ts`; that the group of that
 * namespace is among Capsule's users is enough for capsule-proxy to serve them as it serves people (tried with 0.14).
 */
import type { NamedRef } from './identity.ts';
import { PROJECT_ID, PROJECT_NAME, tenantLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { MEMBERS_NAMESPACE, memberAccount } from './names.ts';
import { serviceAccount } from './rbac-objects.ts';

const KINDS = ['devs', 'viewers'] as const;

/** @param projects all of the tenant's */
export function memberAccounts(tenant: NamedRef, projects: readonly NamedRef[]): Manifest[] {
  const labels = tenantLabels(tenant);
  const accounts = (project: NamedRef | undefined, marked: Record<string, string>) =>
    KINDS.map((kind) => serviceAccount(memberAccount(tenant.name, project?.name, kind), MEMBERS_NAMESPACE, marked));
  return [
    ...accounts(undefined, labels),
    ...projects.flatMap((project) =>
      accounts(project, { ...labels, [PROJECT_ID]: project.id, [PROJECT_NAME]: project.name }),
    ),
  ];
}
