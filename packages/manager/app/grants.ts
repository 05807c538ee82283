/** Handing out a role on a scope, to a token or by a role binding: whether there is such a thing, and whether one may. */
import { ApiError } from '@kubenova/knapi/errors.ts';
import { mayGrant, type ScopedGrant } from '@kubenova/knapi/permissions.ts';
import type { Role, Scope } from '@kubenova/knapi/schemas.ts';
import { visibleTo } from '../identity/caller.ts';
import type { GrantRow } from '../store/callers.ts';
import { locate } from '../store/locate.ts';
import { toReference } from '../store/scope.ts';
import type { Context } from './context.ts';
import { invalid } from './names.ts';
import { reachesProject, touchesTenant } from './target.ts';

/**
 * The grant that a role on a scope is. A scope that the caller cannot see is one that does not exist.
 *
 * @throws ApiError KN-422 with a pointer into the scope
 */
export async function grantOf(context: Context, role: Role, scope: Scope): Promise<GrantRow> {
  const global = role === 'admin' || role === 'ops';
  if (scope.tenant === undefined) {
    if (!global && role !== 'readOnly') throw invalid('/scope', `The role ${role} needs a scope: name a tenant.`);
    return { role };
  }
  if (global) throw invalid('/scope', `The role ${role} is for the whole installation: leave the scope out.`);
  if (role === 'tenantOwner' && scope.project !== undefined) {
    throw invalid(
      '/scope/project',
      'The role tenantOwner is for a whole tenant: leave the project out, or take projectDev.',
    );
  }
  const reach = visibleTo(context.call.caller);
  const references = {
    tenant: toReference(scope.tenant),
    project: scope.project === undefined ? undefined : toReference(scope.project),
  };
  const { tenant, project } = await locate(context.services.db, references, reach);
  if (tenant === undefined || !touchesTenant(reach, tenant.id)) {
    throw invalid('/scope/tenant', 'No such tenant, or it is outside your scope.');
  }
  const inTenant = { role, tenantId: tenant.id, tenant: tenant.name };
  if (scope.project === undefined) return inTenant;
  if (project === undefined || !reachesProject(reach, project)) {
    throw invalid('/scope/project', 'No such project, or it is outside your scope.');
  }
  return { ...inTenant, projectId: project.id, project: project.name };
}

/** @throws ApiError KN-403 when the caller does not hold as much itself */
export function requireMayGrant(context: Context, grant: ScopedGrant): void {
  if (mayGrant(context.call.caller.grants, grant)) return;
  throw new ApiError(
    'KN-403',
    `You may hand out only what you hold yourself there, or less; ${grant.role} on this scope is more.`,
  );
}

/** The names of a grant's scope, or of a row's. */
export function scopeOf(row: { tenant?: string | null; project?: string | null }): Scope {
  return {
    ...(typeof row.tenant === 'string' ? { tenant: row.tenant } : {}),
    ...(typeof row.project === 'string' ? { project: row.project } : {}),
  };
}
