/**
 * The RoleBindings of people in a namespace: those of the tenant's groups, and those of its project's.
 *
 * The tenant's are reflected where they may be: then capsule-proxy answers `-A` for every namespace of the tenant. The
 * project's never are, since that answer is given over the whole tenant, other projects too; without the label the
 * proxy's list of namespaces shows exactly the project's own, reads with `-n` work, and `-A` finds nothing (tried with
 * capsule-proxy 0.14). On a cluster that does not trust KubeNova's issuer the ServiceAccounts of `kubenova-members` stand
 * beside the groups.
 */
import type { Cluster } from '@kubenova/knapi/schemas.ts';
import type { NamedRef } from './identity.ts';
import { PROXY_REFLECTION } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { accountOf, groupOf, type MemberRole, type Membership } from './membership.ts';
import { MEMBERS_NAMESPACE } from './names.ts';
import { roleBinding, type Subject } from './rbac-objects.ts';

/** How people get into a cluster. */
export type ClusterAuth = Cluster['auth'];

/** Names of the RoleBindings. */
export const DEVS_BINDING = 'kubenova-devs';
export const VIEWERS_BINDING = 'kubenova-viewers';
export const PROJECT_DEVS_BINDING = 'kubenova-project-devs';
export const PROJECT_VIEWERS_BINDING = 'kubenova-project-viewers';

export interface MemberNamespace {
  namespace: string;
  tenant: NamedRef;
  project: NamedRef;
  labels: Record<string, string>;
  auth: ClusterAuth;
}

/** Binds the ClusterRoles of who works and of who looks, for the tenant and for the project. */
export function memberBindings(to: MemberNamespace, roles: { devs: string; viewers: string }): Manifest[] {
  const whole = { ...to.labels, [PROXY_REFLECTION]: 'true' };
  const project = to.project.name;
  const binding = (name: string, labels: Record<string, string>, roleName: string, membership: Membership) =>
    roleBinding({
      name,
      namespace: to.namespace,
      labels,
      role: { kind: 'ClusterRole', name: roleName },
      subjects: subjectsOf(to, membership),
    });
  return [
    binding(DEVS_BINDING, whole, roles.devs, { role: 'projectDev' }),
    binding(VIEWERS_BINDING, whole, roles.viewers, { role: 'readOnly' }),
    binding(PROJECT_DEVS_BINDING, to.labels, roles.devs, { role: 'projectDev', project }),
    binding(PROJECT_VIEWERS_BINDING, to.labels, roles.viewers, { role: 'readOnly', project }),
  ];
}

/** One binding for all of this role, of the tenant and of the project, which is not reflected. */
export function memberBindingOfRole(to: MemberNamespace, name: string, roleName: string, role: MemberRole): Manifest {
  return roleBinding({
    name,
    namespace: to.namespace,
    labels: to.labels,
    role: { kind: 'ClusterRole', name: roleName },
    subjects: [...subjectsOf(to, { role }), ...subjectsOf(to, { role, project: to.project.name })],
  });
}

function subjectsOf({ tenant, auth }: MemberNamespace, membership: Membership): Subject[] {
  const group = { group: groupOf(tenant.name, membership) };
  if (auth === 'oidc') return [group];
  return [group, { serviceAccount: accountOf(tenant.name, membership), namespace: MEMBERS_NAMESPACE }];
}
