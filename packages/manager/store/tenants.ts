/** Tenants: global records; a placement puts one on a cluster. */

import type { Annotations, Labels, Owner, PlacementSpec, PlanSpec } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { TenantRow } from './rows.ts';
import { inTouchedTenant, labelsMatch, nameContains, type Reach } from './scope.ts';

/** A tenant with the names of its plan and of the clusters that it is placed on. */
export type PlacedTenantRow = TenantRow & { clusters: string[]; plan: string | null };

export interface TenantFields {
  displayName: string;
  owners: Owner[];
  labels: Labels;
  annotations: Annotations;
}

const clusterNames = sql<string[]>`array(select c.name from placements as pl join clusters as c on c.id = pl.cluster_id
  where pl.tenant_id = tenants.id order by c.name)`;

const planName = sql<string | null>`(select plans.name from plans where plans.id = tenants.plan_id)`;

export async function insertTenant(
  db: Queryable,
  tenant: TenantFields & { id: string; name: string; planId?: string | undefined },
): Promise<PlacedTenantRow> {
  const row = await db
    .insertInto('tenants')
    .values({
      id: tenant.id,
      name: tenant.name,
      display_name: tenant.displayName,
      owners: JSON.stringify(tenant.owners),
      plan_id: tenant.planId ?? null,
      labels: JSON.stringify(tenant.labels),
      annotations: JSON.stringify(tenant.annotations),
    })
    .returningAll()
    .returning(planName.as('plan'))
    .executeTakeFirstOrThrow();
  return { ...row, clusters: [] };
}

export function findTenant(db: Queryable, id: string): Promise<PlacedTenantRow | undefined> {
  return db
    .selectFrom('tenants')
    .selectAll()
    .select([clusterNames.as('clusters'), planName.as('plan')])
    .where('id', '=', id)
    .executeTakeFirst();
}

export function lockTenant(db: Queryable, id: string): Promise<TenantRow | undefined> {
  return db.selectFrom('tenants').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export interface TenantFilter {
  reach: Reach;
  nameContains?: string;
  labels?: Record<string, string>;
}

export async function listTenants(
  db: Queryable,
  filter: TenantFilter,
  page: PageRequest,
): Promise<Page<PlacedTenantRow>> {
  const rows = await db
    .selectFrom('tenants')
    .selectAll()
    .select([clusterNames.as('clusters'), planName.as('plan')])
    .select(microseconds('created_at').as('cursor_at'))
    .where(inTouchedTenant(filter.reach, 'tenants.id'))
    .where(nameContains(filter.nameContains, 'name'))
    .where(labelsMatch(filter.labels, sql.ref('labels')))
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function updateTenant(db: Queryable, id: string, fields: TenantFields): Promise<PlacedTenantRow> {
  return db
    .updateTable('tenants')
    .set({
      display_name: fields.displayName,
      owners: JSON.stringify(fields.owners),
      labels: JSON.stringify(fields.labels),
      annotations: JSON.stringify(fields.annotations),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .returning([clusterNames.as('clusters'), planName.as('plan')])
    .executeTakeFirstOrThrow();
}

export async function updateTenantSettings(db: Queryable, id: string, settings: PlacementSpec): Promise<void> {
  await changed(db, id)
    .set({ settings: JSON.stringify(settings) })
    .execute();
}

export async function updateTenantPlan(db: Queryable, id: string, planId: string | null): Promise<void> {
  await changed(db, id).set({ plan_id: planId }).execute();
}

export async function updateTenantOwners(db: Queryable, id: string, owners: readonly Owner[]): Promise<void> {
  await changed(db, id)
    .set({ owners: JSON.stringify(owners) })
    .execute();
}

function changed(db: Queryable, id: string) {
  return db
    .updateTable('tenants')
    .set({ generation: sql<number>`generation + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', id);
}

/** A tenant by its name, with its plan's spec. */
export function findTenantByName(
  db: Queryable,
  name: string,
): Promise<(TenantRow & { plan: string | null; plan_spec: PlanSpec | null }) | undefined> {
  return db
    .selectFrom('tenants')
    .leftJoin('plans', 'plans.id', 'tenants.plan_id')
    .selectAll('tenants')
    .select(['plans.name as plan', 'plans.spec as plan_spec'])
    .where('tenants.name', '=', name)
    .executeTakeFirst();
}

export async function deleteTenant(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('tenants').where('id', '=', id).execute();
}

/** What still belongs to a tenant, by name, a few of each. */
export async function leftInTenant(db: Queryable, id: string): Promise<{ projects: string[]; clusters: string[] }> {
  const result = await sql<{ projects: string[]; clusters: string[] }>`select
    array(select name from projects where tenant_id = ${id}::uuid order by name limit 5) as projects,
    array(select c.name from placements as pl join clusters as c on c.id = pl.cluster_id
      where pl.tenant_id = ${id}::uuid order by c.name limit 5) as clusters`.execute(db);
  return result.rows[0] ?? { projects: [], clusters: [] };
}
