/** Projects: a tenant's groups of Apps and sandboxes. */

import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { projectDevsGroup, projectViewersGroup, sandboxName } from '@kubenova/domain/names.ts';
import { sandboxRuleProblems } from '@kubenova/domain/sandbox-rules.ts';
import { quotaProblems } from '@kubenova/domain/settings/quota-problems.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Project, ProjectCreate, ProjectUpdate, SandboxRules } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { enqueueMemberAccounts, enqueueSandboxesOf } from '../reconcile/queue.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import {
  deleteProject as deleteRow,
  findProject,
  insertProject,
  leftInProject,
  listProjects as listRows,
  lockProject,
  updateProject,
} from '../store/projects.ts';
import { retireName } from '../store/retired-names.ts';
import type { ProjectRow } from '../store/rows.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, labelSelector, mapPage, pageRequest } from './lists.ts';
import { conflict, enumerate, requireFree, requireName, requireNone } from './names.ts';
import { notPlaced } from './placements.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { createOnce, insertRecords, write } from './write.ts';

export function presentProject(row: ProjectRow, tenant: string): Project {
  return {
    id: row.id,
    tenant,
    name: row.name,
    displayName: row.display_name,
    labels: row.labels,
    sandboxes: row.sandboxes,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export interface ProjectListQuery extends ListQuery {
  q?: string;
  labelSelector?: string;
}

export async function listProjects(context: Context, query: ProjectListQuery): Promise<Outcome<Page<Project>>> {
  return list(context, query);
}

/** Those that have an App or a sandbox on the cluster. */
export async function listClusterProjects(context: Context, query: ProjectListQuery): Promise<Outcome<Page<Project>>> {
  return list(context, query, context.target.cluster.id);
}

async function list(context: Context, query: ProjectListQuery, onClusterId?: string): Promise<Outcome<Page<Project>>> {
  const { tenant } = context.target;
  const filter = {
    tenantId: tenant.id,
    onClusterId,
    reach: reachFor(context.call.caller, context.call.operation),
    nameContains: query.q,
    labels: labelSelector(query.labelSelector),
  };
  const page = await listRows(context.services.db, filter, pageRequest(query));
  return ok(mapPage(page, (row) => presentProject(row, tenant.name)));
}

export async function getProject(context: Context): Promise<Outcome<Project>> {
  return answer(context, context.target.project);
}

export async function createProject(context: Context, body: ProjectCreate): Promise<Outcome<Project>> {
  requireName(body.name);
  requireRules(context, body.sandboxes);
  const { tenant } = context.target;
  const id = randomUUID();
  const row = await createOnce(context, {
    body,
    id,
    subject: { object: `project:${id}`, tenantId: tenant.id, status: 201 },
    create: async (trx, records) => {
      await requireFree(trx, `${tenant.name}/${body.name}`);
      const made = await insertProject(trx, {
        id,
        tenantId: tenant.id,
        name: body.name,
        displayName: body.displayName ?? '',
        labels: body.labels ?? {},
        sandboxes: body.sandboxes ?? {},
      });
      await insertRecords(trx, records);
      await enqueueMemberAccounts(trx, tenant.id);
      return made;
    },
    repeat: (earlier) => findProject(context.services.db, earlier),
  }).catch((error: unknown) => {
    // The tenant may have gone between the look at the path and the insert.
    if (isStillReferenced(error)) throw notFound('tenant');
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(`Tenant ${tenant.name} has a project named ${body.name} already. Choose another name.`);
  });
  return { ...answer(context, row), kind: 'created' };
}

/** Replaces what a project says of itself; what the body leaves out becomes empty. */
export async function putProject(context: Context, body: ProjectUpdate): Promise<Outcome<Project>> {
  const { tenant, project } = context.target;
  requireRules(context, body.sandboxes);
  const row = await write(context, async (trx) => {
    const current = await lockProject(trx, project.id);
    if (current === undefined) throw notFound('project');
    requireMatch(context.call.ifMatch, current);
    const before = { displayName: current.display_name, labels: current.labels, sandboxes: current.sandboxes };
    const after = {
      displayName: body.displayName ?? '',
      labels: body.labels ?? {},
      sandboxes: body.sandboxes ?? {},
    };
    const changed = canonicalJson(before) !== canonicalJson(after);
    const result = changed ? await updateProject(trx, project.id, after) : current;
    // The quotas of sandboxes that are there follow.
    if (canonicalJson(before.sandboxes) !== canonicalJson(after.sandboxes)) await enqueueSandboxesOf(trx, project.id);
    return { result, subject: { object: `project:${project.id}`, tenantId: tenant.id, status: 200 } };
  });
  return answer(context, row);
}

export async function deleteProject(context: Context): Promise<Outcome<never>> {
  const { tenant, project } = context.target;
  await write(context, async (trx) => {
    const current = await lockProject(trx, project.id);
    if (current === undefined) throw notFound('project');
    requireMatch(context.call.ifMatch, current);
    const left = await leftInProject(trx, project.id);
    const things = [...left.apps.map((app) => `app ${app}`), ...left.sandboxes.map((n) => `sandbox ${sandboxName(n)}`)];
    if (things.length > 0) {
      throw conflict(`Project ${project.name} still has ${enumerate(things)}. Delete them first.`);
    }
    await deleteRow(trx, project.id);
    await retireName(trx, {
      tenantId: tenant.id,
      name: `${tenant.name}/${project.name}`,
      groups: [projectDevsGroup(tenant.name, project.name), projectViewersGroup(tenant.name, project.name)],
    });
    await enqueueMemberAccounts(trx, tenant.id);
    return { result: undefined, subject: { object: `project:${project.id}`, tenantId: tenant.id, status: 204 } };
  }).catch((error: unknown) => {
    if (!isStillReferenced(error)) throw error;
    throw conflict(`Project ${project.name} still has apps or sandboxes. Delete them first.`);
  });
  return { kind: 'gone' };
}

/**
 * The same use-cases, under a cluster: the tenant has to be placed there, whatever the project has on it.
 *
 * @throws ApiError KN-409 that says how to place it
 */
export async function createClusterProject(context: Context, body: ProjectCreate): Promise<Outcome<Project>> {
  requirePlaced(context);
  return createProject(context, body);
}

export async function getClusterProject(context: Context): Promise<Outcome<Project>> {
  requirePlaced(context);
  return getProject(context);
}

export async function putClusterProject(context: Context, body: ProjectUpdate): Promise<Outcome<Project>> {
  requirePlaced(context);
  return putProject(context, body);
}

export async function deleteClusterProject(context: Context): Promise<Outcome<never>> {
  requirePlaced(context);
  return deleteProject(context);
}

function requirePlaced(context: Context): void {
  const { cluster, tenant, placement } = context.target;
  if (placement === undefined) throw notPlaced(tenant.name, cluster.name);
}

/** @throws ApiError KN-422 with every rule that is none, or asks for more than the tenant's plan allows */
function requireRules(context: Context, asked: SandboxRules | undefined): void {
  const rules = asked ?? {};
  requireNone([
    ...quotaProblems(rules.quotas ?? {}, ['sandboxes', 'quotas']),
    ...sandboxRuleProblems(rules, context.target.plan?.spec.sandboxes, ['sandboxes']),
  ]);
}

function answer(context: Context, row: ProjectRow): Outcome<Project> {
  return ok(presentProject(row, context.target.tenant.name), etagOf(row));
}
