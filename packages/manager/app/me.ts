/** Who the caller is and what it may do. */
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import { permissions } from '@kubenova/knapi/permissions.ts';
import type { Grant, Me } from '@kubenova/knapi/schemas.ts';
import type { Caller, NamedGrant } from '../identity/caller.ts';
import { type Context, type Outcome, ok } from './context.ts';

export async function getMe(context: Context): Promise<Outcome<Me>> {
  const { caller } = context.call;
  const { subject, groups, grants, expiresAt } = caller;
  return ok({
    subject,
    groups: [...groups],
    grants: grants.map(present),
    expiresAt: expiresAt?.toISOString() ?? null,
    operations: (Object.keys(permissions) as OperationId[]).filter((operation) => isForCaller(caller, operation)),
  });
}

function present(grant: NamedGrant): Grant {
  return {
    role: grant.role,
    scope: {
      ...(grant.tenant === undefined ? {} : { tenant: grant.tenant }),
      ...(grant.project === undefined ? {} : { project: grant.project }),
    },
  };
}

/** Whether some target exists for which a grant would do, or the operation is about the caller itself. */
function isForCaller({ identity, grants }: Caller, operation: OperationId): boolean {
  const { roles, target } = permissions[operation];
  if (operation === 'changePassword') return identity.kind === 'person' && identity.account !== undefined;
  if (target === 'self') return true;
  return grants.some((grant) => {
    if (!roles.includes(grant.role)) return false;
    if (target === 'global') return grant.tenantId === undefined;
    if (target === 'tenant') return grant.projectId === undefined;
    return true;
  });
}
