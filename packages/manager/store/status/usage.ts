/**
 * Samples of what projects take up on a cluster: as they are taken, and how they grow old. A sample stands for five
 * minutes; after a day those of an hour become one, their average; after thirty days that goes too. One run at a time
 * works on a cluster's samples (the queue's doing), and it does a bounded part of that work.
 */
import type { ProjectUsage } from '@kubenova/domain/usage-tally.ts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';

/** The span of a sample as it is taken, in seconds. */
export const SAMPLE_SECONDS = 300;
const HOUR_SECONDS = 3_600;

/** The project of each namespace that a record holds on a cluster, but for those that turned out to be somebody else's. */
export async function projectNamespaces(db: Kysely<Database>, clusterId: string): Promise<Map<string, string>> {
  const ours = (table: 'apps' | 'sandboxes') => sql`
    SELECT namespace, project_id AS project FROM ${sql.table(table)}
    WHERE cluster_id = ${clusterId}::uuid AND NOT status @> '{"conditions":[{"reason":"NamespaceTaken"}]}'`;
  const { rows } = await sql<{ namespace: string; project: string }>`
    ${ours('apps')} UNION ALL ${ours('sandboxes')}`.execute(db);
  return new Map(rows.map(({ namespace, project }) => [namespace, project]));
}

/** Keeps one sample of every project, all of one time. A project that is gone meanwhile is left out. */
export async function saveUsage(
  db: Kysely<Database>,
  clusterId: string,
  usage: ReadonlyMap<string, ProjectUsage>,
): Promise<void> {
  const samples = [...usage].map(([project, { requested, used }]) => ({ project, requested, used }));
  await sql`
    WITH taken AS (UPDATE clusters SET usage_at = now() WHERE id = ${clusterId}::uuid RETURNING id, usage_at)
    INSERT INTO usage_samples (cluster_id, tenant_id, project_id, at, seconds, requested, used)
    SELECT taken.id, p.tenant_id, p.id, taken.usage_at, ${SAMPLE_SECONDS}::int, s.requested, s.used
    FROM taken, jsonb_to_recordset(${JSON.stringify(samples)}::jsonb) AS s (project uuid, requested jsonb, used jsonb)
      JOIN projects p ON p.id = s.project`.execute(db);
}

/**
 * Makes hours out of samples that are older than a day, the oldest first.
 *
 * @param limit how many samples to begin with at most; their hours are finished in any case
 * @returns how many hours were made
 */
export async function averageOldUsage(db: Kysely<Database>, clusterId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ hours: number }>`
    WITH hours AS (
      SELECT DISTINCT project_id, date_trunc('hour', at, 'UTC') AS hour FROM (
        SELECT project_id, at FROM usage_samples
        WHERE cluster_id = ${clusterId}::uuid AND seconds = ${SAMPLE_SECONDS}::int
          AND at < date_trunc('hour', now() - interval '1 day', 'UTC')
        ORDER BY at LIMIT ${limit}::int
      ) AS oldest
    ), taken AS (
      DELETE FROM usage_samples u USING hours h
      WHERE u.cluster_id = ${clusterId}::uuid AND u.project_id = h.project_id AND u.seconds = ${SAMPLE_SECONDS}::int
        AND u.at >= h.hour AND u.at < h.hour + interval '1 hour'
      RETURNING u.tenant_id, u.project_id, h.hour, u.requested, u.used
    ), counted AS (
      SELECT tenant_id, project_id, hour, count(*) AS samples, count(used) AS measured FROM taken GROUP BY 1, 2, 3
    ), made AS (
      INSERT INTO usage_samples (cluster_id, tenant_id, project_id, at, seconds, requested, used)
      SELECT ${clusterId}::uuid, c.tenant_id, c.project_id, c.hour, ${HOUR_SECONDS}::int,
        coalesce(${averageOf('requested')}, '{}'), CASE WHEN c.measured > 0 THEN coalesce(${averageOf('used')}, '{}') END
      FROM counted c ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*)::int AS hours FROM made`.execute(db);
  return rows[0]?.hours ?? 0;
}

/** A resource that a sample does not speak of was zero in it; a sample without measurements does not count for them. */
function averageOf(column: 'requested' | 'used'): RawBuilder<unknown> {
  const samples = sql.ref(column === 'requested' ? 'c.samples' : 'c.measured');
  return sql`(SELECT jsonb_object_agg(key, trim_scale(round(total / ${samples}, 9))) FROM (
      SELECT amount.key, sum(amount.value::numeric) AS total
      FROM taken t CROSS JOIN LATERAL jsonb_each_text(${sql.ref(`t.${column}`)}) AS amount
      WHERE t.project_id = c.project_id AND t.hour = c.hour GROUP BY amount.key
    ) AS totals)`;
}

/** Forgets hours that are older than thirty days, at most `limit` of them. */
export async function forgetOldUsage(db: Kysely<Database>, clusterId: string, limit: number): Promise<void> {
  await sql`
    DELETE FROM usage_samples WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM usage_samples
      WHERE cluster_id = ${clusterId}::uuid AND seconds = ${HOUR_SECONDS}::int AND at < now() - interval '30 days'
      LIMIT ${limit}::int))`.execute(db);
}
