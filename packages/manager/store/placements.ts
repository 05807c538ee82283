/** Placements: a tenant on a cluster. */

import type { PlacementSpec, PlanSpec } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { PlacementRow } from './rows.ts';
import { inTouchedTenant, type Reach } from './scope.ts';

/** A placement with the names of what it joins, and the settings of the levels above it. */
export type NamedPlacementRow = PlacementRow & {
  cluster: string;
  tenant: string;
  tenant_settings: PlacementSpec;
  plan_spec: PlanSpec | null;
};

export function insertPlacement(
  db: Queryable,
  placement: { id?: string; clusterId: string; tenantId: string; spec: PlacementSpec },
): Promise<PlacementRow> {
  return db
    .insertInto('placements')
    .values({
      ...(placement.id === undefined ? {} : { id: placement.id }),
      cluster_id: placement.clusterId,
      tenant_id: placement.tenantId,
      spec: JSON.stringify(placement.spec),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findPlacement(db: Queryable, id: string): Promise<PlacementRow | undefined> {
  return db.selectFrom('placements').selectAll().where('id', '=', id).executeTakeFirst();
}

export function lockPlacement(db: Queryable, id: string): Promise<PlacementRow | undefined> {
  return db.selectFrom('placements').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export function updatePlacement(db: Queryable, id: string, spec: PlacementSpec): Promise<PlacementRow> {
  return db
    .updateTable('placements')
    .set({
      spec: JSON.stringify(spec),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Asks for the placement to go; the reconciler removes the row when the cluster has confirmed. */
export function markPlacementDeleting(db: Queryable, id: string): Promise<PlacementRow> {
  return db
    .updateTable('placements')
    .set({
      deleting_at: sql<Date>`now()`,
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
      status: sql<string>`status || '{"phase":"Deleting"}'`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function listPlacementsOnCluster(
  db: Queryable,
  filter: { clusterId: string; reach: Reach },
  page: PageRequest,
): Promise<Page<NamedPlacementRow>> {
  const rows = await named(db)
    .select(microseconds('placements.created_at').as('cursor_at'))
    .where('placements.cluster_id', '=', filter.clusterId)
    .where(inTouchedTenant(filter.reach, 'placements.tenant_id'))
    .where(afterCursor(page.cursor, { at: 'placements.created_at', id: 'placements.id' }))
    .orderBy('placements.created_at')
    .orderBy('placements.id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function findNamedPlacement(db: Queryable, id: string): Promise<NamedPlacementRow | undefined> {
  return named(db).where('placements.id', '=', id).executeTakeFirst();
}

function named(db: Queryable) {
  return db
    .selectFrom('placements')
    .innerJoin('clusters', 'clusters.id', 'placements.cluster_id')
    .innerJoin('tenants', 'tenants.id', 'placements.tenant_id')
    .leftJoin('plans', 'plans.id', 'tenants.plan_id')
    .selectAll('placements')
    .select(['clusters.name as cluster', 'tenants.name as tenant'])
    .select(['tenants.settings as tenant_settings', 'plans.spec as plan_spec']);
}

/** How much still stands on a placement. */
export async function leftOnPlacement(db: Queryable, id: string): Promise<{ apps: string[]; sandboxes: number[] }> {
  const result = await sql<{ apps: string[]; sandboxes: number[] }>`select
    array(select p.name || '/' || a.name from apps as a join projects as p on p.id = a.project_id
      where a.placement_id = ${id}::uuid order by 1 limit 5) as apps,
    array(select number from sandboxes where placement_id = ${id}::uuid order by number limit 5) as sandboxes`.execute(
    db,
  );
  return result.rows[0] ?? { apps: [], sandboxes: [] };
}

/** Tenants that a cluster still bears, a few. */
export async function leftOnCluster(db: Queryable, clusterId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('placements')
    .innerJoin('tenants', 'tenants.id', 'placements.tenant_id')
    .select('tenants.name')
    .where('placements.cluster_id', '=', clusterId)
    .orderBy('tenants.name')
    .limit(5)
    .execute();
  return rows.map((row) => row.name);
}
