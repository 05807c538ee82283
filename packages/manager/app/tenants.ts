/** Tenants: organisations, as global records. */

import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Annotations, Labels, Tenant, TenantCreate, TenantUpdate } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import { placementIdsOfTenant } from '../store/placements.ts';
import {
  deleteTenant as deleteRow,
  findTenant,
  insertTenant,
  leftInTenant,
  listTenants as listRows,
  lockTenant,
  type PlacedTenantRow,
  updateTenant as updateRow,
} from '../store/tenants.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, labelSelector, mapPage, pageRequest } from './lists.ts';
import { mergePatch } from './merge-patch.ts';
import { conflict, enumerate, requireName } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { createOnce, insertRecords, write } from './write.ts';

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
    subject: { object: `tenant:${id}`, tenantId: id, status: 201 },
    create: async (trx, records) => {
      const made = await insertTenant(trx, {
        id,
        name: body.name,
        displayName: body.displayName ?? '',
        owners: body.owners ?? [],
        labels: body.labels ?? {},
        annotations: body.annotations ?? {},
      });
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

export async function updateTenant(context: Context, body: TenantUpdate): Promise<Outcome<Tenant>> {
  const { id } = context.target.tenant;
  const row = await write(context, async (trx) => {
    const current = await lockTenant(trx, id);
    if (current === undefined) throw notFound('tenant');
    requireMatch(context.call.ifMatch, current);
    const before = {
      displayName: current.display_name,
      owners: current.owners,
      labels: current.labels,
      annotations: current.annotations,
    };
    const after = {
      displayName: body.displayName ?? before.displayName,
      owners: body.owners ?? before.owners,
      labels: mergePatch(before.labels, body.labels ?? {}) as Labels,
      annotations: mergePatch(before.annotations, body.annotations ?? {}) as Annotations,
    };
    const changed = canonicalJson(before) !== canonicalJson(after);
    const result = changed ? await updateRow(trx, id, after) : await findTenant(trx, id);
    if (result === undefined) throw notFound('tenant');
    // Every cluster that bears the tenant has a Capsule Tenant to bring up to date.
    if (changed) {
      for (const placement of await placementIdsOfTenant(trx, id)) {
        await context.services.enqueue(trx, `placement:${placement}`);
      }
    }
    return { result, subject: { object: `tenant:${id}`, tenantId: id, status: 200 } };
  });
  return ok(presentTenant(row), etagOf(row));
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
    return { result: undefined, subject: { object: `tenant:${id}`, tenantId: id, status: 204 } };
  }).catch((error: unknown) => {
    if (!isStillReferenced(error)) throw error;
    throw conflict(`Tenant ${name} still has projects or placements. Delete them first.`);
  });
  return { kind: 'gone' };
}
