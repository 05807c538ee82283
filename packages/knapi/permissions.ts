/**
 * Who may do what: the one table, operation × role × scope, that the server enforces and that console and CLI show.
 *
 * A *grant* is a role on a scope: global, one tenant, or one project of a tenant. An operation names the roles that may
 * call it and how its target is compared with the scope of a grant:
 *
 * - `global`   the operation is about the whole installation: only a global grant will do;
 * - `tenant`   the target is one tenant: a global grant or one on that tenant;
 * - `project`  the target is one project (or something in it): a grant on it, on its tenant, or global;
 * - `enclosing` a read of an object that may enclose the caller's scope: a grant on a project lets its holder read the
 *              project's tenant, and a grant on a tenant the clusters that the tenant is placed on;
 * - `filtered` a list that holds only what some grant covers: any grant with the role opens it;
 * - `self`     about the caller itself: any authenticated caller, even one without a grant; the use-case decides the rest.
 *
 * What is not in the table cannot be called.
 */
import type { OperationId } from './generated/operations.ts';
import type { Role } from './schemas.ts';

export type Target = 'global' | 'tenant' | 'project' | 'enclosing' | 'filtered' | 'self';

export interface Permission {
  target: Target;
  roles: readonly Role[];
}

/** A role on a scope, by ids: `{}` is global. */
export interface ScopedGrant {
  role: Role;
  tenantId?: string;
  projectId?: string;
}

/** What an operation is about, by ids. */
export interface TargetScope {
  tenantId?: string;
  projectId?: string;
}

const everyone = ['admin', 'ops', 'tenantOwner', 'projectDev', 'readOnly'] as const;
const operators = ['admin', 'ops'] as const;
const administrators = ['admin'] as const;
const owners = ['admin', 'tenantOwner'] as const;
const sandboxWriters = ['admin', 'tenantOwner', 'projectDev'] as const;
const appWriters = ['admin', 'ops', 'tenantOwner', 'projectDev'] as const;
const members = ['admin', 'tenantOwner', 'projectDev', 'readOnly'] as const;

/** The operations that answer without authentication are in the table too, so that it is complete. */
export const permissions: Record<OperationId, Permission> = {
  getHealth: { target: 'self', roles: everyone },
  getReadiness: { target: 'self', roles: everyone },
  getApiHealth: { target: 'self', roles: everyone },
  getApiReadiness: { target: 'self', roles: everyone },
  getMetrics: { target: 'global', roles: operators },
  getContractJson: { target: 'self', roles: everyone },
  getContractYaml: { target: 'self', roles: everyone },
  getVersion: { target: 'self', roles: everyone },
  getIssuerConfiguration: { target: 'self', roles: everyone },
  getIssuerKeys: { target: 'self', roles: everyone },
  getMe: { target: 'self', roles: everyone },
  getSignIn: { target: 'self', roles: everyone },
  changePassword: { target: 'self', roles: everyone },
  listAccounts: { target: 'global', roles: administrators },
  createAccount: { target: 'global', roles: administrators },
  getAccount: { target: 'global', roles: administrators },
  updateAccount: { target: 'global', roles: administrators },
  deleteAccount: { target: 'global', roles: administrators },
  signOutAccount: { target: 'global', roles: administrators },
  listRoleBindings: { target: 'filtered', roles: ['admin', 'ops', 'tenantOwner'] },
  // The scope stands in the body or in the binding, not in the path: the use-case holds it against the caller's grants.
  createRoleBinding: { target: 'filtered', roles: owners },
  deleteRoleBinding: { target: 'filtered', roles: owners },
  createOwnKubeconfig: { target: 'self', roles: everyone },
  listSigningKeys: { target: 'global', roles: operators },
  rotateSigningKey: { target: 'global', roles: administrators },
  listTokens: { target: 'self', roles: everyone },
  createToken: { target: 'self', roles: everyone },
  deleteToken: { target: 'self', roles: everyone },
  listAudit: { target: 'filtered', roles: ['admin', 'ops', 'tenantOwner'] },
  listClusters: { target: 'filtered', roles: everyone },
  createCluster: { target: 'global', roles: operators },
  getCluster: { target: 'enclosing', roles: everyone },
  updateCluster: { target: 'global', roles: operators },
  deleteCluster: { target: 'global', roles: operators },
  cordonCluster: { target: 'global', roles: operators },
  uncordonCluster: { target: 'global', roles: operators },
  getClusterCapabilities: { target: 'global', roles: operators },
  listClusterSandboxes: { target: 'global', roles: operators },
  getPolicyCatalog: { target: 'enclosing', roles: everyone },
  listPlans: { target: 'filtered', roles: everyone },
  getPlan: { target: 'filtered', roles: everyone },
  putPlan: { target: 'global', roles: administrators },
  deletePlan: { target: 'global', roles: administrators },
  listTenants: { target: 'filtered', roles: everyone },
  createTenant: { target: 'global', roles: administrators },
  getTenant: { target: 'enclosing', roles: everyone },
  updateTenant: { target: 'tenant', roles: owners },
  deleteTenant: { target: 'global', roles: administrators },
  putTenantPlan: { target: 'global', roles: administrators },
  putTenantOwners: { target: 'tenant', roles: owners },
  putTenantQuotas: { target: 'global', roles: administrators },
  putTenantLimits: { target: 'global', roles: administrators },
  putTenantNetworkPolicies: { target: 'global', roles: administrators },
  putTenantNodeSelector: { target: 'global', roles: administrators },
  getTenantSummary: { target: 'tenant', roles: everyone },
  getTenantUsage: { target: 'tenant', roles: everyone },
  // A grant on one project gives the groups of that project alone: the use-case takes them from the grants.
  createKubeconfig: { target: 'enclosing', roles: members },
  createKubernetesToken: { target: 'enclosing', roles: members },
  listPlacements: { target: 'filtered', roles: everyone },
  getPlacement: { target: 'enclosing', roles: everyone },
  putPlacement: { target: 'global', roles: administrators },
  deletePlacement: { target: 'global', roles: administrators },
  putPlacementQuotas: { target: 'global', roles: administrators },
  deletePlacementQuotas: { target: 'global', roles: administrators },
  putPlacementLimits: { target: 'global', roles: administrators },
  deletePlacementLimits: { target: 'global', roles: administrators },
  putPlacementNetworkPolicies: { target: 'global', roles: administrators },
  deletePlacementNetworkPolicies: { target: 'global', roles: administrators },
  putPlacementNodeSelector: { target: 'global', roles: administrators },
  deletePlacementNodeSelector: { target: 'global', roles: administrators },
  placeTenant: { target: 'global', roles: administrators },
  getPlacementSummary: { target: 'tenant', roles: everyone },
  listPolicySets: { target: 'tenant', roles: everyone },
  createPolicySet: { target: 'global', roles: administrators },
  getPolicySet: { target: 'tenant', roles: everyone },
  putPolicySet: { target: 'global', roles: administrators },
  deletePolicySet: { target: 'global', roles: administrators },
  listProjects: { target: 'filtered', roles: everyone },
  createProject: { target: 'tenant', roles: owners },
  getProject: { target: 'project', roles: everyone },
  putProject: { target: 'tenant', roles: owners },
  deleteProject: { target: 'tenant', roles: owners },
  getProjectAccess: { target: 'project', roles: everyone },
  putProjectAccess: { target: 'tenant', roles: owners },
  getProjectKubeconfig: { target: 'project', roles: members },
  getProjectUsage: { target: 'project', roles: everyone },
  listClusterProjects: { target: 'filtered', roles: everyone },
  createClusterProject: { target: 'tenant', roles: owners },
  getClusterProject: { target: 'project', roles: everyone },
  putClusterProject: { target: 'tenant', roles: owners },
  deleteClusterProject: { target: 'tenant', roles: owners },
  listSandboxes: { target: 'project', roles: everyone },
  createSandbox: { target: 'project', roles: sandboxWriters },
  getSandbox: { target: 'project', roles: everyone },
  deleteSandbox: { target: 'project', roles: sandboxWriters },
  updateSandbox: { target: 'project', roles: sandboxWriters },
  createSandboxKubeconfig: { target: 'project', roles: members },
  // The project stands in the body: the use-case asks for createSandbox there.
  createTenantSandbox: { target: 'enclosing', roles: sandboxWriters },
  listAllApps: { target: 'filtered', roles: everyone },
  getAppById: { target: 'project', roles: everyone },
  listApps: { target: 'project', roles: everyone },
  createApp: { target: 'project', roles: appWriters },
  validateApp: { target: 'project', roles: everyone },
  getApp: { target: 'project', roles: everyone },
  putApp: { target: 'project', roles: appWriters },
  patchApp: { target: 'project', roles: appWriters },
  deleteApp: { target: 'project', roles: appWriters },
  rollbackApp: { target: 'project', roles: appWriters },
  getAppStatus: { target: 'project', roles: everyone },
  listAppRevisions: { target: 'project', roles: everyone },
  getAppRevision: { target: 'project', roles: everyone },
  getQueue: { target: 'global', roles: administrators },
  retryQueueKey: { target: 'global', roles: administrators },
};

/** Whether the grant's scope holds the target: a global grant holds all, a tenant's its projects. */
export function covers(grant: ScopedGrant, target: TargetScope): boolean {
  if (grant.tenantId === undefined) return true;
  if (grant.tenantId !== target.tenantId) return false;
  return grant.projectId === undefined || grant.projectId === target.projectId;
}

/** Whether a target encloses the grant's scope, or is enclosed by it. */
function touches(grant: ScopedGrant, target: TargetScope): boolean {
  if (covers(grant, target)) return true;
  return target.tenantId === grant.tenantId && target.projectId === undefined;
}

/**
 * Decides one call. Deny is the default: no entry, no scope, no call, and without a grant none but those about oneself.
 *
 * @param grants what the caller holds
 * @param operation the operation of the contract
 * @param target what it is about; empty for an operation about the whole installation
 */
export function allows(grants: readonly ScopedGrant[], operation: OperationId, target: TargetScope = {}): boolean {
  const permission = permissions[operation];
  if (permission.target === 'self') return true;
  return grants.some((grant) => permission.roles.includes(grant.role) && reaches(permission.target, grant, target));
}

function reaches(kind: Target, grant: ScopedGrant, target: TargetScope): boolean {
  switch (kind) {
    case 'self':
    case 'filtered':
      return true;
    case 'global':
      return grant.tenantId === undefined;
    case 'tenant':
    case 'project':
      return covers(grant, target);
    case 'enclosing':
      return touches(grant, target);
  }
}

/**
 * The roles that a role includes: those of which it may call every operation. Read off the table, so that no role can hand
 * out what it cannot do itself: `ops` runs the clusters and holds nothing in tenants, so it includes no tenant's role.
 */
export const includedRoles: Record<Role, ReadonlySet<Role>> = {
  admin: rolesWithin('admin'),
  ops: rolesWithin('ops'),
  tenantOwner: rolesWithin('tenantOwner'),
  projectDev: rolesWithin('projectDev'),
  readOnly: rolesWithin('readOnly'),
};

function rolesWithin(role: Role): ReadonlySet<Role> {
  const table = Object.values(permissions);
  return new Set(
    everyone.filter((other) => table.every(({ roles }) => !roles.includes(other) || roles.includes(role))),
  );
}

/** Whether the caller may hand out a role on a scope: only what it holds there itself, or less. */
export function mayGrant(grants: readonly ScopedGrant[], given: ScopedGrant): boolean {
  return grants.some((grant) => covers(grant, given) && includedRoles[grant.role].has(given.role));
}

/**
 * What two holdings have in common: each grant of the one as far as a grant of the other reaches, in scope and in role.
 * With it a token never does more than its owner can do now.
 */
export function inCommon<Grant extends ScopedGrant>(grants: readonly Grant[], held: readonly Grant[]): Grant[] {
  const common = new Map<string, Grant>();
  for (const one of grants) {
    for (const other of held) {
      const role = lesserRole(one.role, other.role);
      const scope = covers(other, one) ? one : covers(one, other) ? other : undefined;
      if (role === undefined || scope === undefined) continue;
      common.set(`${role} ${scope.tenantId} ${scope.projectId}`, { ...scope, role });
    }
  }
  return [...common.values()];
}

function lesserRole(one: Role, other: Role): Role | undefined {
  if (includedRoles[other].has(one)) return one;
  return includedRoles[one].has(other) ? other : undefined;
}
