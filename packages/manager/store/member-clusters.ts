/** Where people may go with kubectl: the clusters on which their tenants are placed. */
import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { ClusterRow } from './rows.ts';
import { inTouchedTenant, type Reach, type Reference } from './scope.ts';

/** A cluster that a tenant is placed on, with what leads there. */
export interface MemberCluster {
  tenantId: string;
  tenant: string;
  clusterId: string;
  cluster: string;
  auth: ClusterRow['auth'];
  capsuleProxyUrl: string;
  capsuleProxyCa: string | null;
}

export interface MemberClusterFilter {
  reach: Reach;
  /** All when left out. */
  tenants?: readonly Reference[];
  clusters?: readonly Reference[];
  limit: number;
}

/** By tenant and cluster. */
export function memberClusters(db: Queryable, filter: MemberClusterFilter): Promise<MemberCluster[]> {
  return db
    .selectFrom('placements')
    .innerJoin('clusters', 'clusters.id', 'placements.cluster_id')
    .innerJoin('tenants', 'tenants.id', 'placements.tenant_id')
    .select([
      'tenants.id as tenantId',
      'tenants.name as tenant',
      'clusters.id as clusterId',
      'clusters.name as cluster',
      'clusters.auth',
      'clusters.capsule_proxy_url as capsuleProxyUrl',
      'clusters.capsule_proxy_ca as capsuleProxyCa',
    ])
    .where('placements.deleting_at', 'is', null)
    .where(inTouchedTenant(filter.reach, 'placements.tenant_id'))
    .where(oneOf(filter.tenants, { id: 'tenants.id', name: 'tenants.name' }))
    .where(oneOf(filter.clusters, { id: 'clusters.id', name: 'clusters.name' }))
    .orderBy('tenants.name')
    .orderBy('clusters.name')
    .limit(filter.limit)
    .execute();
}

function oneOf(
  references: readonly Reference[] | undefined,
  columns: { id: string; name: string },
): RawBuilder<boolean> {
  if (references === undefined) return sql<boolean>`true`;
  const ids = references.flatMap((reference) => (reference.kind === 'id' ? [reference.id] : []));
  const names = references.flatMap((reference) => (reference.kind === 'name' ? [reference.name] : []));
  return sql<boolean>`(${sql.ref(columns.id)} = any(${ids}::uuid[]) or ${sql.ref(columns.name)} = any(${names}::text[]))`;
}
