/** Rows as the API would have written them. */
import { appNamespace } from '@kubenova/domain/names.ts';
import type { Pool } from 'pg';

export interface Records {
  clusterId: string;
  tenantId: string;
  projectId: string;
  placementId: string;
}

/** A cluster with the tenant `acme`, placed on it, and its project `shop`. */
export async function insertPlace(pool: Pool): Promise<Records> {
  const clusterId = crypto.randomUUID();
  const one = async (text: string, values: unknown[]): Promise<string> => (await pool.query(text, values)).rows[0].id;
  await one(
    `INSERT INTO clusters (id, name, zone, server, sealed_kubeconfig, capsule_proxy_url)
     VALUES ($1, 'zone-a', 'zone-a', '', 'sealed', '') RETURNING id`,
    [clusterId],
  );
  const tenantId = await one(`INSERT INTO tenants (name) VALUES ('acme') RETURNING id`, []);
  const projectId = await one(`INSERT INTO projects (tenant_id, name) VALUES ($1, 'shop') RETURNING id`, [tenantId]);
  const placementId = await one('INSERT INTO placements (cluster_id, tenant_id) VALUES ($1, $2) RETURNING id', [
    clusterId,
    tenantId,
  ]);
  return { clusterId, tenantId, projectId, placementId };
}

export async function insertApp(pool: Pool, place: Records, name: string): Promise<string> {
  const namespace = appNamespace({ tenant: 'acme', project: 'shop', app: name });
  const source = { kind: 'containerImage', containerImage: { image: 'nginx' } };
  const { rows } = await pool.query(
    `WITH made AS (
       INSERT INTO apps (placement_id, cluster_id, tenant_id, project_id, name, namespace, spec, source_kind)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'containerImage') RETURNING *
     ), held AS (INSERT INTO namespaces SELECT cluster_id, namespace, 'app', id FROM made)
     SELECT id FROM made`,
    [
      place.placementId,
      place.clusterId,
      place.tenantId,
      place.projectId,
      name,
      namespace,
      JSON.stringify({ description: '', source, traits: [], labels: {} }),
    ],
  );
  return rows[0].id;
}
