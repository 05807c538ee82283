/** Role bindings: who holds which role where. What is given and taken here holds from the next call on. */
import { randomUUID } from 'node:crypto';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import { inCommon, mayGrant, type ScopedGrant } from '@kubenova/knapi/permissions.ts';
import type { Owner, RoleBinding, RoleBindingCreate, Subject } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { findTokenChain, type GrantRow } from '../store/callers.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import { locate } from '../store/locate.ts';
import type { Page } from '../store/pages.ts';
import {
  addTenantOwner,
  countRoleBindings,
  deleteRoleBinding as deleteRow,
  findRoleBinding,
  insertRoleBinding,
  listRoleBindings as listRows,
  type RoleBindingRow,
  removeTenantOwner,
} from '../store/role-bindings.ts';
import { type Reach, toReference } from '../store/scope.ts';
import { lockTenant } from '../store/tenants.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { grantOf, requireMayGrant, scopeOf } from './grants.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, invalid } from './names.ts';
import { touchesTenant } from './target.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

/** Every call of a subject reads all that it holds. */
export const MOST_IN_A_TENANT = 200;
const MOST_OWNERS = 50;
/** Owners stand on the Capsule Tenants alone. */
const OWNERS = { namespaces: false };

function present(row: RoleBindingRow): RoleBinding {
  return {
    id: row.id,
    subject: subjectOf(row),
    role: row.role,
    scope: scopeOf(row),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}

function subjectOf(row: RoleBindingRow): Subject {
  return { kind: row.subject_kind, name: row.subject_name };
}

/** A filter by a tenant that the caller cannot see finds nothing, as for one that does not exist. */
export async function listRoleBindings(
  context: Context,
  query: ListQuery & { tenant?: string; subject?: string },
): Promise<Outcome<Page<RoleBinding>>> {
  const { db } = context.services;
  const reach = reachFor(context.call.caller, context.call.operation);
  const page = pageRequest(query);
  let tenantId: string | undefined;
  if (query.tenant !== undefined) {
    const { tenant } = await locate(db, { tenant: toReference(query.tenant) }, reach);
    if (tenant === undefined || !touchesTenant(reach, tenant.id)) return ok({ items: [], nextCursor: null });
    tenantId = tenant.id;
  }
  return ok(mapPage(await listRows(db, { reach, tenantId, subjectName: query.subject }, page), present));
}

export async function createRoleBinding(context: Context, body: RoleBindingCreate): Promise<Outcome<RoleBinding>> {
  const { services, call } = context;
  const { subject, role } = body;
  const grant = await grantOf(context, role, body.scope ?? {});
  requireMayGrant(context, grant);
  await requireSubject(context, subject, grant, '/subject');
  const id = randomUUID();
  const tenantId = grant.tenantId ?? null;
  const row = await createOnce(context, {
    body,
    id,
    subject: {
      object: `roleBinding:${id}`,
      tenantId,
      status: 201,
      detail: { subject, role, scope: scopeOf(grant) },
    },
    create: async (trx, records) => {
      const owned = ownershipOf({ subject, role, tenantId });
      if (owned !== undefined) await requireRoomForOwner(trx, owned.tenantId);
      if ((await countRoleBindings(trx, subject, tenantId)) >= MOST_IN_A_TENANT) throw crowded(subject.name);
      await insertRoleBinding(trx, {
        id,
        subject,
        role,
        tenantId,
        projectId: grant.projectId ?? null,
        createdBy: call.caller.subject,
      });
      if (owned !== undefined) {
        await addTenantOwner(trx, owned.tenantId, owned.owner);
        await enqueuePlacements(trx, { tenantId: owned.tenantId }, OWNERS);
      }
      await insertRecords(trx, records);
      return findRoleBinding(trx, id);
    },
    repeat: (earlier) => findRoleBinding(services.db, earlier),
  }).catch((error: unknown) => {
    // Tenant, project or token may have gone between the look at them and the insert.
    if (isStillReferenced(error)) throw conflict('The scope or the token has just been deleted.');
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(`${subject.kind} ${subject.name} holds ${role} there already.`);
  });
  if (row === undefined) throw new Error('a role binding is not there right after it was made');
  return { kind: 'created', body: present(row) };
}

/** A binding outside the caller's scope does not exist for it; one inside is taken away by whoever may give it. */
export async function deleteRoleBinding(context: Context): Promise<Outcome<never>> {
  const { caller, operation } = context.call;
  const id = context.target.parameter('roleBinding');
  await write(context, async (trx) => {
    const row = await findRoleBinding(trx, id);
    if (row === undefined || !isWithin(reachFor(caller, operation), row)) throw notFound('role binding');
    if (!mayGrant(caller.grants, grantOfRow(row))) {
      throw new ApiError(
        'KN-403',
        `You may take away only what you may give; ${row.role} is more than you hold there.`,
      );
    }
    const owned = ownershipOf({ subject: subjectOf(row), role: row.role, tenantId: row.tenant_id });
    if (owned !== undefined) await lockTenant(trx, owned.tenantId);
    if (!(await deleteRow(trx, id))) throw notFound('role binding');
    if (owned !== undefined) {
      await removeTenantOwner(trx, owned.tenantId, owned.owner);
      await enqueuePlacements(trx, { tenantId: owned.tenantId }, OWNERS);
    }
    const detail = { subject: subjectOf(row), role: row.role, scope: scopeOf(row) };
    return {
      result: undefined,
      subject: { object: `roleBinding:${id}`, tenantId: row.tenant_id, status: 204, detail },
    };
  });
  return { kind: 'gone' };
}

/**
 * Whether the subject can hold the grant. Users and groups are the provider's and cannot be asked for; a token is ours,
 * and does no more than its owner can.
 *
 * @throws ApiError KN-422 with a pointer to the subject's name
 */
export async function requireSubject(
  context: Context,
  subject: Subject,
  grant: GrantRow,
  pointer: string,
): Promise<void> {
  if (subject.kind !== 'Token') return;
  const chain =
    toReference(subject.name).kind === 'id' ? await findTokenChain(context.services.db, { id: subject.name }) : [];
  if (chain.length === 0) throw invalid(`${pointer}/name`, 'No such token. A token is named by its id.');
  const held = chain.map((link, place) => {
    const own = place === 0 ? [grant] : link.held;
    return link.owner_held === null ? own : inCommon(own, link.owner_held);
  });
  const effective = held.reduce((grants, next) => inCommon(grants, next), [grant]);
  if (mayGrant(effective, grant)) return;
  throw invalid(
    `${pointer}/name`,
    `A token does no more than its owner can, and the owner of this one does not hold ${grant.role} there.`,
  );
}

export function crowded(subject: string): ApiError {
  return conflict(`${subject} has ${MOST_IN_A_TENANT} roles there already. Give one on the whole tenant.`);
}

function grantOfRow(row: RoleBindingRow): ScopedGrant {
  return {
    role: row.role,
    ...(row.tenant_id === null ? {} : { tenantId: row.tenant_id }),
    ...(row.project_id === null ? {} : { projectId: row.project_id }),
  };
}

function isWithin(reach: Reach, row: RoleBindingRow): boolean {
  return reach.everything || (row.tenant_id !== null && reach.tenantIds.includes(row.tenant_id));
}

/** The owner of a tenant that a binding makes; undefined when it makes none. */
function ownershipOf(binding: {
  subject: Subject;
  role: string;
  tenantId: string | null;
}): { tenantId: string; owner: Owner } | undefined {
  const { subject, role, tenantId } = binding;
  if (role !== 'tenantOwner' || tenantId === null || subject.kind === 'Token') return undefined;
  return { tenantId, owner: { kind: subject.kind, name: subject.name } };
}

async function requireRoomForOwner(trx: Work, tenantId: string): Promise<void> {
  const tenant = await lockTenant(trx, tenantId);
  if (tenant === undefined) throw conflict('The tenant has just been deleted.');
  if (tenant.owners.length >= MOST_OWNERS) {
    throw conflict(
      `Tenant ${tenant.name} has ${MOST_OWNERS} owners, which is the most. Give the role to a group instead.`,
    );
  }
}
