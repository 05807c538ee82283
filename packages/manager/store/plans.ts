/** Plans: what a tenant may use, as one named bundle. */

import type { PlanSpec } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { PlanRow } from './rows.ts';
import { inTouchedTenant, type Reach } from './scope.ts';

/** A plan with how many of the tenants that the caller knows of have it. */
export type CountedPlanRow = PlanRow & { tenants: number };

export interface PlanFields {
  displayName: string;
  description: string;
  spec: PlanSpec;
}

const tenantsOf = (reach: Reach) =>
  sql<number>`(select count(*)::integer from tenants where tenants.plan_id = plans.id and ${inTouchedTenant(reach, 'tenants.id')})`;

export async function listPlans(db: Queryable, reach: Reach, page: PageRequest): Promise<Page<CountedPlanRow>> {
  const rows = await db
    .selectFrom('plans')
    .selectAll()
    .select(tenantsOf(reach).as('tenants'))
    .select(microseconds('created_at').as('cursor_at'))
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function findPlan(db: Queryable, name: string, reach: Reach): Promise<CountedPlanRow | undefined> {
  return db
    .selectFrom('plans')
    .selectAll()
    .select(tenantsOf(reach).as('tenants'))
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function planIdByName(db: Queryable, name: string): Promise<string | undefined> {
  // A plan that is being deleted must not be given to a tenant meanwhile.
  const row = await db.selectFrom('plans').select('id').where('name', '=', name).forKeyShare().executeTakeFirst();
  return row?.id;
}

export function lockPlan(db: Queryable, name: string): Promise<PlanRow | undefined> {
  return db.selectFrom('plans').selectAll().where('name', '=', name).forUpdate().executeTakeFirst();
}

export function insertPlan(db: Queryable, name: string, fields: PlanFields): Promise<PlanRow> {
  return db
    .insertInto('plans')
    .values({
      name,
      display_name: fields.displayName,
      description: fields.description,
      spec: JSON.stringify(fields.spec),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updatePlan(db: Queryable, id: string, fields: PlanFields): Promise<PlanRow> {
  return db
    .updateTable('plans')
    .set({
      display_name: fields.displayName,
      description: fields.description,
      spec: JSON.stringify(fields.spec),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deletePlan(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('plans').where('id', '=', id).execute();
}

/** Tenants that have the plan, at most `limit` by name. */
export async function tenantsWithPlan(db: Queryable, id: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('tenants')
    .select('name')
    .where('plan_id', '=', id)
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map((row) => row.name);
}
