/** Who is calling, and with what grants. */

import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import { permissions, type ScopedGrant } from '@kubenova/knapi/permissions.ts';
import type { Role } from '@kubenova/knapi/schemas.ts';
import type { Reach } from '../store/scope.ts';

/** A grant with the names of its scope, for people to read. */
export interface NamedGrant extends ScopedGrant {
  tenant?: string;
  project?: string;
}

export interface Caller {
  /** `admin`, or `token:<name>:<id>` for an API token. */
  subject: string;
  groups: readonly string[];
  grants: readonly NamedGrant[];
  /** When the caller's credential ends; nothing it hands out may last longer. */
  expiresAt?: Date;
}

/** What the caller reaches by grants of these roles. */
export function reachOf(caller: Caller, roles: readonly Role[]): Reach {
  const grants = caller.grants.filter((grant) => roles.includes(grant.role));
  if (grants.some((grant) => grant.tenantId === undefined)) return { everything: true };
  const tenantIds: string[] = [];
  const projectIds: { tenantId: string; projectId: string }[] = [];
  for (const { tenantId, projectId } of grants) {
    if (tenantId === undefined) continue;
    if (projectId === undefined) tenantIds.push(tenantId);
    else projectIds.push({ tenantId, projectId });
  }
  return { everything: false, tenantIds, projectIds };
}

const ALL_ROLES: readonly Role[] = ['admin', 'ops', 'tenantOwner', 'projectDev', 'readOnly'];

/** What the caller may know of at all: every role can read. */
export function visibleTo(caller: Caller): Reach {
  return reachOf(caller, ALL_ROLES);
}

/** What the caller reaches for one operation. */
export function reachFor(caller: Caller, operation: OperationId): Reach {
  return reachOf(caller, permissions[operation].roles);
}

/** Whether the caller runs the installation: then it may see what belongs to no tenant, such as an API server's address. */
export function isOperator(caller: Caller): boolean {
  return caller.grants.some((grant) => grant.tenantId === undefined && ['admin', 'ops'].includes(grant.role));
}

export function isAdministrator(caller: Caller): boolean {
  return caller.grants.some((grant) => grant.tenantId === undefined && grant.role === 'admin');
}
