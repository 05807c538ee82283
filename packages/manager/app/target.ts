/**
 * What a path names, and whether the caller may know of it.
 *
 * Objects are looked at in the order of the path. The first one that is missing, or that no grant of the caller reaches,
 * answers 404 with one text for both, so that nothing tells a foreign object from a missing one.
 */
import { sandboxName } from '@kubenova/domain/names.ts';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { OperationId } from '@kubenova/knapi/generated/operations.ts';
import { allows, permissions, type TargetScope } from '@kubenova/knapi/permissions.ts';
import { type Caller, visibleTo } from '../identity/caller.ts';
import type { Queryable } from '../store/connect.ts';
import { type Located, locate, type References } from '../store/locate.ts';
import type {
  AppRow,
  BelongsTo,
  ClusterRow,
  PlacementRow,
  PlanRow,
  ProjectRow,
  SandboxRow,
  TenantRow,
} from '../store/rows.ts';
import { type Reach, toReference, touchedTenants } from '../store/scope.ts';

/** The objects of a path. A use-case asks for what its own path names; anything else is a mistake in the program. */
export interface Target {
  readonly cluster: ClusterRow;
  readonly tenant: TenantRow;
  /** The tenant's plan; undefined where it has none. */
  readonly plan: PlanRow | undefined;
  readonly project: ProjectRow;
  readonly app: AppRow;
  readonly sandbox: SandboxRow;
  /** The tenant's placement on the cluster; undefined where it has none. */
  readonly placement: PlacementRow | undefined;
  readonly names: BelongsTo;
  readonly scope: TargetScope;
  /** A parameter of the path that names no record, such as a revision's number. */
  parameter(name: string): string;
}

const KINDS = ['cluster', 'tenant', 'project', 'app', 'sandbox', 'appId'] as const;

/** Finds what the path names. One statement, or none when it names no record. */
export async function resolveTarget(
  db: Queryable,
  caller: Caller,
  parameters: Readonly<Record<string, string>>,
): Promise<Target> {
  const named = KINDS.filter((kind) => parameters[kind] !== undefined);
  if (named.length === 0) return targetOf({ clusterInReach: false }, parameters);
  const reach = visibleTo(caller);
  const located = await locate(db, referencesOf(parameters), reach);
  for (const kind of named) requireVisible(kind, located, reach);
  return targetOf(located, parameters);
}

/**
 * Decides by the permission table. The target is already known to be visible, so that a refusal tells nothing new.
 *
 * @throws ApiError KN-403
 */
export function authorize(caller: Caller, operation: OperationId, target: Target, path: { cluster: boolean }): void {
  if (allows(caller.grants, operation, target.scope)) return;
  // A cluster is enclosed by no tenant; whoever sees one sees it through a tenant that is placed on it.
  const throughTenant =
    path.cluster && target.scope.tenantId === undefined && permissions[operation].target === 'enclosing';
  if (throughTenant && caller.grants.some((grant) => allows([grant], operation, { tenantId: grant.tenantId }))) return;
  const roles = permissions[operation].roles.join(', ');
  throw new ApiError(
    'KN-403',
    `Your grants do not allow ${operation} here. It takes one of these roles on the whole of its target: ${roles}. Ask whoever grants you access.`,
  );
}

function referencesOf(parameters: Readonly<Record<string, string>>): References {
  const reference = (name: string) => {
    const text = parameters[name];
    return text === undefined ? undefined : toReference(text);
  };
  return {
    cluster: reference('cluster'),
    tenant: reference('tenant'),
    project: reference('project'),
    app: reference('app'),
    sandbox: sandboxReference(parameters.sandbox),
    appId: parameters.appId,
  };
}

function sandboxReference(text: string | undefined): References['sandbox'] {
  if (text === undefined) return undefined;
  const reference = toReference(text);
  if (reference.kind === 'id') return reference;
  const digits = /^sbx-(\d{3,6})$/.exec(text)?.[1];
  const number = Number(digits ?? 0);
  return number > 0 && sandboxName(number) === text ? { kind: 'number', number } : { kind: 'number', number: 0 };
}

function requireVisible(kind: (typeof KINDS)[number], located: Located, reach: Reach): void {
  switch (kind) {
    case 'cluster':
      if (located.cluster === undefined || !located.clusterInReach) throw notFound('cluster');
      return;
    case 'tenant':
      if (located.tenant === undefined || !touchesTenant(reach, located.tenant.id)) throw notFound('tenant');
      return;
    case 'project':
      if (located.project === undefined || !reachesProject(reach, located.project)) throw notFound('project');
      return;
    case 'app':
      if (located.app === undefined) throw notFound('app');
      return;
    case 'sandbox':
      if (located.sandbox === undefined) throw notFound('sandbox');
      return;
    case 'appId':
      if (located.project === undefined || !reachesProject(reach, located.project)) throw notFound('app');
      return;
  }
}

export function touchesTenant(reach: Reach, tenantId: string): boolean {
  return touchedTenants(reach)?.includes(tenantId) ?? true;
}

export function reachesProject(reach: Reach, project: { id: string; tenant_id: string }): boolean {
  if (reach.everything || reach.tenantIds.includes(project.tenant_id)) return true;
  return reach.projectIds.some((held) => held.projectId === project.id);
}

function targetOf(located: Located, parameters: Readonly<Record<string, string>>): Target {
  const need = <Row>(row: Row | undefined, kind: string): Row => {
    if (row === undefined) throw new Error(`this operation's path names no ${kind}`);
    return row;
  };
  return {
    get cluster() {
      return need(located.cluster, 'cluster');
    },
    get tenant() {
      return need(located.tenant, 'tenant');
    },
    get project() {
      return need(located.project, 'project');
    },
    get app() {
      return need(located.app, 'app');
    },
    get sandbox() {
      return need(located.sandbox, 'sandbox');
    },
    placement: located.placement,
    plan: located.plan,
    get names() {
      return {
        cluster: need(located.cluster, 'cluster').name,
        tenant: need(located.tenant, 'tenant').name,
        project: need(located.project, 'project').name,
      };
    },
    scope: { tenantId: located.tenant?.id, projectId: located.project?.id },
    parameter: (name) => need(parameters[name], name),
  };
}
