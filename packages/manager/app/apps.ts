/** Apps: making, reading, changing and deleting them. Each has one namespace of its own on one cluster. */

import { randomUUID } from 'node:crypto';
import { appSpec } from '@kubenova/domain/app-spec.ts';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { appNamespace } from '@kubenova/domain/names.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type {
  App,
  AppCreate,
  AppPatch,
  AppPhase,
  AppSpec,
  AppStatus,
  AppUpdate,
  SourceKind,
} from '@kubenova/knapi/schemas.ts';
import { reachFor, visibleTo } from '../identity/caller.ts';
import {
  findApp,
  findAppByName,
  insertApp,
  listApps as listRows,
  lockApp,
  markAppDeleting,
  type NamedAppRow,
  reviseApp,
} from '../store/apps.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import { namespaceHolder } from '../store/namespaces.ts';
import type { Page } from '../store/pages.ts';
import type { AppRow, BelongsTo } from '../store/rows.ts';
import { parsePatchedApp, requireDeployable } from './app-checks.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, labelSelector, mapPage, pageRequest } from './lists.ts';
import { conflict, requireName } from './names.ts';
import { requirePlacement } from './placements.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { settle } from './settle.ts';
import { reachesProject } from './target.ts';
import { createOnce, write } from './write.ts';

export function presentApp(row: AppRow, names: BelongsTo): App {
  return {
    id: row.id,
    cluster: names.cluster,
    tenant: names.tenant,
    project: names.project,
    name: row.name,
    description: row.spec.description,
    namespace: row.namespace,
    source: row.spec.source,
    traits: row.spec.traits,
    labels: row.spec.labels,
    revision: row.revision,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    status: {
      observedGeneration: row.status.observedGeneration,
      phase: row.status.phase,
      conditions: row.status.conditions,
    },
  };
}

export interface AppListQuery extends ListQuery {
  q?: string;
  labelSelector?: string;
  phase?: AppPhase;
  sourceKind?: SourceKind;
}

/** Apps of a project on a cluster. */
export async function listApps(context: Context, query: AppListQuery): Promise<Outcome<Page<App>>> {
  const { cluster, project } = context.target;
  return list(context, query, { clusterId: cluster.id, projectId: project.id });
}

/** Every App in the caller's scope. */
export async function listAllApps(context: Context, query: AppListQuery): Promise<Outcome<Page<App>>> {
  return list(context, query, {});
}

async function list(
  context: Context,
  query: AppListQuery,
  place: { clusterId?: string; projectId?: string },
): Promise<Outcome<Page<App>>> {
  const filter = {
    ...place,
    reach: reachFor(context.call.caller, context.call.operation),
    nameContains: query.q,
    labels: labelSelector(query.labelSelector),
    phase: query.phase,
    sourceKind: query.sourceKind,
  };
  const page = await listRows(context.services.db, filter, pageRequest(query));
  return ok(mapPage(page, (row) => presentApp(row, row)));
}

export async function getApp(context: Context): Promise<Outcome<App>> {
  return answer(context, context.target.app);
}

export async function getAppStatus(context: Context): Promise<Outcome<AppStatus>> {
  const { app } = context.target;
  const { status } = app;
  return ok({
    phase: status.phase,
    healthy: status.healthy ?? false,
    observedGeneration: status.observedGeneration,
    revision: status.revision ?? 0,
    ...(status.resolved === undefined ? {} : { resolved: status.resolved }),
    conditions: status.conditions,
    components: status.components ?? [],
    updatedAt: app.status_at.toISOString(),
  });
}

export async function createApp(context: Context, body: AppCreate): Promise<Outcome<App>> {
  const { db, enqueue } = context.services;
  const { cluster, tenant, project, names } = context.target;
  requireName(body.name);
  const id = randomUUID();
  const namespace = appNamespace({ tenant: tenant.name, project: project.name, app: body.name });
  const spec = appSpec(body);
  requireDeployable(context, { id, name: body.name, namespace, generation: 1, revision: 1 }, spec);
  const placement = requirePlacement(context);
  const row = await createOnce(context, {
    body,
    id,
    subject: { object: `app:${id}`, tenantId: tenant.id, status: 201 },
    create: async (trx, records) => {
      const app = {
        id,
        placementId: placement.id,
        clusterId: cluster.id,
        tenantId: tenant.id,
        projectId: project.id,
        name: body.name,
        namespace,
        spec,
        author: context.call.caller.subject,
      };
      const made = await insertApp(trx, app, records);
      if (made === undefined) {
        throw conflict(
          `Tenant ${tenant.name} was taken away from cluster ${cluster.name}, or the cluster was cordoned, just now. Look at both and repeat.`,
        );
      }
      await enqueue(trx, `app:${id}`);
      return { ...made, ...names };
    },
    repeat: (earlier): Promise<NamedAppRow | undefined> => findApp(db, earlier),
  }).catch(async (error: unknown) => {
    if (isStillReferenced(error)) throw notFound('project');
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(
      (await takenBy(context, body.name, namespace)) ?? 'Another request took this name at the same time. Repeat it.',
    );
  });
  const settled = await settle(context, `app:${row.id}`, row, () => findApp(db, row.id));
  return { ...answer(context, settled ?? row), kind: 'created' };
}

/**
 * What stands in the way of an App's name; undefined when nothing does. Names of different tenants can lead to one
 * namespace, so a holder is named only to those who may see it.
 */
export async function takenBy(context: Context, name: string, namespace: string): Promise<string | undefined> {
  const { cluster, project } = context.target;
  const { db } = context.services;
  const same = await findAppByName(db, { clusterId: cluster.id, projectId: project.id, name });
  if (same !== undefined) {
    return same.deleting_at === null
      ? `Project ${project.name} has an app named ${name} on cluster ${cluster.name} already. Choose another name, or change that app.`
      : `The app ${name} is still being deleted on cluster ${cluster.name}. Wait until it is gone, or choose another name.`;
  }
  const holder = await namespaceHolder(db, cluster.id, namespace);
  if (holder === undefined) return undefined;
  const visible = reachesProject(visibleTo(context.call.caller), { id: holder.projectId, tenant_id: holder.tenantId });
  const who = visible
    ? `the ${holder.kind} ${holder.name} of project ${holder.project} of tenant ${holder.tenant}`
    : 'another object';
  return `The namespace ${namespace}, which this name leads to, is held by ${who} on cluster ${cluster.name}. Choose another name.`;
}

/** Replaces what an App asks for; what the body leaves out becomes empty. */
export async function putApp(context: Context, body: AppUpdate): Promise<Outcome<App>> {
  return revise(context, () => appSpec(body));
}

export async function patchApp(context: Context, patch: AppPatch): Promise<Outcome<App>> {
  return revise(context, (current) => appSpec(parsePatchedApp(current.spec, patch)));
}

async function revise(context: Context, next: (current: AppRow) => AppSpec): Promise<Outcome<App>> {
  const { db, enqueue } = context.services;
  const { app, tenant } = context.target;
  const row = await write(context, async (trx) => {
    const current = await lockApp(trx, app.id);
    const subject = { object: `app:${app.id}`, tenantId: tenant.id, status: 200 };
    const editable = requireEditable(context, current);
    const spec = next(editable);
    if (canonicalJson(spec) === canonicalJson(editable.spec)) return { result: editable, subject };
    const revision = editable.revision + 1;
    requireDeployable(context, { ...editable, generation: editable.generation + 1, revision }, spec);
    const author = context.call.caller.subject;
    const result = await reviseApp(trx, app.id, { revision, spec, author, cause: 'update', rollbackOf: null });
    await enqueue(trx, `app:${app.id}`);
    return { result, subject };
  });
  const settled = await settle<AppRow>(context, `app:${app.id}`, row, () => findApp(db, app.id));
  return answer(context, settled ?? row);
}

/** The App as it is under lock, when it may be changed. */
export function requireEditable(context: Context, current: AppRow | undefined): AppRow {
  if (current === undefined) throw notFound('app');
  requireMatch(context.call.ifMatch, current);
  if (current.deleting_at !== null) {
    throw conflict(`The app ${current.name} is being deleted. Wait until it is gone, then make it anew.`);
  }
  return current;
}

/** Asks for an App to go. Asking again is no error: it is on its way. */
export async function deleteApp(context: Context): Promise<Outcome<App>> {
  const { db, enqueue } = context.services;
  const { app, tenant } = context.target;
  const row = await write(context, async (trx) => {
    const current = await lockApp(trx, app.id);
    if (current === undefined) throw notFound('app');
    requireMatch(context.call.ifMatch, current);
    const subject = { object: `app:${app.id}`, tenantId: tenant.id, status: 202 };
    if (current.deleting_at !== null) return { result: current, subject };
    const result = await markAppDeleting(trx, app.id);
    await enqueue(trx, `app:${app.id}`);
    return { result, subject };
  });
  const settled = await settle<AppRow>(context, `app:${app.id}`, row, () => findApp(db, app.id));
  return settled === undefined ? { kind: 'gone' } : { ...answer(context, settled), kind: 'accepted' };
}

export function answer(context: Context, row: AppRow): Outcome<App> {
  return ok(presentApp(row, context.target.names), etagOf(row));
}
