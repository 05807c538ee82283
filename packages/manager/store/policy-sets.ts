/** Policy sets of a tenant on a cluster; those of its plan stand in the plan. */
import type { PolicySpec } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { microseconds } from './pages.ts';
import type { PolicySetRow } from './rows.ts';

export interface PolicySetFields {
  description: string;
  policies: PolicySpec[];
}

/** All of a placement, oldest first: they are few, since a placement may have only so many. */
export function policySetsOf(db: Queryable, placementId: string): Promise<(PolicySetRow & { cursor_at: number })[]> {
  return db
    .selectFrom('policy_sets')
    .selectAll()
    .select(microseconds('created_at').as('cursor_at'))
    .where('placement_id', '=', placementId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export function findPolicySet(db: Queryable, placementId: string, name: string): Promise<PolicySetRow | undefined> {
  return db
    .selectFrom('policy_sets')
    .selectAll()
    .where('placement_id', '=', placementId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function findPolicySetById(db: Queryable, id: string): Promise<PolicySetRow | undefined> {
  return db.selectFrom('policy_sets').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The placement is locked by whoever counts, so that two requests at once do not make one set too many. */
export async function countPolicySets(db: Queryable, placementId: string): Promise<number> {
  const row = await db
    .selectFrom('policy_sets')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('placement_id', '=', placementId)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export function insertPolicySet(
  db: Queryable,
  set: PolicySetFields & { id: string; placementId: string; name: string },
): Promise<PolicySetRow> {
  return db
    .insertInto('policy_sets')
    .values({
      id: set.id,
      placement_id: set.placementId,
      name: set.name,
      description: set.description,
      policies: JSON.stringify(set.policies),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updatePolicySet(db: Queryable, id: string, fields: PolicySetFields): Promise<PolicySetRow> {
  return db
    .updateTable('policy_sets')
    .set({
      description: fields.description,
      policies: JSON.stringify(fields.policies),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deletePolicySet(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('policy_sets').where('id', '=', id).execute();
}

/** What is desired of the placement has changed, although its own spec has not. */
export async function touchPlacement(db: Queryable, placementId: string): Promise<void> {
  await db
    .updateTable('placements')
    .set({ generation: sql<number>`generation + 1` })
    .where('id', '=', placementId)
    .execute();
}
