/** Scope filters: which rows the caller's grants reach, decided in SQL so that no foreign row ever leaves the database. */
import { type RawBuilder, sql } from 'kysely';

/** What a caller reaches: everything, or these tenants whole and these projects alone. */
export type Reach = { everything: true } | { everything: false; tenantIds: string[]; projectIds: ProjectReach[] };

export interface ProjectReach {
  tenantId: string;
  projectId: string;
}

/** Every tenant of which the caller reaches at least a part. */
export function touchedTenants(reach: Reach): string[] | undefined {
  if (reach.everything) return undefined;
  return [...new Set([...reach.tenantIds, ...reach.projectIds.map((project) => project.tenantId)])];
}

/** The row is in a tenant of which the caller reaches at least a part. */
export function inTouchedTenant(reach: Reach, tenantColumn: string): RawBuilder<boolean> {
  const tenants = touchedTenants(reach);
  return tenants === undefined ? sql<boolean>`true` : sql<boolean>`${sql.ref(tenantColumn)} = any(${tenants}::uuid[])`;
}

/** The row is in a tenant or a project that the caller reaches. */
export function inReach(reach: Reach, columns: { tenant: string; project: string }): RawBuilder<boolean> {
  if (reach.everything) return sql<boolean>`true`;
  const projects = reach.projectIds.map((project) => project.projectId);
  return sql<boolean>`(${sql.ref(columns.tenant)} = any(${reach.tenantIds}::uuid[]) or ${sql.ref(columns.project)} = any(${projects}::uuid[]))`;
}

/** The cluster bears a placement of a tenant of which the caller reaches at least a part. */
export function clusterInReach(reach: Reach, clusterColumn: string): RawBuilder<boolean> {
  const tenants = touchedTenants(reach);
  if (tenants === undefined) return sql<boolean>`true`;
  return sql<boolean>`exists (select 1 from placements as seen where seen.cluster_id = ${sql.ref(clusterColumn)} and seen.tenant_id = any(${tenants}::uuid[]))`;
}

/** The name contains the text, taken literally. */
export function nameContains(text: string | undefined, column: string): RawBuilder<boolean> {
  return text === undefined ? sql<boolean>`true` : sql<boolean>`position(${text} in ${sql.ref(column)}) > 0`;
}

/** The labels hold all of these pairs. */
export function labelsMatch(
  labels: Record<string, string> | undefined,
  column: RawBuilder<unknown>,
): RawBuilder<boolean> {
  return labels === undefined ? sql<boolean>`true` : sql<boolean>`${column} @> ${JSON.stringify(labels)}::jsonb`;
}

/** The condition that finds a row by name or by id. */
export function byReference(reference: Reference, columns: { id: string; name: string }): RawBuilder<boolean> {
  return reference.kind === 'id'
    ? sql<boolean>`${sql.ref(columns.id)} = ${reference.id}::uuid`
    : sql<boolean>`${sql.ref(columns.name)} = ${reference.name}`;
}

/** How a path names an object. Names never look like ids, so the two cannot be mistaken. */
export type Reference = { kind: 'id'; id: string } | { kind: 'name'; name: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function toReference(text: string): Reference {
  return UUID.test(text) ? { kind: 'id', id: text } : { kind: 'name', name: text };
}
