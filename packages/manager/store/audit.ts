/** The append-only audit: who did what to what, when, from where, with which outcome. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { AuditTable } from './database.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { Reach } from './scope.ts';

export type AuditRow = Selectable<AuditTable>;

export interface AuditRecord {
  actor: string;
  operation: string;
  outcome: 'allowed' | 'denied' | 'failed';
  status: number;
  sourceIp: string;
  object: string;
  tenantId: string | null;
  /** What was given to whom. Never a secret. */
  detail?: Record<string, unknown>;
}

/** The insert as a fragment, so that it can ride in the statement of the write that it records. */
export function auditInsert(record: AuditRecord): RawBuilder<unknown> {
  return sql`insert into audit (actor, operation, outcome, status, source_ip, object, tenant_id, detail)
    values (${record.actor}, ${record.operation}, ${record.outcome}, ${record.status}::integer, ${record.sourceIp}, ${record.object}, ${record.tenantId}::uuid, ${JSON.stringify(record.detail ?? {})}::jsonb)`;
}

export async function insertAudit(db: Queryable, record: AuditRecord): Promise<void> {
  await auditInsert(record).execute(db);
}

export interface AuditFilter {
  /** Only entries about tenants that are reached whole; an entry about no tenant is for global callers. */
  reach: Reach;
  tenantId?: string;
  operation?: string;
}

/** Newest first. */
export async function listAudit(db: Queryable, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .select(microseconds('at').as('cursor_at'))
    .where(afterCursor(page.cursor, { at: 'at', id: 'id' }, 'desc'))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  const { reach } = filter;
  if (!reach.everything) query = query.where(sql<boolean>`tenant_id = any(${reach.tenantIds}::uuid[])`);
  if (filter.tenantId !== undefined) query = query.where('tenant_id', '=', filter.tenantId);
  if (filter.operation !== undefined) query = query.where('operation', '=', filter.operation);
  return toPage(await query.execute(), page.limit, ({ cursor_at: _, ...row }) => row);
}
