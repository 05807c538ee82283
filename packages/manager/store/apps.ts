/** Apps: each in one namespace of its own on one cluster. */

import type { AppPhase, AppSpec, SourceKind } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import { type AuditRecord, auditInsert } from './audit.ts';
import type { Queryable } from './connect.ts';
import { type IdempotencyRecord, idempotencyInsert } from './idempotency.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import { type AppRow, type BelongsTo, revive } from './rows.ts';
import { inReach, labelsMatch, nameContains, type Reach } from './scope.ts';

export type NamedAppRow = AppRow & BelongsTo;

export interface NewApp {
  id: string;
  placementId: string;
  clusterId: string;
  tenantId: string;
  projectId: string;
  name: string;
  namespace: string;
  spec: AppSpec;
  author: string;
}

/**
 * Makes an App, its first revision, the hold on its namespace, the audit entry and, where one was asked for, the
 * idempotency record, in one statement.
 *
 * @returns the row; undefined when the placement is being deleted or its cluster has been cordoned meanwhile
 * @throws a unique violation of `apps` or `namespaces` when the name or the namespace is taken
 */
export async function insertApp(
  db: Queryable,
  app: NewApp,
  records: { audit: AuditRecord; idempotency?: IdempotencyRecord },
): Promise<AppRow | undefined> {
  const spec = JSON.stringify(app.spec);
  const kept = records.idempotency === undefined ? sql`select 1` : idempotencyInsert(records.idempotency);
  const result = await sql<{ app: unknown }>`
    with place as (
      select pl.id from placements as pl join clusters as c on c.id = pl.cluster_id
      where pl.id = ${app.placementId}::uuid and pl.deleting_at is null and not c.cordoned
      for share of pl
    ), made as (
      insert into apps (id, placement_id, cluster_id, tenant_id, project_id, name, namespace, spec, source_kind)
      select ${app.id}::uuid, place.id, ${app.clusterId}::uuid, ${app.tenantId}::uuid, ${app.projectId}::uuid,
        ${app.name}, ${app.namespace}, ${spec}::jsonb, ${app.spec.source.kind}
      from place returning *
    ), held as (
      insert into namespaces (cluster_id, name, holder_kind, holder_id)
      select cluster_id, namespace, 'app', id from made
    ), revised as (
      insert into app_revisions (app_id, revision, spec, author, cause)
      select id, revision, spec, ${app.author}, 'create' from made
    ), noted as (${auditInsert(records.audit)}), kept as (${kept})
    select to_jsonb(made) as app from made`.execute(db);
  return revive<AppRow>(result.rows[0]?.app);
}

export interface AppFilter {
  reach: Reach;
  clusterId?: string;
  projectId?: string;
  nameContains?: string;
  labels?: Record<string, string>;
  phase?: AppPhase;
  sourceKind?: SourceKind;
}

export async function listApps(db: Queryable, filter: AppFilter, page: PageRequest): Promise<Page<NamedAppRow>> {
  let query = withNames(db)
    .select(microseconds('apps.created_at').as('cursor_at'))
    .where(inReach(filter.reach, { tenant: 'apps.tenant_id', project: 'apps.project_id' }))
    .where(nameContains(filter.nameContains, 'apps.name'))
    .where(labelsMatch(filter.labels, sql`(apps.spec -> 'labels')`))
    .where(afterCursor(page.cursor, { at: 'apps.created_at', id: 'apps.id' }))
    .orderBy('apps.created_at')
    .orderBy('apps.id')
    .limit(page.limit + 1);
  if (filter.clusterId !== undefined) query = query.where('apps.cluster_id', '=', filter.clusterId);
  if (filter.projectId !== undefined) query = query.where('apps.project_id', '=', filter.projectId);
  if (filter.phase !== undefined) query = query.where('apps.phase', '=', filter.phase);
  if (filter.sourceKind !== undefined) query = query.where('apps.source_kind', '=', filter.sourceKind);
  return toPage(await query.execute(), page.limit, ({ cursor_at: _, ...row }) => row);
}

export function findApp(db: Queryable, id: string): Promise<NamedAppRow | undefined> {
  return withNames(db).where('apps.id', '=', id).executeTakeFirst();
}

function withNames(db: Queryable) {
  return db
    .selectFrom('apps')
    .innerJoin('clusters', 'clusters.id', 'apps.cluster_id')
    .innerJoin('tenants', 'tenants.id', 'apps.tenant_id')
    .innerJoin('projects', 'projects.id', 'apps.project_id')
    .selectAll('apps')
    .select(['clusters.name as cluster', 'tenants.name as tenant', 'projects.name as project']);
}

export function lockApp(db: Queryable, id: string): Promise<AppRow | undefined> {
  return db.selectFrom('apps').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export interface NewRevision {
  revision: number;
  spec: AppSpec;
  author: string;
  cause: 'update' | 'rollback';
  rollbackOf: number | null;
}

/** Gives an App its next revision; the row must be locked by the caller. */
export async function reviseApp(db: Queryable, id: string, next: NewRevision): Promise<AppRow> {
  const result = await sql<{ app: unknown }>`
    with revised as (
      insert into app_revisions (app_id, revision, spec, author, cause, rollback_of)
      values (${id}::uuid, ${next.revision}::integer, ${JSON.stringify(next.spec)}::jsonb, ${next.author}, ${next.cause},
        ${next.rollbackOf}::integer)
      returning *
    ), made as (
      update apps set spec = revised.spec, source_kind = ${next.spec.source.kind}, revision = revised.revision,
        generation = generation + 1, updated_at = now()
      from revised where apps.id = revised.app_id returning apps.*
    ) select to_jsonb(made) as app from made`.execute(db);
  const row = revive<AppRow>(result.rows[0]?.app);
  if (row === undefined) throw new Error(`app ${id} vanished while it was locked`);
  return row;
}

/** Asks for the App to go; the reconciler removes the row when the cluster has confirmed. */
export function markAppDeleting(db: Queryable, id: string): Promise<AppRow> {
  return db
    .updateTable('apps')
    .set({
      deleting_at: sql<Date>`now()`,
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
      phase: 'Deleting',
      status: sql<string>`status || '{"phase":"Deleting"}'`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The App of this name in the project on the cluster, if there is one. */
export function findAppByName(
  db: Queryable,
  place: { clusterId: string; projectId: string; name: string },
): Promise<AppRow | undefined> {
  return db
    .selectFrom('apps')
    .selectAll()
    .where('cluster_id', '=', place.clusterId)
    .where('project_id', '=', place.projectId)
    .where('name', '=', place.name)
    .executeTakeFirst();
}
