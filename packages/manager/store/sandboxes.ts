/** Sandboxes: namespaces that a tenant's people edit freely, numbered within their project on a cluster. */
import type { SandboxRuleLevels } from '@kubenova/domain/sandbox-rules.ts';
import type { SandboxRules } from '@kubenova/knapi/schemas.ts';
import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import { type BelongsTo, revive, type SandboxRow } from './rows.ts';

export interface NewSandbox {
  id: string;
  placementId: string;
  clusterId: string;
  tenantId: string;
  projectId: string;
  number: number;
  displayName: string;
  namespace: string;
  /** How long it lives from now on; for ever when null. */
  ttlSeconds: number | null;
}

/** Makes a sandbox and its hold on the namespace. Undefined when the placement is being deleted or its cluster is cordoned. */
export async function insertSandbox(db: Queryable, sandbox: NewSandbox): Promise<SandboxRow | undefined> {
  const result = await sql<{ sandbox: unknown }>`
    with place as (
      select pl.id from placements as pl join clusters as c on c.id = pl.cluster_id
      where pl.id = ${sandbox.placementId}::uuid and pl.deleting_at is null and not c.cordoned
      for share of pl
    ), made as (
      insert into sandboxes (id, placement_id, cluster_id, tenant_id, project_id, number, display_name, namespace, expires_at)
      select ${sandbox.id}::uuid, place.id, ${sandbox.clusterId}::uuid, ${sandbox.tenantId}::uuid,
        ${sandbox.projectId}::uuid, ${sandbox.number}::integer, ${sandbox.displayName}, ${sandbox.namespace}, ${fromNow(sandbox.ttlSeconds)}
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

/** What a project holds on a cluster, and what it may. */
export interface SandboxHoldings {
  /** Numbers that records hold, those on their way out included. */
  numbers: number[];
  /** How many of them are on their way out. */
  leaving: number;
  levels: SandboxRuleLevels;
}

/** Undefined when the project is gone. One statement, so that the rules are those of the moment that counts. */
export async function sandboxHoldings(
  db: Queryable,
  clusterId: string,
  projectId: string,
): Promise<SandboxHoldings | undefined> {
  const result = await sql<{ numbers: number[]; leaving: number; plan: SandboxRules | null; project: SandboxRules }>`
    select coalesce(array_agg(s.number) filter (where s.number is not null), '{}') as numbers,
      count(s.deleting_at)::integer as leaving, p.sandboxes as project, pn.spec -> 'sandboxes' as plan
    from projects as p join tenants as t on t.id = p.tenant_id left join plans as pn on pn.id = t.plan_id
    left join sandboxes as s on s.project_id = p.id and s.cluster_id = ${clusterId}::uuid
    where p.id = ${projectId}::uuid group by p.id, pn.id`.execute(db);
  const row = result.rows[0];
  if (row === undefined) return undefined;
  return { numbers: row.numbers, leaving: row.leaving, levels: { plan: row.plan ?? undefined, project: row.project } };
}

export interface SandboxChange {
  displayName?: string;
  /** From now on; null takes the end away; the end stays as it is when left out. */
  ttlSeconds?: number | null;
}

export function updateSandbox(db: Queryable, id: string, change: SandboxChange): Promise<SandboxRow> {
  return db
    .updateTable('sandboxes')
    .set({
      ...(change.displayName === undefined ? {} : { display_name: change.displayName }),
      ...(change.ttlSeconds === undefined ? {} : { expires_at: fromNow(change.ttlSeconds) }),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The database's clock decides when a sandbox ends, so it also says from when on. */
function fromNow(seconds: number | null): RawBuilder<Date | null> {
  return sql<Date | null>`now() + ${seconds}::integer * interval '1 second'`;
}

/** Every sandbox on a cluster, with the names of what it belongs to. */
export async function listSandboxesOnCluster(
  db: Queryable,
  clusterId: string,
  page: PageRequest,
): Promise<Page<SandboxRow & Pick<BelongsTo, 'tenant' | 'project'>>> {
  const rows = await db
    .selectFrom('sandboxes')
    .innerJoin('tenants', 'tenants.id', 'sandboxes.tenant_id')
    .innerJoin('projects', 'projects.id', 'sandboxes.project_id')
    .selectAll('sandboxes')
    .select(['tenants.name as tenant', 'projects.name as project'])
    .select(microseconds('sandboxes.created_at').as('cursor_at'))
    .where('sandboxes.cluster_id', '=', clusterId)
    .where(afterCursor(page.cursor, { at: 'sandboxes.created_at', id: 'sandboxes.id' }))
    .orderBy('sandboxes.created_at')
    .orderBy('sandboxes.id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
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
