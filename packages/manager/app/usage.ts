/**
 * What a tenant or a project requests, uses and may use. No request waits for a cluster: "now" is the newest sample, up to
 * five minutes old, and `observedAt` says from when it is. Where samples have been missed for a quarter of an hour nothing
 * is said of now.
 *
 * Limits are the tenant's on each cluster; a project has none of its own, so that beside its usage stands what it shares.
 */
import { effectiveSettings } from '@kubenova/domain/effective-settings.ts';
import { quotaAmounts } from '@kubenova/domain/resource-amounts.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { ClusterSummary, TenantSummary, Usage, UsageNow } from '@kubenova/knapi/schemas.ts';
import { toReference } from '../store/scope.ts';
import { type ClusterUsageRow, countProjects, type UsageOf, usageByCluster, usageSamples } from '../store/usage.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { badParameter } from './lists.ts';

export interface UsageQuery {
  since?: string;
  until?: string;
  cluster?: string;
}

/** A cluster that is sampled every five minutes for a day and every hour for 29 more has 984. */
const MOST_SAMPLES = 2_000;
const DAY_MS = 86_400_000;

export function getTenantUsage(context: Context, query: UsageQuery): Promise<Outcome<Usage>> {
  return usage(context, query, { tenantId: context.target.tenant.id });
}

export function getProjectUsage(context: Context, query: UsageQuery): Promise<Outcome<Usage>> {
  return usage(context, query, { tenantId: context.target.tenant.id, projectId: context.target.project.id });
}

/** A filter by a cluster that the tenant is not on finds nothing, as for one that does not exist. */
async function usage(context: Context, query: UsageQuery, whose: UsageOf): Promise<Outcome<Usage>> {
  const { db } = context.services;
  const until = query.until === undefined ? new Date() : new Date(query.until);
  const since = query.since === undefined ? new Date(until.getTime() - DAY_MS) : new Date(query.since);
  if (since >= until) throw badParameter('since', 'It has to be before until, which is now when left out.');
  const of = { ...whose, ...(query.cluster === undefined ? {} : { cluster: toReference(query.cluster) }) };
  const now = await usageByCluster(db, of);
  const samples = await usageSamples(db, of, { since, until, limit: MOST_SAMPLES + 1 });
  return ok({
    now: now.map(presentNow),
    samples: samples
      .slice(0, MOST_SAMPLES)
      .reverse()
      .map((sample) => ({ ...sample, at: sample.at.toISOString() })),
    truncated: samples.length > MOST_SAMPLES,
  });
}

function presentNow(row: ClusterUsageRow): UsageNow {
  return {
    cluster: row.cluster,
    allowed: quotaAmounts(effectiveSettings(row.levels).quotas),
    requested: row.requested,
    used: row.used,
    observedAt: row.observed_at?.toISOString() ?? null,
  };
}

export async function getTenantSummary(context: Context): Promise<Outcome<TenantSummary>> {
  return summary(context, { tenantId: context.target.tenant.id });
}

export async function getPlacementSummary(context: Context): Promise<Outcome<TenantSummary>> {
  const { cluster, tenant, placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  return summary(context, { tenantId: tenant.id, cluster: { kind: 'id', id: cluster.id } });
}

async function summary(context: Context, of: UsageOf): Promise<Outcome<TenantSummary>> {
  const { tenant, plan } = context.target;
  const { db } = context.services;
  const clusters = await usageByCluster(db, of);
  return ok({
    tenant: tenant.name,
    plan: plan?.name ?? null,
    projects: await countProjects(db, tenant.id),
    clusters: clusters.map(presentSummary),
  });
}

function presentSummary(row: ClusterUsageRow): ClusterSummary {
  return {
    ...presentNow(row),
    phase: row.phase,
    namespaces: { apps: row.apps, sandboxes: row.sandboxes },
    effective: effectiveSettings(row.levels),
  };
}
