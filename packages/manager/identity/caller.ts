/** Who is calling, and with what grants. */

import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import { permissions } from '@kubenova/knapi/permissions.ts';
import type { Role } from '@kubenova/knapi/schemas.ts';
import type { GrantRow } from '../store/callers.ts';
import type { Reach } from '../store/scope.ts';

/** A grant with the names of its scope, for people to read. */
export type NamedGrant = GrantRow;

/** What a caller is, apart from what it is called. */
export type CallerIdentity =
  | { kind: 'nobody' }
  | { kind: 'administrator' }
  | { kind: 'token'; id: string }
  /** Whoever signed in: what role bindings call them, and the name of the account where it is one of KubeNova's own. */
  | { kind: 'person'; name: string; account?: string };

export interface Caller {
  /** `admin`, `token:<name>:<id>`, `account:<name>`, or `user:<sub>` for a person of an outside provider. */
  subject: string;
  identity: CallerIdentity;
  groups: readonly string[];
  grants: readonly NamedGrant[];
  /** When the caller's credential ends. */
  expiresAt?: Date;
}

/** Stands in for the caller of operations that are open to everyone. */
export const NOBODY: Caller = { subject: 'anonymous', identity: { kind: 'nobody' }, groups: [], grants: [] };

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
