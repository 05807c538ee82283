/** What the reconciler of placements reads and writes. */
import type { TenantIdentity } from '@kubenova/domain/identity.ts';
import type { Tenancy } from '@kubenova/domain/tenancy.ts';
import type { ObjectStatus } from '@kubenova/knapi/schemas.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { EnteredCluster } from './clusters.ts';
import { CHANGES_CHANNEL } from './notify.ts';
import { tenancyOf } from './tenancy.ts';

export interface PlacementRecord {
  id: string;
  generation: number;
  deletingAt: Date | null;
  status: ObjectStatus;
  cluster: EnteredCluster;
  tenant: TenantIdentity;
  tenancy: Tenancy;
}

export async function loadPlacement(db: Kysely<Database>, id: string): Promise<PlacementRecord | undefined> {
  const { rows } = await sql<PlacementRecord>`
    SELECT p.id, p.generation, p.deleting_at AS "deletingAt", p.status,
      jsonb_build_object('id', c.id, 'name', c.name, 'auth', c.auth, 'credentialVersion', md5(c.sealed_kubeconfig)) AS cluster,
      jsonb_build_object('id', t.id, 'name', t.name) AS tenant, ${tenancyOf('p')} AS tenancy
    FROM placements p JOIN clusters c ON c.id = p.cluster_id JOIN tenants t ON t.id = p.tenant_id
      LEFT JOIN plans ON plans.id = t.plan_id
    WHERE p.id = ${id}::uuid`.execute(db);
  return rows[0];
}

export async function savePlacementStatus(
  db: Kysely<Database>,
  placement: PlacementRecord,
  status: ObjectStatus,
): Promise<void> {
  await sql`
    WITH saved AS (
      UPDATE placements SET status = ${JSON.stringify(status)}::jsonb
      WHERE id = ${placement.id}::uuid AND generation = ${placement.generation} RETURNING 1
    )
    SELECT pg_notify(${CHANGES_CHANNEL}, ${`placement:${placement.id}`}) FROM saved`.execute(db);
}

/** The cluster has confirmed that nothing of the placement is left. */
export async function removePlacement(db: Kysely<Database>, id: string): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM placements WHERE id = ${id}::uuid AND deleting_at IS NOT NULL RETURNING id)
    SELECT pg_notify(${CHANGES_CHANNEL}, 'placement:' || id) FROM gone`.execute(db);
}
