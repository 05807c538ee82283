/** Clusters: one a zone. */

import type { ClusterFacts } from '@kubenova/domain/cluster-capabilities.ts';
import type { Labels } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { ClusterRow } from './rows.ts';
import { clusterInReach, labelsMatch, nameContains, type Reach } from './scope.ts';

const columns = [
  'id',
  'name',
  'zone',
  'labels',
  'server',
  'capsule_proxy_url',
  'capsule_proxy_ca',
  'connection',
  'auth',
  'cordoned',
  'kubernetes_version',
  'generation',
  'status',
  'created_at',
  'updated_at',
] as const;

export interface NewCluster {
  /** Chosen by the caller, because the kubeconfig is sealed for this id before the row exists. */
  id: string;
  name: string;
  zone: string;
  labels: Labels;
  server: string;
  sealedKubeconfig: Buffer;
  capsuleProxyUrl: string;
  capsuleProxyCa: string | null;
  /** `oidc` when left out. */
  auth?: ClusterRow['auth'];
}

export function insertCluster(db: Queryable, cluster: NewCluster): Promise<ClusterRow> {
  return db
    .insertInto('clusters')
    .values({
      id: cluster.id,
      name: cluster.name,
      zone: cluster.zone,
      labels: JSON.stringify(cluster.labels),
      server: cluster.server,
      sealed_kubeconfig: cluster.sealedKubeconfig,
      capsule_proxy_url: cluster.capsuleProxyUrl,
      capsule_proxy_ca: cluster.capsuleProxyCa,
      auth: cluster.auth,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export interface ClusterFilter {
  reach: Reach;
  nameContains?: string;
  labels?: Record<string, string>;
}

export async function listClusters(db: Queryable, filter: ClusterFilter, page: PageRequest): Promise<Page<ClusterRow>> {
  const rows = await db
    .selectFrom('clusters')
    .select(columns)
    .select(microseconds('created_at').as('cursor_at'))
    .where(clusterInReach(filter.reach, 'clusters.id'))
    .where(nameContains(filter.nameContains, 'name'))
    .where(labelsMatch(filter.labels, sql.ref('labels')))
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function findCluster(db: Queryable, id: string): Promise<ClusterRow | undefined> {
  return db.selectFrom('clusters').select(columns).where('id', '=', id).executeTakeFirst();
}

/** The cluster as it is now, held until the transaction ends. */
export function lockCluster(db: Queryable, id: string): Promise<ClusterRow | undefined> {
  return db.selectFrom('clusters').select(columns).where('id', '=', id).forUpdate().executeTakeFirst();
}

export interface ClusterChange {
  labels: Labels;
  capsuleProxyUrl: string;
  capsuleProxyCa: string | null;
  auth: ClusterRow['auth'];
  cordoned: boolean;
  /** A new kubeconfig, sealed, with the server it names; the old one stays when left out. */
  credential?: { sealedKubeconfig: Buffer; server: string };
}

export function updateCluster(db: Queryable, id: string, change: ClusterChange): Promise<ClusterRow> {
  return db
    .updateTable('clusters')
    .set({
      labels: JSON.stringify(change.labels),
      capsule_proxy_url: change.capsuleProxyUrl,
      capsule_proxy_ca: change.capsuleProxyCa,
      auth: change.auth,
      cordoned: change.cordoned,
      ...(change.credential === undefined
        ? {}
        : { sealed_kubeconfig: change.credential.sealedKubeconfig, server: change.credential.server }),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export function setCordoned(db: Queryable, id: string, cordoned: boolean): Promise<ClusterRow> {
  return db
    .updateTable('clusters')
    .set({ cordoned, generation: sql<number>`generation + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
}

/** What a thorough look at the cluster found, and since when it is so. */
export async function clusterFacts(
  db: Queryable,
  id: string,
): Promise<{ capabilities: ClusterFacts | null; capabilities_at: Date | null } | undefined> {
  return db.selectFrom('clusters').select(['capabilities', 'capabilities_at']).where('id', '=', id).executeTakeFirst();
}

export async function deleteCluster(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('clusters').where('id', '=', id).execute();
}

/** Name and id of the clusters that hold the name or the zone already. */
export function clustersHolding(db: Queryable, taken: { name: string; zone: string }): Promise<ClusterRow[]> {
  return db
    .selectFrom('clusters')
    .select(columns)
    .where((where) => where.or([where('name', '=', taken.name), where('zone', '=', taken.zone)]))
    .execute();
}

/** The kubeconfig as it is sealed; `identity/sealing.ts` opens it with the cluster's id. */
export async function sealedKubeconfig(db: Queryable, id: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom('clusters').select('sealed_kubeconfig').where('id', '=', id).executeTakeFirst();
  return row?.sealed_kubeconfig;
}
