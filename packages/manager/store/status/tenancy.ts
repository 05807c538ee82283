/**
 * What holds for a tenant on a cluster, as a column of the record that is reconciled, so that it costs no statement of
 * its own. The statement has `tenants` as `t`, its plan as `plans` (outer) and the placement under the name given.
 */
import { type RawBuilder, sql } from 'kysely';

/** In the shape of `Tenancy` of `domain/tenancy.ts`; a plan that there is not is left out. */
export function tenancyOf(placement: string): RawBuilder<unknown> {
  const of = (column: string) => sql.ref(`${placement}.${column}`);
  return sql`CASE WHEN plans.id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('plan', plans.spec) END || jsonb_build_object(
    'tenant', t.settings, 'placement', ${of('spec')}, 'owners', t.owners,
    'policySets', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', own.name, 'policies', own.policies) ORDER BY own.name), '[]')
      FROM policy_sets own WHERE own.placement_id = ${of('id')}))`;
}
