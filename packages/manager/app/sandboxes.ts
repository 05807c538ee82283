/** Sandboxes: namespaces that a tenant's people edit freely, numbered within their project on a cluster. */
import { randomUUID } from 'node:crypto';
import { sandboxName } from '@kubenova/domain/names.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Sandbox, SandboxCreate, SandboxUpdate, TenantSandboxCreate } from '@kubenova/knapi/schemas.ts';
import { isStillReferenced } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import type { BelongsTo, SandboxRow } from '../store/rows.ts';
import {
  findSandbox,
  insertSandbox,
  listSandboxes as listRows,
  listSandboxesOnCluster,
  lockSandbox,
  markSandboxDeleting,
  updateSandbox as updateRow,
} from '../store/sandboxes.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict } from './names.ts';
import { requirePlacement } from './placements.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { holdingsOf, lifetime, lockHoldings, nextFree, requireLifetime, requireRoom } from './sandbox-room.ts';
import { settle } from './settle.ts';
import { authorize, resolveTarget } from './target.ts';
import { createOnce, insertRecords, write } from './write.ts';

export function presentSandbox(row: SandboxRow, names: BelongsTo): Sandbox {
  return {
    id: row.id,
    cluster: names.cluster,
    tenant: names.tenant,
    project: names.project,
    name: sandboxName(row.number),
    displayName: row.display_name,
    namespace: row.namespace,
    expiresAt: row.expires_at?.toISOString() ?? null,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    status: row.status,
  };
}

export async function listSandboxes(context: Context, query: ListQuery): Promise<Outcome<Page<Sandbox>>> {
  const { cluster, project, names } = context.target;
  const place = { clusterId: cluster.id, projectId: project.id };
  const page = await listRows(context.services.db, place, pageRequest(query));
  return ok(mapPage(page, (row) => presentSandbox(row, names)));
}

/** Every sandbox on a cluster, whosever it is; what KubeVela manages is among the Apps. */
export async function listClusterSandboxes(context: Context, query: ListQuery): Promise<Outcome<Page<Sandbox>>> {
  const { cluster } = context.target;
  const page = await listSandboxesOnCluster(context.services.db, cluster.id, pageRequest(query));
  return ok(mapPage(page, (row) => presentSandbox(row, { ...row, cluster: cluster.name })));
}

export async function getSandbox(context: Context): Promise<Outcome<Sandbox>> {
  return answer(context, context.target.sandbox);
}

export async function createSandbox(context: Context, body: SandboxCreate): Promise<Outcome<Sandbox>> {
  return make(context, body, body);
}

/** The same, where cluster and project stand in the body. They are looked up and asked for as those of a path are. */
export async function createTenantSandbox(context: Context, body: TenantSandboxCreate): Promise<Outcome<Sandbox>> {
  const { caller } = context.call;
  const { cluster, project, ...sandbox } = body;
  const named = { cluster, tenant: context.target.tenant.id, project };
  const target = await resolveTarget(context.services.db, caller, named);
  authorize(caller, 'createSandbox', target, { cluster: true });
  return make({ ...context, target }, sandbox, body);
}

/** @param request what was sent, which a repetition must have too */
async function make(context: Context, sandbox: SandboxCreate, request: unknown): Promise<Outcome<Sandbox>> {
  const { db, enqueue } = context.services;
  const { cluster, tenant, project } = context.target;
  const placement = requirePlacement(context);
  const id = randomUUID();
  const row = await createOnce(context, {
    body: request,
    id,
    subject: { object: `sandbox:${id}`, tenantId: tenant.id, status: 201 },
    create: async (trx, records) => {
      const holdings = await lockHoldings(trx, context);
      requireRoom(context, holdings);
      const made = await insertSandbox(trx, {
        id,
        placementId: placement.id,
        clusterId: cluster.id,
        tenantId: tenant.id,
        projectId: project.id,
        displayName: sandbox.displayName ?? '',
        ttlSeconds: lifetime(sandbox.ttlSeconds, holdings.levels),
        ...(await nextFree(trx, context, new Set(holdings.numbers))),
      });
      if (made === undefined) {
        throw conflict(
          `Tenant ${tenant.name} was taken away from cluster ${cluster.name}, or the cluster was cordoned, just now. Look at both and repeat.`,
        );
      }
      await insertRecords(trx, records);
      await enqueue(trx, `sandbox:${id}`);
      return made;
    },
    repeat: (earlier) => findSandbox(db, earlier),
  }).catch((error: unknown) => {
    throw isStillReferenced(error) ? notFound('project') : error;
  });
  const settled = await settle(context, `sandbox:${row.id}`, row, () => findSandbox(db, row.id));
  return { ...answer(context, settled ?? row), kind: 'created' };
}

/** Gives a sandbox another name for people, more time, or less. */
export async function updateSandbox(context: Context, body: SandboxUpdate): Promise<Outcome<Sandbox>> {
  const { db, enqueue } = context.services;
  const { sandbox, tenant } = context.target;
  const row = await write(context, async (trx) => {
    const current = await lockSandbox(trx, sandbox.id);
    if (current === undefined) throw notFound('sandbox');
    requireMatch(context.call.ifMatch, current);
    const subject = { object: `sandbox:${sandbox.id}`, tenantId: tenant.id, status: 200 };
    if (current.deleting_at !== null) {
      throw conflict(`The sandbox ${sandboxName(current.number)} is being deleted. Make another.`);
    }
    const { ttlSeconds } = body;
    if (ttlSeconds !== undefined) requireLifetime(ttlSeconds, await holdingsOf(trx, context));
    const staysNamed = body.displayName === undefined || body.displayName === current.display_name;
    const staysEndless = ttlSeconds === undefined || (ttlSeconds === null && current.expires_at === null);
    if (staysNamed && staysEndless) return { result: current, subject };
    const result = await updateRow(trx, sandbox.id, { displayName: body.displayName, ttlSeconds });
    await enqueue(trx, `sandbox:${sandbox.id}`);
    return { result, subject };
  });
  const settled = await settle(context, `sandbox:${sandbox.id}`, row, () => findSandbox(db, sandbox.id));
  return answer(context, settled ?? row);
}

/** Asks for a sandbox to go, with everything in it. Asking again is no error: it is on its way. */
export async function deleteSandbox(context: Context): Promise<Outcome<Sandbox>> {
  const { db, enqueue } = context.services;
  const { sandbox, tenant } = context.target;
  const row = await write(context, async (trx) => {
    const current = await lockSandbox(trx, sandbox.id);
    if (current === undefined) throw notFound('sandbox');
    requireMatch(context.call.ifMatch, current);
    const subject = { object: `sandbox:${sandbox.id}`, tenantId: tenant.id, status: 202 };
    if (current.deleting_at !== null) return { result: current, subject };
    const result = await markSandboxDeleting(trx, sandbox.id);
    await enqueue(trx, `sandbox:${sandbox.id}`);
    return { result, subject };
  });
  const settled = await settle(context, `sandbox:${sandbox.id}`, row, () => findSandbox(db, sandbox.id));
  return settled === undefined ? { kind: 'gone' } : { ...answer(context, settled), kind: 'accepted' };
}

function answer(context: Context, row: SandboxRow): Outcome<Sandbox> {
  return ok(presentSandbox(row, context.target.names), etagOf(row));
}
