/** Sandboxes: namespaces that a tenant's people edit freely, numbered within their project on a cluster. */
import { randomUUID } from 'node:crypto';
import { sandboxName, sandboxNamespace } from '@kubenova/domain/names.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Sandbox, SandboxCreate } from '@kubenova/knapi/schemas.ts';
import { isStillReferenced } from '../store/failures.ts';
import { heldNamespaces } from '../store/namespaces.ts';
import type { Page } from '../store/pages.ts';
import type { BelongsTo, SandboxRow } from '../store/rows.ts';
import {
  findSandbox,
  insertSandbox,
  listSandboxes as listRows,
  lockSandbox,
  lockSandboxNumbers,
  markSandboxDeleting,
  sandboxNumbers,
} from '../store/sandboxes.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict } from './names.ts';
import { requirePlacement } from './placements.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { settle } from './settle.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

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

export async function getSandbox(context: Context): Promise<Outcome<Sandbox>> {
  return answer(context, context.target.sandbox);
}

export async function createSandbox(context: Context, body: SandboxCreate): Promise<Outcome<Sandbox>> {
  const { db, enqueue } = context.services;
  const { cluster, tenant, project } = context.target;
  const placement = requirePlacement(context);
  const id = randomUUID();
  const row = await createOnce(context, {
    body,
    id,
    subject: { object: `sandbox:${id}`, tenantId: tenant.id, status: 201 },
    create: async (trx, records) => {
      const free = await nextFree(context, trx);
      const made = await insertSandbox(trx, {
        id,
        placementId: placement.id,
        clusterId: cluster.id,
        tenantId: tenant.id,
        projectId: project.id,
        displayName: body.displayName ?? '',
        ...free,
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

/** How many numbers are looked at in one statement; more are only looked at when Apps hold all of these namespaces. */
const BATCH = 16;

/** The lowest number that neither a record nor a namespace holds; the choice is ours alone until the transaction ends. */
async function nextFree(context: Context, trx: Work): Promise<{ number: number; namespace: string }> {
  const { cluster, tenant, project } = context.target;
  await lockSandboxNumbers(trx, cluster.id, project.id);
  const used = await sandboxNumbers(trx, cluster.id, project.id);
  for (let number = 1; ; ) {
    const candidates: { number: number; namespace: string }[] = [];
    for (; candidates.length < BATCH; number += 1) {
      if (used.has(number)) continue;
      const namespace = sandboxNamespace({ tenant: tenant.name, project: project.name, number });
      candidates.push({ number, namespace });
    }
    const held = await heldNamespaces(
      trx,
      cluster.id,
      candidates.map((candidate) => candidate.namespace),
    );
    const free = candidates.find((candidate) => !held.has(candidate.namespace));
    if (free !== undefined) return free;
  }
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
