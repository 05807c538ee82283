/** What the reconciler of clusters reads and writes. */
import type { ClusterFacts } from '@kubenova/domain/cluster-capabilities.ts';
import type { Cluster, ObjectStatus } from '@kubenova/knapi/schemas.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import { CHANGES_CHANNEL } from './notify.ts';

/** What a connection to a cluster is made for. */
export interface ClusterRef {
  id: string;
  name: string;
  /** Differs whenever the sealed kubeconfig does. */
  credentialVersion: string;
}

/** A cluster on which people are let in. */
export interface EnteredCluster extends ClusterRef {
  auth: Cluster['auth'];
}

export interface ClusterRecord extends EnteredCluster {
  capsuleProxyUrl: string;
  /** PEM. */
  capsuleProxyCa: string | null;
  kubernetesVersion: string | null;
  generation: number;
  status: ObjectStatus;
  /** What the last thorough look found; null before the first. */
  facts: ClusterFacts | null;
}

export async function loadCluster(db: Kysely<Database>, id: string): Promise<ClusterRecord | undefined> {
  const { rows } = await sql<ClusterRecord>`
    SELECT id, name, auth, md5(sealed_kubeconfig) AS "credentialVersion", capsule_proxy_url AS "capsuleProxyUrl",
      capsule_proxy_ca AS "capsuleProxyCa", kubernetes_version AS "kubernetesVersion", generation, status, capabilities AS facts
    FROM clusters WHERE id = ${id}::uuid`.execute(db);
  return rows[0];
}

export async function listClusterRefs(db: Kysely<Database>): Promise<ClusterRef[]> {
  const { rows } = await sql<ClusterRef>`
    SELECT id, name, md5(sealed_kubeconfig) AS "credentialVersion" FROM clusters ORDER BY name`.execute(db);
  return rows;
}

export async function loadSealedKubeconfig(
  db: Kysely<Database>,
  id: string,
): Promise<{ sealed: Buffer; credentialVersion: string } | undefined> {
  const { rows } = await sql<{ sealed: Buffer; credentialVersion: string }>`
    SELECT sealed_kubeconfig AS sealed, md5(sealed_kubeconfig) AS "credentialVersion"
    FROM clusters WHERE id = ${id}::uuid`.execute(db);
  return rows[0];
}

/**
 * Puts another kubeconfig in the place of the one that `credentialVersion` names. Desired state does not change by it,
 * so the generation stays.
 *
 * @returns `false` when somebody has set another one meanwhile; nothing is written then
 */
export async function replaceKubeconfig(db: Kysely<Database>, cluster: ClusterRef, sealed: Buffer): Promise<boolean> {
  const { rows } = await sql`
    UPDATE clusters SET sealed_kubeconfig = ${sealed}
    WHERE id = ${cluster.id}::uuid AND md5(sealed_kubeconfig) = ${cluster.credentialVersion} RETURNING 1`.execute(db);
  return rows.length > 0;
}

/**
 * Notes which Kubernetes cluster a record leads to; nothing is written when that is known.
 *
 * @param uid of the namespace kube-system
 * @returns the name of the record that leads to the same cluster already; `undefined` when there is none
 */
export async function claimCluster(
  db: Kysely<Database>,
  cluster: Pick<ClusterRef, 'id'>,
  uid: string,
): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM clusters WHERE cluster_uid = ${uid} AND id <> ${cluster.id}::uuid`.execute(db);
  if (rows[0] !== undefined) return rows[0].name;
  await sql`
    UPDATE clusters SET cluster_uid = ${uid}
    WHERE id = ${cluster.id}::uuid AND cluster_uid IS DISTINCT FROM ${uid}`.execute(db);
  return undefined;
}

export async function saveClusterStatus(
  db: Kysely<Database>,
  cluster: ClusterRecord,
  status: ObjectStatus,
  kubernetesVersion: string | null,
): Promise<void> {
  await sql`
    WITH saved AS (
      UPDATE clusters SET status = ${JSON.stringify(status)}::jsonb, kubernetes_version = ${kubernetesVersion}
      WHERE id = ${cluster.id}::uuid AND generation = ${cluster.generation} RETURNING 1
    )
    SELECT pg_notify(${CHANGES_CHANNEL}, ${`cluster:${cluster.id}`}) FROM saved`.execute(db);
}

/** Keeps what a thorough look found; written where it differs from what is kept, so that its time says since when. */
export async function saveClusterFacts(db: Kysely<Database>, id: string, facts: ClusterFacts): Promise<void> {
  await sql`
    UPDATE clusters SET capabilities = ${JSON.stringify(facts)}::jsonb, capabilities_at = now()
    WHERE id = ${id}::uuid`.execute(db);
}

/** An App whose Application KubeVela should have taken up by now. */
export interface WaitingApp {
  name: string;
  namespace: string;
}

/** At most `limit` Apps of a cluster that the Agent has delivered more than a minute ago and that do not run yet. */
export async function appsWaitingForVela(
  db: Kysely<Database>,
  clusterId: string,
  limit: number,
): Promise<WaitingApp[]> {
  const { rows } = await sql<WaitingApp>`
    SELECT name, namespace FROM apps
    WHERE cluster_id = ${clusterId}::uuid AND phase IN ('Pending', 'Deploying') AND deleting_at IS NULL
      AND updated_at < now() - interval '1 minute'
      AND status @> '{"conditions":[{"type":"Applied","status":"True"}]}'
    ORDER BY updated_at LIMIT ${limit}`.execute(db);
  return rows;
}
