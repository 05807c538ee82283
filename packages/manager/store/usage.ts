/** What tenants and projects take up, now and over time, summed in the database: however many projects, one row a cluster. */
import type { SettingsLevels } from '@kubenova/domain/effective-settings.ts';
import type { PlacementSpec, PlanSpec, ResourceAmounts } from '@kubenova/knapi/schemas.ts';
import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { byReference, type Reference } from './scope.ts';

/** Whose usage, and where. */
export interface UsageOf {
  tenantId: string;
  /** All of the tenant's when absent. */
  projectId?: string;
  /** Wherever the tenant is placed when absent. */
  cluster?: Reference;
}

/** A tenant on one cluster. */
export interface ClusterUsageRow {
  cluster: string;
  phase: string;
  apps: number;
  sandboxes: number;
  levels: SettingsLevels;
  /** When the last sample was taken; null before the first. */
  observed_at: Date | null;
  /** Of that sample; null where it is too old to speak of now. */
  requested: ResourceAmounts | null;
  used: ResourceAmounts | null;
}

/** A sample speaks of now until the third after it is missed. */
const FRESH = sql`c.usage_at > now() - interval '15 minutes'`;

/** Each cluster that the tenant is placed on, with what is there and the newest sample. One statement. */
export async function usageByCluster(db: Queryable, of: UsageOf): Promise<ClusterUsageRow[]> {
  const newest = (column: 'requested' | 'used') =>
    sumOf(column, of, {
      cluster: sql`c.id`,
      seconds: sql`300`,
      at: sql`c.usage_at`,
    });
  const count = (table: 'apps' | 'sandboxes') => sql`(SELECT count(*)::integer FROM ${sql.table(table)} AS held
    WHERE held.placement_id = pl.id AND ${ofProject(of, 'held')})`;
  const { rows } = await sql<
    Omit<ClusterUsageRow, 'levels'> & { tenant: PlacementSpec; placement: PlacementSpec; plan: PlanSpec | null }
  >`
    SELECT c.name AS cluster, pl.status ->> 'phase' AS phase, ${count('apps')} AS apps, ${count('sandboxes')} AS sandboxes,
      t.settings AS tenant, pl.spec AS placement, plans.spec AS plan, c.usage_at AS observed_at,
      CASE WHEN ${FRESH} THEN coalesce(${newest('requested')}, '{}') END AS requested,
      CASE WHEN ${FRESH} THEN ${newest('used')} END AS used
    FROM placements pl JOIN clusters c ON c.id = pl.cluster_id JOIN tenants t ON t.id = pl.tenant_id
      LEFT JOIN plans ON plans.id = t.plan_id
    WHERE pl.tenant_id = ${of.tenantId}::uuid AND ${onCluster(of)}
    ORDER BY c.name`.execute(db);
  return rows.map(({ plan, tenant, placement, ...row }) => ({
    ...row,
    levels: { ...(plan === null ? {} : { plan }), tenant, placement },
  }));
}

export interface UsageSampleRow {
  at: Date;
  cluster: string;
  seconds: number;
  requested: ResourceAmounts;
  used: ResourceAmounts | null;
}

/** The newest samples of a span, at most `limit`, newest first: each is the sum over the projects at one time. */
export async function usageSamples(
  db: Queryable,
  of: UsageOf,
  span: { since: Date; until: Date; limit: number },
): Promise<UsageSampleRow[]> {
  const ofPoint = (column: 'requested' | 'used') =>
    sumOf(column, of, { cluster: sql`point.cluster_id`, seconds: sql`point.seconds`, at: sql`point.at` });
  const { rows } = await sql<UsageSampleRow>`
    SELECT point.at, point.cluster, point.seconds, coalesce(${ofPoint('requested')}, '{}') AS requested,
      ${ofPoint('used')} AS used
    FROM (
      SELECT u.at, u.seconds, u.cluster_id, c.name AS cluster
      FROM usage_samples u JOIN clusters c ON c.id = u.cluster_id
      WHERE u.tenant_id = ${of.tenantId}::uuid AND u.seconds IN (300, 3600) AND ${ofProject(of, 'u')}
        AND u.at >= ${span.since} AND u.at < ${span.until} AND ${onCluster(of)}
      GROUP BY u.at, u.seconds, u.cluster_id, c.name
      ORDER BY u.at DESC, c.name LIMIT ${span.limit}::integer
    ) AS point
    ORDER BY point.at DESC, point.cluster`.execute(db);
  return rows;
}

export async function countProjects(db: Queryable, tenantId: string): Promise<number> {
  const { rows } = await sql<{ projects: number }>`
    SELECT count(*)::integer AS projects FROM projects WHERE tenant_id = ${tenantId}::uuid`.execute(db);
  return rows[0]?.projects ?? 0;
}

/** The sum over the projects at one time; null where none has the column. */
function sumOf(
  column: 'requested' | 'used',
  of: UsageOf,
  point: { cluster: RawBuilder<unknown>; seconds: RawBuilder<unknown>; at: RawBuilder<unknown> },
): RawBuilder<unknown> {
  return sql`(SELECT jsonb_object_agg(key, total) FROM (
      SELECT amount.key, sum(amount.value::numeric) AS total
      FROM usage_samples s CROSS JOIN LATERAL jsonb_each_text(${sql.ref(`s.${column}`)}) AS amount
      WHERE s.tenant_id = ${of.tenantId}::uuid AND s.cluster_id = ${point.cluster} AND s.seconds = ${point.seconds}
        AND s.at = ${point.at} AND ${ofProject(of, 's')}
      GROUP BY amount.key
    ) AS totals)`;
}

function ofProject({ projectId }: UsageOf, table: string): RawBuilder<boolean> {
  return projectId === undefined
    ? sql<boolean>`true`
    : sql<boolean>`${sql.ref(`${table}.project_id`)} = ${projectId}::uuid`;
}

function onCluster({ cluster }: UsageOf): RawBuilder<boolean> {
  return cluster === undefined ? sql<boolean>`true` : byReference(cluster, { id: 'c.id', name: 'c.name' });
}
