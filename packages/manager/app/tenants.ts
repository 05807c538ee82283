/** Tenants: organisations, as global records. */

import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { devsGroup, viewersGroup } from '@kubenova/domain/names.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type {
  Annotations,
  Labels,
  Owner,
  Owners,
  Tenant,
  TenantCreate,
  TenantPlan,
  TenantUpdate,
} from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import { planIdByName } from '../store/plans.ts';
import { retireName } from '../store/retired-names.ts';
import { replaceTenantOwners } from '../store/role-bindings.ts';
import type { TenantRow } from '../store/rows.ts';
import {
  deleteTenant as deleteRow,
  findTenant,
  insertTenant,
  leftInTenant,
  listTenants as listRows,
  lockTenant,
  type PlacedTenantRow,
  updateTenant as updateRow,
  updateTenantOwners,
  updateTenantPlan,
} from '../store/tenants.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, labelSelector, mapPage, pageRequest } from './lists.ts';
import { mergePatch } from './merge-patch.ts';
import { conflict, enumerate, invalid, requireFree, requireName } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

export function presentTenant(row: PlacedTenantRow): Tenant {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    owners: row.owners,
    plan: row.plan,
    settings: row.settings,
    labels: row.labels,
    annotations: row.annotations,
    clusters: row.clusters,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function listTenants(
  context: Context,
  query: ListQuery & { q?: string; labelSelector?: string },
): Promise<Outcome<Page<Tenant>>> {
  const filter = {
    reach: reachFor(context.call.caller, context.call.operation),
    nameContains: query.q,
    labels: labelSelector(query.labelSelector),
  };
  return ok(mapPage(await listRows(context.services.db, filter, pageRequest(query)), presentTenant));
}

export async function getTenant(context: Context): Promise<Outcome<Tenant>> {
  const row = await findTenant(context.services.db, context.target.tenant.id);
  if (row === undefined) throw notFound('tenant');
  return ok(presentTenant(row), etagOf(row));
}

export async function createTenant(context: Context, body: TenantCreate): Promise<Outcome<Tenant>> {
  requireName(body.name);
  const id = randomUUID();
  const row = await createOnce(context, {
    body,
    id,
    subject: { object: `tenant:${id}`, tenantId: id, status: 201, detail: given(body) },
    create: async (trx, records) => {
      const made = await makeTenant(context, trx, id, body);
      await insertRecords(trx, records);
      return made;
    },
    repeat: (earlier) => findTenant(context.services.db, earlier),
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(`A tenant named ${body.name} exists already. Choose another name.`);
  });
  return { kind: 'created', body: presentTenant(row), etag: etagOf(row) };
}

/** Makes the record of a tenant and its owners' bindings. */
export async function makeTenant(
  context: Context,
  trx: Work,
  id: string,
  body: Pick<TenantCreate, 'name' | 'displayName' | 'owners' | 'plan' | 'labels' | 'annotations'>,
): Promise<PlacedTenantRow> {
  await requireFree(trx, body.name);
  const owners = distinct(body.owners ?? []);
  const made = await insertTenant(trx, {
    id,
    name: body.name,
    displayName: body.displayName ?? '',
    owners,
    planId: body.plan === undefined ? undefined : await requirePlan(trx, body.plan),
    labels: body.labels ?? {},
    annotations: body.annotations ?? {},
  });
  await replaceTenantOwners(trx, id, owners, context.call.caller.subject);
  return made;
}

/** What of a new tenant its audit tells. */
export function given({ owners, plan }: Pick<TenantCreate, 'owners' | 'plan'>): Record<string, unknown> {
  return { ...(owners === undefined ? {} : { owners }), ...(plan === undefined ? {} : { plan }) };
}

export async function updateTenant(context: Context, body: TenantUpdate): Promise<Outcome<Tenant>> {
  return changeTenant(context, async (trx, current) => {
    const before = {
      displayName: current.display_name,
      owners: current.owners,
      labels: current.labels,
      annotations: current.annotations,
    };
    const after = {
      displayName: body.displayName ?? before.displayName,
      owners: distinct(body.owners ?? before.owners),
      labels: mergePatch(before.labels, body.labels ?? {}) as Labels,
      annotations: mergePatch(before.annotations, body.annotations ?? {}) as Annotations,
    };
    if (canonicalJson(before) === canonicalJson(after)) return undefined;
    await updateRow(trx, current.id, after);
    if (canonicalJson(before.owners) === canonicalJson(after.owners)) return { namespaces: false };
    await replaceTenantOwners(trx, current.id, after.owners, context.call.caller.subject);
    return { namespaces: false, detail: { owners: after.owners } };
  });
}

/** Owners are tenantOwners: the bindings follow, and who is not named any more has none. */
export async function putTenantOwners(context: Context, body: Owners): Promise<Outcome<Tenant>> {
  const owners = distinct(body);
  return changeTenant(context, async (trx, current) => {
    if (canonicalJson(current.owners) === canonicalJson(owners)) return undefined;
    await updateTenantOwners(trx, current.id, owners);
    await replaceTenantOwners(trx, current.id, owners, context.call.caller.subject);
    return { namespaces: false, detail: { owners } };
  });
}

export async function putTenantPlan(context: Context, { plan }: TenantPlan): Promise<Outcome<Tenant>> {
  return changeTenant(context, async (trx, current) => {
    const id = plan === null ? null : await requirePlan(trx, plan);
    if (id === current.plan_id) return undefined;
    await updateTenantPlan(trx, current.id, id);
    return { namespaces: true, detail: { plan } };
  });
}

/** What a change of a tenant came to: whether it stands on namespaces too, and what the audit says of it. */
export interface TenantChange {
  namespaces: boolean;
  detail?: Record<string, unknown>;
}

/**
 * Changes a tenant, and brings the change to every cluster that it is placed on.
 *
 * @param change writes, and answers what it changed; nothing when all is so already
 */
export async function changeTenant(
  context: Context,
  change: (trx: Work, current: TenantRow) => Promise<TenantChange | undefined>,
): Promise<Outcome<Tenant>> {
  const { id } = context.target.tenant;
  const row = await write(context, async (trx) => {
    const current = await lockTenant(trx, id);
    if (current === undefined) throw notFound('tenant');
    requireMatch(context.call.ifMatch, current);
    const changed = await change(trx, current);
    if (changed !== undefined) await enqueuePlacements(trx, { tenantId: id }, changed);
    const result = await findTenant(trx, id);
    if (result === undefined) throw notFound('tenant');
    return { result, subject: { object: `tenant:${id}`, tenantId: id, status: 200, detail: changed?.detail } };
  });
  return ok(presentTenant(row), etagOf(row));
}

/** @throws ApiError KN-422 */
async function requirePlan(trx: Work, name: string): Promise<string> {
  const id = await planIdByName(trx, name);
  if (id === undefined) throw invalid('/plan', `There is no plan ${name}. GET /api/v1/plans lists them.`);
  return id;
}

function distinct(owners: readonly Owner[]): Owner[] {
  return owners.filter(
    ({ kind, name }, index) => owners.findIndex((one) => one.kind === kind && one.name === name) === index,
  );
}

export async function deleteTenant(context: Context): Promise<Outcome<never>> {
  const { id, name } = context.target.tenant;
  await write(context, async (trx) => {
    const current = await lockTenant(trx, id);
    if (current === undefined) throw notFound('tenant');
    requireMatch(context.call.ifMatch, current);
    const left = await leftInTenant(trx, id);
    if (left.projects.length > 0) {
      throw conflict(`Tenant ${name} still has projects: ${enumerate(left.projects)}. Delete them first.`);
    }
    if (left.clusters.length > 0) {
      throw conflict(`Tenant ${name} is still placed on ${enumerate(left.clusters)}. Take it away from there first.`);
    }
    await deleteRow(trx, id);
    await retireName(trx, { tenantId: id, name, groups: [devsGroup(name), viewersGroup(name)] });
    return { result: undefined, subject: { object: `tenant:${id}`, tenantId: id, status: 204 } };
  }).catch((error: unknown) => {
    if (!isStillReferenced(error)) throw error;
    throw conflict(`Tenant ${name} still has projects or placements. Delete them first.`);
  });
  return { kind: 'gone' };
}
