/**
 * Policy sets: what a tenant's workloads on one cluster have to keep. Those of the tenant's plan are shown beside the
 * tenant's own, marked, and changed in the plan. What all of them come to is worked out by the reconcilers.
 */
import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { policyCatalogue } from '@kubenova/domain/policies/availability.ts';
import { notFound } from '@kubenova/knapi/errors.ts';
import type {
  PolicyCatalog,
  PolicySet,
  PolicySetCreate,
  PolicySetPut,
  PolicySetSpec,
} from '@kubenova/knapi/schemas.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { clusterFacts } from '../store/clusters.ts';
import { violatedUnique } from '../store/failures.ts';
import { encodeCursor, type Page } from '../store/pages.ts';
import { findPlacement, lockPlacement } from '../store/placements.ts';
import {
  countPolicySets,
  deletePolicySet as deleteRow,
  findPolicySet,
  findPolicySetById,
  insertPolicySet,
  type PolicySetFields,
  policySetsOf,
  touchPlacement,
  updatePolicySet,
} from '../store/policy-sets.ts';
import type { PlacementRow, PolicySetRow } from '../store/rows.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, pageRequest } from './lists.ts';
import { conflict, requireName, requireNone } from './names.ts';
import { leaving, settled } from './placements.ts';
import { policiesProblems } from './policy-problems.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

/** As many as a plan may have. */
const MOST = 20;
/** In a cursor, in place of an id: the place is one among the plan's sets. */
const OF_PLAN = '0';

export async function getPolicyCatalog(context: Context): Promise<Outcome<PolicyCatalog>> {
  const { cluster } = context.target;
  const found = await clusterFacts(context.services.db, cluster.id);
  if (found === undefined) throw notFound('cluster');
  return ok({ items: policyCatalogue(cluster.status.conditions, found.capabilities ?? undefined) });
}

/** The plan's sets in their order, then the tenant's own. */
export async function listPolicySets(context: Context, query: ListQuery): Promise<Outcome<Page<PolicySet>>> {
  const placement = placementOf(context);
  const { limit, cursor } = pageRequest(query);
  const own = await policySetsOf(context.services.db, placement.id);
  const entries = [
    ...planSets(context).map((set, index) => ({ at: index, id: OF_PLAN, set: presentOfPlan(context, set) })),
    ...own.map((row) => ({ at: row.cursor_at, id: row.id, set: present(context, row) })),
  ];
  const isBehind = ({ at, id }: { at: number; id: string }): boolean => {
    if (cursor === undefined) return true;
    if (id === OF_PLAN || cursor.id === OF_PLAN) return id !== OF_PLAN || (cursor.id === OF_PLAN && at > cursor.at);
    return at > cursor.at || (at === cursor.at && id > cursor.id);
  };
  const rest = entries.filter(isBehind);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return ok({
    items: shown.map(({ set }) => set),
    nextCursor: rest.length > limit && last !== undefined ? encodeCursor({ at: last.at, id: last.id }) : null,
  });
}

export async function getPolicySet(context: Context): Promise<Outcome<PolicySet>> {
  const name = context.target.parameter('policySet');
  const row = await findPolicySet(context.services.db, placementOf(context).id, name);
  if (row !== undefined) return ok(present(context, row), etagOf(row));
  const ofPlan = planSets(context).find((set) => set.name === name);
  if (ofPlan === undefined) throw notFound('policy set');
  return ok(presentOfPlan(context, ofPlan));
}

export async function createPolicySet(context: Context, body: PolicySetCreate): Promise<Outcome<PolicySet>> {
  const { tenant, cluster } = context.target;
  const placement = placementOf(context);
  requireName(body.name);
  requireNone(policiesProblems(body.policies, ['policies']));
  if (planSets(context).some(({ name }) => name === body.name)) throw ofThePlan(context, body.name);
  const id = randomUUID();
  const fields = fieldsOf(body);
  const row = await createOnce(context, {
    body,
    id,
    subject: { ...subjectOf(context, id, body.name), status: 201 },
    create: async (trx, records) => {
      await lockLiving(context, trx);
      if ((await countPolicySets(trx, placement.id)) >= MOST) {
        throw conflict(
          `Tenant ${tenant.name} has ${MOST} policy sets on cluster ${cluster.name}, which is the most. Put these policies into one of them.`,
        );
      }
      const made = await insertPolicySet(trx, { id, placementId: placement.id, name: body.name, ...fields });
      await insertRecords(trx, records);
      await carryOut(trx, placement);
      return made;
    },
    repeat: (earlier) => findPolicySetById(context.services.db, earlier),
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(
      `Tenant ${tenant.name} has a policy set ${body.name} on cluster ${cluster.name}. Replace it with PUT, or choose another name.`,
    );
  });
  await waitForPlacement(context);
  return { kind: 'created', body: present(context, row), etag: etagOf(row) };
}

export async function putPolicySet(context: Context, body: PolicySetPut): Promise<Outcome<PolicySet>> {
  requireNone(policiesProblems(body.policies, ['policies']));
  const fields = fieldsOf(body);
  const row = await write(context, async (trx) => {
    const current = await lockOwn(context, trx);
    requireMatch(context.call.ifMatch, current);
    const subject = { ...subjectOf(context, current.id, current.name), status: 200 };
    const { description, policies } = current;
    if (canonicalJson({ description, policies }) === canonicalJson(fields)) return { result: current, subject };
    const result = await updatePolicySet(trx, current.id, fields);
    if (canonicalJson(policies) !== canonicalJson(fields.policies)) await carryOut(trx, placementOf(context));
    return { result, subject };
  });
  await waitForPlacement(context);
  return ok(present(context, row), etagOf(row));
}

export async function deletePolicySet(context: Context): Promise<Outcome<never>> {
  await write(context, async (trx) => {
    const current = await lockOwn(context, trx);
    requireMatch(context.call.ifMatch, current);
    await deleteRow(trx, current.id);
    await carryOut(trx, placementOf(context));
    return { result: undefined, subject: { ...subjectOf(context, current.id, current.name), status: 204 } };
  });
  return { kind: 'gone' };
}

function present(context: Context, row: PolicySetRow): PolicySet {
  return {
    id: row.id,
    name: row.name,
    cluster: context.target.cluster.name,
    tenant: context.target.tenant.name,
    description: row.description,
    policies: row.policies,
    from: 'tenant',
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function presentOfPlan(context: Context, set: PolicySetSpec): PolicySet {
  return {
    name: set.name,
    cluster: context.target.cluster.name,
    tenant: context.target.tenant.name,
    description: set.description ?? '',
    policies: set.policies,
    from: 'plan',
  };
}

function planSets(context: Context): PolicySetSpec[] {
  return context.target.plan?.spec.policySets ?? [];
}

function fieldsOf(body: PolicySetPut): PolicySetFields {
  return { description: body.description ?? '', policies: body.policies };
}

function subjectOf(context: Context, id: string, name: string) {
  return { object: `policyset:${id}`, tenantId: context.target.tenant.id, detail: { policySet: name } };
}

function placementOf(context: Context): PlacementRow {
  const { placement } = context.target;
  if (placement === undefined) throw notFound('placement');
  return placement;
}

/** The placement comes first, so that every write about it waits in one line; a set is never added to one that goes. */
async function lockLiving(context: Context, trx: Work): Promise<void> {
  const placement = await lockPlacement(trx, placementOf(context).id);
  if (placement === undefined) throw notFound('placement');
  if (placement.deleting_at !== null) throw leaving(context.target.tenant.name, context.target.cluster.name);
}

async function lockOwn(context: Context, trx: Work): Promise<PolicySetRow> {
  await lockLiving(context, trx);
  const name = context.target.parameter('policySet');
  const row = await findPolicySet(trx, placementOf(context).id, name);
  if (row !== undefined) return row;
  if (planSets(context).some((set) => set.name === name)) throw ofThePlan(context, name);
  throw notFound('policy set');
}

function ofThePlan(context: Context, name: string) {
  const { plan, tenant } = context.target;
  return conflict(
    `The policy set ${name} is of the plan ${plan?.name} of tenant ${tenant.name}. Change it there with PUT /api/v1/plans/${plan?.name}, or choose another name for a set of the tenant's own.`,
  );
}

/** The Capsule Tenant and every namespace of the tenant there carry what policies come to. */
async function carryOut(trx: Work, placement: PlacementRow): Promise<void> {
  await touchPlacement(trx, placement.id);
  await enqueuePlacements(trx, { placementId: placement.id }, { namespaces: true });
}

async function waitForPlacement(context: Context): Promise<void> {
  if (context.call.waitMs === 0) return;
  const row = await findPlacement(context.services.db, placementOf(context).id);
  if (row !== undefined) await settled(context, row);
}
