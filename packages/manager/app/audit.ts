/** Reading the audit. */
import type { AuditEntry } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { type AuditRow, listAudit as listRows } from '../store/audit.ts';
import { locate } from '../store/locate.ts';
import type { Page } from '../store/pages.ts';
import { toReference } from '../store/scope.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { touchesTenant } from './target.ts';

function present(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actor,
    operation: row.operation,
    outcome: row.outcome,
    status: row.status,
    sourceIp: row.source_ip,
    object: row.object,
    tenantId: row.tenant_id,
    detail: row.detail,
  };
}

/** A filter by a tenant that the caller cannot see finds nothing, as for one that does not exist. */
export async function listAudit(
  context: Context,
  query: ListQuery & { tenant?: string; operation?: string },
): Promise<Outcome<Page<AuditEntry>>> {
  const reach = reachFor(context.call.caller, context.call.operation);
  const { db } = context.services;
  const page = pageRequest(query);
  let tenantId: string | undefined;
  if (query.tenant !== undefined) {
    const reference = toReference(query.tenant);
    // A deleted tenant has no name any more, but its entries still bear its id.
    tenantId = reference.kind === 'id' ? reference.id : (await locate(db, { tenant: reference }, reach)).tenant?.id;
    if (tenantId === undefined || !touchesTenant(reach, tenantId)) return ok({ items: [], nextCursor: null });
  }
  return ok(mapPage(await listRows(db, { reach, tenantId, operation: query.operation }, page), present));
}
