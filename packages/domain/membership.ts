/**
 * What somebody is on clusters: a member of a tenant, or of single projects of it, who may work or only look.
 *
 * The roles of KubeNova come down to these two. An administrator, a tenant's owner and a developer are developers
 * there; whoever may read is a viewer. Operators look after clusters and are nobody in a tenant. Of several roles on one
 * scope the strongest counts, and a role on a project counts only where it gives more than the role on its tenant, so
 * that a token names as few groups as there can be. What is asked for may lessen what is held, never add to it.
 */
import type { Role } from '@kubenova/knapi/schemas.ts';
import type { NamedRef } from './identity.ts';
import { devsGroup, memberAccount, projectDevsGroup, projectViewersGroup, USERS_GROUP, viewersGroup } from './names.ts';
import { failure, type Result, success } from './result.ts';

/** A role that can be asked for. */
export type MemberRole = 'projectDev' | 'readOnly';

/** A role on a scope, by ids, with the name of the project: no tenant is everywhere, no project is the whole tenant. */
export interface MemberGrant {
  role: Role;
  tenantId?: string;
  projectId?: string;
  project?: string;
}

/** Membership of one tenant, or of one project of it. */
export interface Membership {
  role: MemberRole;
  /** Name of the project; absent for the whole tenant. */
  project?: string;
}

/** What may be asked for: one project, or less than what is held. */
export interface MembershipWish {
  project?: NamedRef;
  role?: MemberRole;
}

export interface MembershipError {
  code:
    | 'none' // Nothing is held there.
    | 'above'; // The role is above what is held.
}

/** More groups than this make every request through capsule-proxy slower; whoever has more names a project. */
export const MAX_MEMBERSHIPS = 12;

/**
 * What a token for a tenant may speak for: the membership of the whole tenant first, where there is one, and then those
 * of projects, by name. With a project in the wish it is that of the project alone, never of more.
 */
export function membershipsIn(
  grants: readonly MemberGrant[],
  tenant: Pick<NamedRef, 'id'>,
  wish: MembershipWish = {},
): Result<readonly Membership[], MembershipError> {
  const held = wish.project === undefined ? widest(grants, tenant) : within(grants, tenant, wish.project);
  if (held.length === 0) return failure({ code: 'none' });
  if (wish.role === 'projectDev' && !held.some(({ role }) => role === 'projectDev')) return failure({ code: 'above' });
  return success(wish.role === 'readOnly' ? lessened(held) : held);
}

/**
 * What one token carries of what is held. A ServiceAccount is one membership, and groups are few; where not all of it
 * can be carried, it is the membership of the whole tenant.
 *
 * @returns undefined when there is no telling: one of the projects has to be named
 */
export function carried(
  held: readonly Membership[],
  auth: 'oidc' | 'serviceAccount',
): readonly Membership[] | undefined {
  if (held.length <= (auth === 'oidc' ? MAX_MEMBERSHIPS : 1)) return held;
  const whole = held.filter(({ project }) => project === undefined);
  return whole.length > 0 ? whole : undefined;
}

/** The groups of a token for a tenant's cluster; everybody is in the one that Capsule knows. */
export function groupsOf(tenant: string, memberships: readonly Membership[]): string[] {
  return [USERS_GROUP, ...memberships.map((membership) => groupOf(tenant, membership))];
}

/** The group of a membership. */
export function groupOf(tenant: string, { role, project }: Membership): string {
  if (role === 'projectDev') return project === undefined ? devsGroup(tenant) : projectDevsGroup(tenant, project);
  return project === undefined ? viewersGroup(tenant) : projectViewersGroup(tenant, project);
}

/** The ServiceAccount of a membership. */
export function accountOf(tenant: string, { role, project }: Membership): string {
  return memberAccount(tenant, project, role === 'projectDev' ? 'devs' : 'viewers');
}

function widest(grants: readonly MemberGrant[], tenant: Pick<NamedRef, 'id'>): Membership[] {
  const whole = strongest(grants.filter((grant) => coversTenant(grant, tenant)));
  const projects = new Map<string, MemberGrant[]>();
  for (const grant of grants) {
    if (grant.tenantId !== tenant.id || grant.projectId === undefined || grant.project === undefined) continue;
    projects.set(grant.project, [...(projects.get(grant.project) ?? []), grant]);
  }
  const memberships: Membership[] = whole === undefined ? [] : [{ role: whole }];
  for (const project of [...projects.keys()].sort()) {
    const role = strongest(projects.get(project) ?? []);
    if (role !== undefined && isMore(role, whole)) memberships.push({ role, project });
  }
  return memberships;
}

function within(grants: readonly MemberGrant[], tenant: Pick<NamedRef, 'id'>, project: NamedRef): Membership[] {
  const role = strongest(
    grants.filter(
      (grant) => coversTenant(grant, tenant) || (grant.tenantId === tenant.id && grant.projectId === project.id),
    ),
  );
  return role === undefined ? [] : [{ role, project: project.name }];
}

/** As a viewer nobody is more in a project than in its tenant. */
function lessened(held: readonly Membership[]): Membership[] {
  const looking = held.map((membership): Membership => ({ ...membership, role: 'readOnly' }));
  const whole = looking.filter(({ project }) => project === undefined);
  return whole.length > 0 ? whole : looking;
}

function coversTenant(grant: MemberGrant, tenant: Pick<NamedRef, 'id'>): boolean {
  return grant.tenantId === undefined || (grant.tenantId === tenant.id && grant.projectId === undefined);
}

function strongest(grants: readonly MemberGrant[]): MemberRole | undefined {
  const roles = grants.map(({ role }) => MEMBER_ROLES[role]);
  return roles.includes('projectDev') ? 'projectDev' : roles.find((role) => role !== undefined);
}

const MEMBER_ROLES: Readonly<Record<Role, MemberRole | undefined>> = {
  admin: 'projectDev',
  ops: undefined,
  tenantOwner: 'projectDev',
  projectDev: 'projectDev',
  readOnly: 'readOnly',
};

function isMore(role: MemberRole, than: MemberRole | undefined): boolean {
  return than === undefined || (role === 'projectDev' && than === 'readOnly');
}
