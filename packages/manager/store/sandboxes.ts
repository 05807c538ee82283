/** Sandboxes: namespaces that a tenant's people edit freely, numbered within their project on a cluster. */
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import { revive, type SandboxRow } from './rows.ts';

export interface NewSandbox {
  id: string;
  placementId: string;
  clusterId: string;
  tenantId: string;
  projectId: string;
  number: number;
  displayName: string;
  namespace: string;
}

/** Makes a sandbox and its hold on the namespace. Undefined when the placement is being deleted or its cluster is cordoned. */
export async function insertSandbox(db: Queryable, sandbox: NewSandbox): Promise<SandboxRow | undefined> {
  const result = await sql<{ sandbox: unknown }>`
    with place as (
      select pl.id from placements as pl join clusters as c on c.id = pl.cluster_id
      where pl.id = ${sandbox.placementId}::uuid and pl.deleting_at is null and not c.cordoned
      for share of pl
    ), made as (
      insert into sandboxes (id, placement_id, cluster_id, tenant_id, project_id, number, display_name, namespace)
      select ${sandbox.id}::uuid, place.id, ${sandbox.clusterId}::uuid, ${sandbox.tenantId}::uuid,
        ${sandbox.projectId}::uuid, ${sandbox.number}::integer, ${sandbox.displayName}, ${sandbox.namespace}
      from place returning *
    ), held as (
      insert into namespaces (cluster_id, name, holder_kind, holder_id)
      select cluster_id, namespace, 'sandbox', id from made
    ) select to_jsonb(made) as sandbox from made`.execute(db);
  return revive<SandboxRow>(result.rows[0]?.sandbox);
}

/** Lets one transaction at a time choose a number in this project on this cluster. */
export async function lockSandboxNumbers(db: Queryable, clusterId: string, projectId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`sandbox-numbers:${clusterId}:${projectId}`}, 0))`.execute(
    db,
  );
}

/** Numbers that records hold, those on their way out included. */
export async function sandboxNumbers(db: Queryable, clusterId: string, projectId: string): Promise<Set<number>> {
  const rows = await db
    .selectFrom('sandboxes')
    .select('number')
    .where('cluster_id', '=', clusterId)
    .where('project_id', '=', projectId)
    .execute();
  return new Set(rows.map((row) => row.number));
}

export async function listSandboxes(
  db: Queryable,
  place: { clusterId: string; projectId: string },
  page: PageRequest,
): Promise<Page<SandboxRow>> {
  const rows = await db
    .selectFrom('sandboxes')
    .selectAll()
    .select(microseconds('created_at').as('cursor_at'))
    .where('cluster_id', '=', place.clusterId)
    .where('project_id', '=', place.projectId)
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function findSandbox(db: Queryable, id: string): Promise<SandboxRow | undefined> {
  return db.selectFrom('sandboxes').selectAll().where('id', '=', id).executeTakeFirst();
}

export function lockSandbox(db: Queryable, id: string): Promise<SandboxRow | undefined> {
  return db.selectFrom('sandboxes').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Asks for the sandbox to go; the reconciler removes the row when the cluster has confirmed. */
export function markSandboxDeleting(db: Queryable, id: string): Promise<SandboxRow> {
  return db
    .updateTable('sandboxes')
    .set({
      deleting_at: sql<Date>`now()`,
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
      status: sql<string>`status || '{"phase":"Deleting"}'`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
