/**
 * Names of tenants and projects that are gone while tokens for their people still live. Clusters know people by groups
 * that are made of these names, so whoever took such a name would let in whom nobody has let in; it is free again when the
 * last token has ended. The audit knows them: each token for a cluster has an entry with its groups and its end.
 */
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';

/**
 * Keeps a name until the last token for its groups has ended; nothing is kept where there is none.
 *
 * @param name of a tenant, or `tenant/project`
 * @param groups that its people are known by
 */
export async function retireName(
  trx: Queryable,
  retired: { tenantId: string; name: string; groups: readonly string[] },
): Promise<void> {
  await sql`
    WITH forgotten AS (DELETE FROM retired_names WHERE until <= now() AND name <> ${retired.name})
    INSERT INTO retired_names AS r (name, until)
    SELECT ${retired.name}, max((detail ->> 'expiresAt')::timestamptz) FROM audit
    WHERE tenant_id = ${retired.tenantId}::uuid AND at > now() - interval '25 hours' AND detail ->> 'expiresAt' IS NOT NULL
      AND EXISTS (SELECT FROM jsonb_array_elements(detail -> 'access') AS access
        WHERE access -> 'as' ?| ${[...retired.groups]}::text[])
    HAVING max((detail ->> 'expiresAt')::timestamptz) > now()
    ON CONFLICT (name) DO UPDATE SET until = greatest(r.until, excluded.until)`.execute(trx);
}

/** Until when a name is kept; undefined when it is free. */
export async function retiredUntil(db: Queryable, name: string): Promise<Date | undefined> {
  const { rows } = await sql<{ until: Date }>`
    SELECT until FROM retired_names WHERE name = ${name} AND until > now()`.execute(db);
  return rows[0]?.until;
}
