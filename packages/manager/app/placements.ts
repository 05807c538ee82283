/** Placements: putting a tenant on a cluster, what it may use there, and taking it away. */
import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { effectiveSettings, type SettingsLevels } from '@kubenova/domain/effective-settings.ts';
import { sandboxName } from '@kubenova/domain/names.ts';
import { settingsProblems } from '@kubenova/domain/settings/settings-problems.ts';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { Placement, PlacementCreate, PlacementSpec } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import {
  findNamedPlacement,
  findPlacement,
  insertPlacement,
  leftOnPlacement,
  listPlacementsOnCluster,
  lockPlacement,
  markPlacementDeleting,
  type NamedPlacementRow,
  updatePlacement,
} from '../store/placements.ts';
import type { PlacementRow } from '../store/rows.ts';
import { findTenantByName } from '../store/tenants.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, enumerate, invalid, requireName, requireNone } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { settle } from './settle.ts';
import { given, makeTenant } from './tenants.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

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
  return ok(mapPage(page, presentNamed));
}

function presentNamed(row: NamedPlacementRow): Placement {
  return presentPlacement(row, row, { plan: row.plan_spec ?? undefined, tenant: row.tenant_settings });
}

export async function getPlacement(context: Context): Promise<Outcome<Placement>> {
  const { placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  return answerPlacement(context, placement);
}

export async function putPlacement(context: Context, spec: PlacementSpec): Promise<Outcome<Placement>> {
  requireNone(settingsProblems(spec));
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
  return { ...answerPlacement(context, (await settled(context, row)) ?? row), kind };
}

/** Waits as long as the caller asked for; undefined when the placement is gone. */
export function settled(context: Context, row: PlacementRow): Promise<PlacementRow | undefined> {
  return settle(context, `placement:${row.id}`, row, () => findPlacement(context.services.db, row.id));
}

/** Places a tenant, and makes its record where there is none. */
export async function placeTenant(context: Context, body: PlacementCreate): Promise<Outcome<Placement>> {
  requireName(body.name);
  const spec = body.spec ?? {};
  requireNone(settingsProblems(spec, ['spec']));
  const { db, enqueue } = context.services;
  const { cluster } = context.target;
  const known = await findTenantByName(db, body.name);
  const tenantId = known?.id ?? randomUUID();
  const id = randomUUID();
  const detail = { cluster: cluster.name, tenant: body.name, ...(known === undefined ? given(body) : {}) };
  const row = await createOnce<NamedPlacementRow | undefined>(context, {
    body,
    id,
    subject: { object: `placement:${id}`, tenantId, status: 201, detail },
    create: async (trx, records) => {
      if (cluster.cordoned) throw cordoned(cluster.name);
      if (known === undefined) await makeTenant(context, trx, tenantId, body);
      else requireSameTenant(known, body);
      await insertPlacement(trx, { id, clusterId: cluster.id, tenantId, spec });
      await enqueue(trx, `placement:${id}`);
      await insertRecords(trx, records);
      return findNamedPlacement(trx, id);
    },
    repeat: (earlier) => findNamedPlacement(db, earlier),
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(
      `Tenant ${body.name} is on cluster ${cluster.name} already, or was made at the same time. Change it with PUT /api/v1/clusters/${cluster.name}/tenants/${body.name}.`,
    );
  });
  if (row === undefined) throw notFound('placement');
  const now = { ...row, ...(await settled(context, row)) };
  return { kind: 'created', body: presentNamed(now), etag: etagOf(now) };
}

/** Placing a tenant changes nothing of what it is; whoever thinks that it would is told so. */
function requireSameTenant(known: TenantFacts, body: PlacementCreate): void {
  const differs = (field: 'displayName' | 'owners' | 'plan', value: unknown, instead: string) => {
    if (body[field] === undefined || canonicalJson(body[field]) === canonicalJson(value)) return;
    throw invalid(
      `/${field}`,
      `Tenant ${body.name} exists already and has another ${field}. Leave it out, or ${instead}.`,
    );
  };
  const tenant = `/api/v1/tenants/${body.name}`;
  differs('displayName', known.display_name, `change it with PATCH ${tenant}`);
  differs('owners', known.owners, `change them with PUT ${tenant}/owners`);
  differs('plan', known.plan, `change it with PUT ${tenant}/plan`);
}

type TenantFacts = NonNullable<Awaited<ReturnType<typeof findTenantByName>>>;

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
  // The node selector is the one setting that stands on the namespaces too.
  const namespaces = canonicalJson(current.spec.nodeSelector ?? null) !== canonicalJson(spec.nodeSelector ?? null);
  await enqueuePlacements(trx, { placementId: current.id }, { namespaces });
  return { row, kind: 'ok' };
}

export async function deletePlacement(context: Context): Promise<Outcome<Placement>> {
  const { enqueue } = context.services;
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
  const left = await settled(context, row);
  return left === undefined ? { kind: 'gone' } : { ...answerPlacement(context, left), kind: 'accepted' };
}

export function answerPlacement(context: Context, row: PlacementRow): Outcome<Placement> {
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
