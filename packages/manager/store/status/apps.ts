/** What the reconciler of Apps reads and writes. */
import type { StoredAppStatus } from '@kubenova/domain/app-report.ts';
import type { NamedRef } from '@kubenova/domain/identity.ts';
import type { Tenancy } from '@kubenova/domain/tenancy.ts';
import type { AppSpec } from '@kubenova/knapi/schemas.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { EnteredCluster } from './clusters.ts';
import { CHANGES_CHANNEL } from './notify.ts';
import { tenancyOf } from './tenancy.ts';

export interface AppRecord {
  id: string;
  name: string;
  namespace: string;
  spec: AppSpec;
  revision: number;
  generation: number;
  deletingAt: Date | null;
  status: StoredAppStatus;
  cluster: EnteredCluster;
  tenant: NamedRef;
  project: NamedRef;
  tenancy: Tenancy;
}

/** One App with everything that its objects are named and labelled with, in one statement. */
export async function loadApp(db: Kysely<Database>, id: string): Promise<AppRecord | undefined> {
  const { rows } = await sql<AppRecord>`
    SELECT a.id, a.name, a.namespace, a.spec, a.revision, a.generation, a.deleting_at AS "deletingAt", a.status,
      jsonb_build_object('id', c.id, 'name', c.name, 'auth', c.auth, 'credentialVersion', md5(c.sealed_kubeconfig)) AS cluster,
      jsonb_build_object('id', t.id, 'name', t.name) AS tenant,
      jsonb_build_object('id', p.id, 'name', p.name) AS project, ${tenancyOf('pl')} AS tenancy
    FROM apps a JOIN clusters c ON c.id = a.cluster_id JOIN tenants t ON t.id = a.tenant_id
      JOIN projects p ON p.id = a.project_id JOIN placements pl ON pl.id = a.placement_id
      LEFT JOIN plans ON plans.id = t.plan_id
    WHERE a.id = ${id}::uuid`.execute(db);
  return rows[0];
}

export async function saveAppStatus(db: Kysely<Database>, app: AppRecord, status: StoredAppStatus): Promise<void> {
  await sql`
    WITH saved AS (
      UPDATE apps SET status = ${JSON.stringify(status)}::jsonb, phase = ${status.phase}, status_at = now()
      WHERE id = ${app.id}::uuid AND generation = ${app.generation} RETURNING 1
    )
    SELECT pg_notify(${CHANGES_CHANNEL}, ${`app:${app.id}`}) FROM saved`.execute(db);
}

/** The cluster has confirmed that nothing of the App is left: row, revisions and the hold on its namespace go at once. */
export async function removeApp(db: Kysely<Database>, id: string): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM apps WHERE id = ${id}::uuid AND deleting_at IS NOT NULL RETURNING id),
      freed AS (DELETE FROM namespaces WHERE holder_id IN (SELECT id FROM gone))
    SELECT pg_notify(${CHANGES_CHANNEL}, 'app:' || id) FROM gone`.execute(db);
}
