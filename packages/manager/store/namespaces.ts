/** Who holds which namespace on a cluster. */
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';

export interface NamespaceHolder {
  kind: 'app' | 'sandbox';
  tenantId: string;
  projectId: string;
  tenant: string;
  project: string;
  /** The App's name, or the sandbox's number. */
  name: string;
}

export async function namespaceHolder(
  db: Queryable,
  clusterId: string,
  namespace: string,
): Promise<NamespaceHolder | undefined> {
  const result = await sql<NamespaceHolder>`
    select n.holder_kind as kind, t.id as "tenantId", p.id as "projectId", t.name as tenant, p.name as project,
      coalesce(a.name, s.number::text) as name
    from namespaces as n
    left join apps as a on a.id = n.holder_id and n.holder_kind = 'app'
    left join sandboxes as s on s.id = n.holder_id and n.holder_kind = 'sandbox'
    join projects as p on p.id = coalesce(a.project_id, s.project_id)
    join tenants as t on t.id = p.tenant_id
    where n.cluster_id = ${clusterId}::uuid and n.name = ${namespace}`.execute(db);
  return result.rows[0];
}

/** Which of these namespaces are held already. */
export async function heldNamespaces(db: Queryable, clusterId: string, names: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('namespaces')
    .select('name')
    .where('cluster_id', '=', clusterId)
    .where('name', 'in', [...names])
    .execute();
  return new Set(rows.map((row) => row.name));
}
