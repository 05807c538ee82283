/** Projects: a tenant's groups of Apps and sandboxes. */

import type { Labels, SandboxRules } from '@kubenova/knapi/schemas.ts';
import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { ProjectRow } from './rows.ts';
import { inReach, labelsMatch, nameContains, type Reach } from './scope.ts';

export interface ProjectFields {
  displayName: string;
  labels: Labels;
  sandboxes: SandboxRules;
}

export function insertProject(
  db: Queryable,
  project: ProjectFields & { id: string; tenantId: string; name: string },
): Promise<ProjectRow> {
  return db
    .insertInto('projects')
    .values({
      id: project.id,
      tenant_id: project.tenantId,
      name: project.name,
      display_name: project.displayName,
      labels: JSON.stringify(project.labels),
      sandboxes: JSON.stringify(project.sandboxes),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findProject(db: Queryable, id: string): Promise<ProjectRow | undefined> {
  return db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst();
}

export function lockProject(db: Queryable, id: string): Promise<ProjectRow | undefined> {
  return db.selectFrom('projects').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export interface ProjectFilter {
  tenantId: string;
  /** Only those that have something on this cluster. */
  onClusterId?: string;
  reach: Reach;
  nameContains?: string;
  labels?: Record<string, string>;
}

export async function listProjects(db: Queryable, filter: ProjectFilter, page: PageRequest): Promise<Page<ProjectRow>> {
  const rows = await db
    .selectFrom('projects')
    .selectAll()
    .select(microseconds('created_at').as('cursor_at'))
    .where('tenant_id', '=', filter.tenantId)
    .where(hasSomethingOn(filter.onClusterId))
    .where(inReach(filter.reach, { tenant: 'tenant_id', project: 'id' }))
    .where(nameContains(filter.nameContains, 'name'))
    .where(labelsMatch(filter.labels, sql.ref('labels')))
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

function hasSomethingOn(clusterId: string | undefined): RawBuilder<boolean> {
  if (clusterId === undefined) return sql<boolean>`true`;
  return sql<boolean>`(exists (select 1 from apps where apps.project_id = projects.id and apps.cluster_id = ${clusterId}::uuid)
    or exists (select 1 from sandboxes where sandboxes.project_id = projects.id and sandboxes.cluster_id = ${clusterId}::uuid))`;
}

export function updateProject(db: Queryable, id: string, fields: ProjectFields): Promise<ProjectRow> {
  return db
    .updateTable('projects')
    .set({
      display_name: fields.displayName,
      labels: JSON.stringify(fields.labels),
      sandboxes: JSON.stringify(fields.sandboxes),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteProject(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('projects').where('id', '=', id).execute();
}

/** What a project still holds, a few of each. */
export async function leftInProject(db: Queryable, id: string): Promise<{ apps: string[]; sandboxes: number[] }> {
  const result = await sql<{ apps: string[]; sandboxes: number[] }>`select
    array(select name from apps where project_id = ${id}::uuid order by name limit 5) as apps,
    array(select number from sandboxes where project_id = ${id}::uuid order by number limit 5) as sandboxes`.execute(
    db,
  );
  return result.rows[0] ?? { apps: [], sandboxes: [] };
}
