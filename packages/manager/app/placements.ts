/** Placements: putting a tenant on a cluster, what it may use there, and taking it away. */
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { effectiveSettings, type SettingsLevels } from '@kubenova/domain/effective-settings.ts';
import { sandboxName } from '@kubenova/domain/names.ts';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { Placement, PlacementSpec } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import {
  findPlacement,
  insertPlacement,
  leftOnPlacement,
  listPlacementsOnCluster,
  lockPlacement,
  markPlacementDeleting,
  updatePlacement,
} from '../store/placements.ts';
import type { PlacementRow } from '../store/rows.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, enumerate } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { settle } from './settle.ts';
import { type Work, write } from './write.ts';

export function presentPlacement(
  row: PlacementRow,
  names: { cluster: string; tenant: string },
  above: Omit<SettingsLevels, 'placement'>,
): Placement {
  return {
    id: row.id,
    cluster: names.cluster,
    tenant: names.tenant,
    spec: row.spec,
    effective: effectiveSettings({ ...above, placement: row.spec }),
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    status: row.status,
  };
}

export async function listPlacements(context: Context, query: ListQuery): Promise<Outcome<Page<Placement>>> {
  const filter = {
    clusterId: context.target.cluster.id,
    reach: reachFor(context.call.caller, context.call.operation),
  };
  const page = await listPlacementsOnCluster(context.services.db, filter, pageRequest(query));
  return ok(
    mapPage(page, (row) =>
      presentPlacement(row, row, { plan: row.plan_spec ?? undefined, tenant: row.tenant_settings }),
    ),
  );
}

export async function getPlacement(context: Context): Promise<Outcome<Placement>> {
  const { placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  return answer(context, placement);
}

export async function putPlacement(context: Context, spec: PlacementSpec): Promise<Outcome<Placement>> {
  const { db } = context.services;
  const existing = context.target.placement;
  const { row, kind } = await write(context, async (trx) => {
    const current = existing === undefined ? undefined : await lockPlacement(trx, existing.id);
    const result = current === undefined ? await place(context, trx, spec) : await change(context, trx, current, spec);
    const status = result.kind === 'created' ? 201 : 200;
    const subject = { object: `placement:${result.row.id}`, tenantId: context.target.tenant.id, status };
    return { result, subject };
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(
      'Another request placed this tenant on this cluster at the same time. Read the placement and repeat.',
    );
  });
  const settled = await settle(context, `placement:${row.id}`, row, () => findPlacement(db, row.id));
  return { ...answer(context, settled ?? row), kind };
}

type Put = { row: PlacementRow; kind: 'created' | 'ok' };

async function place(context: Context, trx: Work, spec: PlacementSpec): Promise<Put> {
  const { cluster, tenant } = context.target;
  if (context.call.ifMatch !== undefined) {
    throw new ApiError('KN-412', 'There is no placement yet, so If-Match cannot hold. Send the request without it.');
  }
  if (cluster.cordoned) throw cordoned(cluster.name);
  const row = await insertPlacement(trx, { clusterId: cluster.id, tenantId: tenant.id, spec });
  await context.services.enqueue(trx, `placement:${row.id}`);
  return { row, kind: 'created' };
}

async function change(context: Context, trx: Work, current: PlacementRow, spec: PlacementSpec): Promise<Put> {
  const { cluster, tenant } = context.target;
  requireMatch(context.call.ifMatch, current);
  if (current.deleting_at !== null) throw leaving(tenant.name, cluster.name);
  if (canonicalJson(current.spec) === canonicalJson(spec)) return { row: current, kind: 'ok' };
  const row = await updatePlacement(trx, current.id, spec);
  await context.services.enqueue(trx, `placement:${current.id}`);
  return { row, kind: 'ok' };
}

export async function deletePlacement(context: Context): Promise<Outcome<Placement>> {
  const { db, enqueue } = context.services;
  const { cluster, tenant, placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  const row = await write(context, async (trx) => {
    const current = await lockPlacement(trx, placement.id);
    if (current === undefined) throw notFound('placement');
    requireMatch(context.call.ifMatch, current);
    const subject = { object: `placement:${current.id}`, tenantId: tenant.id, status: 202 };
    if (current.deleting_at !== null) return { result: current, subject };
    const left = await leftOnPlacement(trx, current.id);
    const things = [...left.apps.map((app) => `app ${app}`), ...left.sandboxes.map((n) => `sandbox ${sandboxName(n)}`)];
    if (things.length > 0) {
      throw conflict(
        `Tenant ${tenant.name} still has ${enumerate(things)} on cluster ${cluster.name}. Delete them first.`,
      );
    }
    const result = await markPlacementDeleting(trx, current.id);
    await enqueue(trx, `placement:${current.id}`);
    return { result, subject };
  });
  const settled = await settle(context, `placement:${row.id}`, row, () => findPlacement(db, row.id));
  return settled === undefined ? { kind: 'gone' } : { ...answer(context, settled), kind: 'accepted' };
}

function answer(context: Context, row: PlacementRow): Outcome<Placement> {
  const { cluster, tenant, plan } = context.target;
  const names = { cluster: cluster.name, tenant: tenant.name };
  return ok(presentPlacement(row, names, { plan: plan?.spec, tenant: tenant.settings }), etagOf(row));
}

export function cordoned(cluster: string): ApiError {
  return conflict(`Cluster ${cluster} is cordoned: it takes nothing new. Choose another cluster, or uncordon it.`);
}

export function leaving(tenant: string, cluster: string): ApiError {
  return conflict(
    `Tenant ${tenant} is being taken away from cluster ${cluster}. Wait until that is done, then place it again.`,
  );
}

export function notPlaced(tenant: string, cluster: string): ApiError {
  return conflict(
    `Tenant ${tenant} is not placed on cluster ${cluster}. An admin places it with PUT /api/v1/clusters/${cluster}/tenants/${tenant}.`,
  );
}

/** The placement that an App or a sandbox needs. Whoever is told to place the tenant sees both it and the cluster. */
export function requirePlacement(context: Context): PlacementRow {
  const { cluster, tenant, placement } = context.target;
  if (placement === undefined) throw notPlaced(tenant.name, cluster.name);
  if (placement.deleting_at !== null) throw leaving(tenant.name, cluster.name);
  if (cluster.cordoned) throw cordoned(cluster.name);
  return placement;
}
