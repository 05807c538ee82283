/** Plans: what a tenant may use, as one named bundle that an administrator edits. */
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { quotaProblems } from '@kubenova/domain/settings/quota-problems.ts';
import { settingsProblems } from '@kubenova/domain/settings/settings-problems.ts';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { Plan, PlanPut, PlanSpec, ProblemError } from '@kubenova/knapi/schemas.ts';
import { reachFor } from '../identity/caller.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import { isStillReferenced, violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import {
  type CountedPlanRow,
  deletePlan as deleteRow,
  findPlan,
  insertPlan,
  listPlans as listRows,
  lockPlan,
  type PlanFields,
  tenantsWithPlan,
  updatePlan,
} from '../store/plans.ts';
import type { PlanRow } from '../store/rows.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, enumerate, requireName, requireNone } from './names.ts';
import { policySetsProblems } from './policy-problems.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { type Work, write } from './write.ts';

function presentPlan(row: CountedPlanRow): Plan {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    spec: row.spec,
    tenants: row.tenants,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function listPlans(context: Context, query: ListQuery): Promise<Outcome<Page<Plan>>> {
  return ok(mapPage(await listRows(context.services.db, reachOf(context), pageRequest(query)), presentPlan));
}

export async function getPlan(context: Context): Promise<Outcome<Plan>> {
  const row = await findPlan(context.services.db, context.target.parameter('plan'), reachOf(context));
  if (row === undefined) throw notFound('plan');
  return ok(presentPlan(row), etagOf(row));
}

export async function putPlan(context: Context, body: PlanPut): Promise<Outcome<Plan>> {
  const name = context.target.parameter('plan');
  requireNone(planProblems(body.spec));
  const fields = { displayName: body.displayName ?? '', description: body.description ?? '', spec: body.spec };
  const { id, kind } = await write(context, async (trx) => {
    const current = await lockPlan(trx, name);
    const result =
      current === undefined ? await make(context, trx, name, fields) : await change(context, trx, current, fields);
    const status = result.kind === 'created' ? 201 : 200;
    return { result, subject: { object: `plan:${result.id}`, tenantId: null, status, detail: { plan: name } } };
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(`Another request made the plan ${name} at the same time. Read it and repeat.`);
  });
  const row = await findPlan(context.services.db, name, reachOf(context));
  if (row === undefined || row.id !== id) throw conflict(`The plan ${name} was deleted at the same time.`);
  return { kind, body: presentPlan(row), etag: etagOf(row) };
}

type Put = { id: string; kind: 'created' | 'ok' };

async function make(context: Context, trx: Work, name: string, fields: PlanFields): Promise<Put> {
  requireName(name, '');
  if (context.call.ifMatch !== undefined) {
    throw new ApiError('KN-412', 'There is no such plan yet, so If-Match cannot hold. Send the request without it.');
  }
  return { id: (await insertPlan(trx, name, fields)).id, kind: 'created' };
}

/** A plan of many tenants is carried to all of them by one statement. */
async function change(context: Context, trx: Work, current: PlanRow, fields: PlanFields): Promise<Put> {
  requireMatch(context.call.ifMatch, current);
  const before = { displayName: current.display_name, description: current.description, spec: current.spec };
  if (canonicalJson(before) === canonicalJson(fields)) return { id: current.id, kind: 'ok' };
  const { id } = await updatePlan(trx, current.id, fields);
  if (canonicalJson(before.spec) !== canonicalJson(fields.spec)) {
    const namespaces = canonicalJson(onNamespaces(before.spec)) !== canonicalJson(onNamespaces(fields.spec));
    await enqueuePlacements(trx, { planId: id }, { namespaces });
  }
  return { id, kind: 'ok' };
}

/** What of a plan stands on namespaces, beside the Capsule Tenant. */
function onNamespaces({ nodeSelector, policySets, sandboxes }: PlanSpec): unknown {
  return { nodeSelector, policySets, sandboxes };
}

export async function deletePlan(context: Context): Promise<Outcome<never>> {
  const name = context.target.parameter('plan');
  await write(context, async (trx) => {
    const current = await lockPlan(trx, name);
    if (current === undefined) throw notFound('plan');
    requireMatch(context.call.ifMatch, current);
    const tenants = await tenantsWithPlan(trx, current.id, TOLD + 1);
    if (tenants.length > 0) {
      const told = tenants.length > TOLD ? [...tenants.slice(0, TOLD), 'others'] : tenants;
      throw conflict(
        `The plan ${name} is that of ${enumerate(told)}. Give them another one with PUT /api/v1/tenants/{tenant}/plan first.`,
      );
    }
    await deleteRow(trx, current.id);
    return {
      result: undefined,
      subject: { object: `plan:${current.id}`, tenantId: null, status: 204, detail: { plan: name } },
    };
  }).catch((error: unknown) => {
    if (!isStillReferenced(error)) throw error;
    throw conflict(`A tenant was given the plan ${name} at the same time.`);
  });
  return { kind: 'gone' };
}

/** How many tenants a refusal names. */
const TOLD = 10;

function reachOf(context: Context) {
  return reachFor(context.call.caller, context.call.operation);
}

function planProblems(spec: PlanSpec): ProblemError[] {
  const { sandboxes, policySets = [], ...settings } = spec;
  return [
    ...settingsProblems(settings, ['spec']),
    ...quotaProblems(sandboxes?.quotas ?? {}, ['spec', 'sandboxes', 'quotas']),
    ...policySetsProblems(policySets, ['spec', 'policySets']),
  ];
}
