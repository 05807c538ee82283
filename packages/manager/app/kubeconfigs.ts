/** Kubeconfigs for a tenant's people: of a tenant, of a project, of a sandbox, and one for all that the caller may use. */
import type { NamedRef } from '@kubenova/domain/identity.ts';
import { carried, type MemberRole, type Membership } from '@kubenova/domain/membership.ts';
import { sandboxName } from '@kubenova/domain/names.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { permissions } from '@kubenova/knapi/permissions.ts';
import type {
  Kubeconfig,
  KubeconfigCreate,
  KubeconfigRequest,
  SandboxKubeconfigCreate,
} from '@kubenova/knapi/schemas.ts';
import { reachOf } from '../identity/caller.ts';
import { type ExecUser, type KubeconfigContext, kubeconfigText } from '../identity/kubeconfig.ts';
import { insertAudit } from '../store/audit.ts';
import { type MemberCluster, memberClusters } from '../store/member-clusters.ts';
import { toReference } from '../store/scope.ts';
import { type Context, type Outcome, ok } from './context.ts';
import {
  heldIn,
  lifetime,
  requireHeld,
  requireProject,
  speaksFor,
  tokenMaker,
  type Wish,
} from './kubernetes-access.ts';
import { conflict, invalid } from './names.ts';
import { auditRecord } from './write.ts';

const DEFAULT_TTL_SECONDS = 3_600;
/** A kubeconfig with more contexts than this is nobody's help. */
const MAX_CONTEXTS = 200;

/** How a kubeconfig gets its tokens: it holds them unless told otherwise, and so works with kubectl alone. */
interface Manner {
  mode?: 'exec' | 'token';
  ttlSeconds?: number;
}

/** One context to be: a cluster of a tenant, and what its tokens speak for. */
interface Place {
  cluster: MemberCluster;
  memberships: readonly Membership[];
  project?: string;
  role?: MemberRole;
  sandbox?: { name: string; namespace: string };
}

export async function createKubeconfig(context: Context, body: KubeconfigCreate): Promise<Outcome<Kubeconfig>> {
  const tenant = named(context.target.tenant);
  const wish: Wish = { project: await requireProject(context, tenant, body.project), role: body.role };
  const places = await placesIn(context, tenant, wish, body.clusters);
  return handOut(context, body, places, `tenant:${tenant.id}`);
}

/** Of the project that the path names; it holds no secret. */
export async function getProjectKubeconfig(context: Context): Promise<Outcome<Kubeconfig>> {
  const places = await placesIn(context, named(context.target.tenant), { project: named(context.target.project) });
  return handOut(context, { mode: 'exec' }, places);
}

/** Its context stands in the sandbox. */
export async function createSandboxKubeconfig(
  context: Context,
  body: SandboxKubeconfigCreate,
): Promise<Outcome<Kubeconfig>> {
  const { cluster, tenant, project, sandbox } = context.target;
  const places = await placesIn(context, named(tenant), { project: named(project) }, [cluster.id]);
  const within = { name: sandboxName(sandbox.number), namespace: sandbox.namespace };
  const placed = places.map((place) => ({ ...place, sandbox: within }));
  return handOut(context, body, placed, `sandbox:${sandbox.id}`);
}

/** Everything that the caller may use, in one: a context for each of its tenants on each of their clusters. */
export async function createOwnKubeconfig(context: Context, body: KubeconfigRequest): Promise<Outcome<Kubeconfig>> {
  const { caller } = context.call;
  const clusters = await memberClusters(context.services.db, {
    reach: reachOf(caller, permissions.createKubeconfig.roles),
    tenants: body.tenants?.map(toReference),
    clusters: body.clusters?.map(toReference),
    limit: MAX_CONTEXTS + 1,
  });
  const nowhere = 'You are a member of no placed tenant of this name.';
  requireFound(body.tenants, { pointer: '/tenants', nowhere }, clusters, ({ tenantId, tenant }) => [tenantId, tenant]);
  const notThere = 'None of your tenants is placed on a cluster of this name.';
  requireFound(body.clusters, { pointer: '/clusters', nowhere: notThere }, clusters, clusterNames);
  if (clusters.length === 0) {
    throw conflict('You are a member of no tenant that is placed on a cluster, so there is nothing to connect to.');
  }
  const places = clusters.flatMap((cluster) => {
    const held = heldIn(caller, { id: cluster.tenantId, name: cluster.tenant }, { role: body.role });
    return held === undefined ? [] : placesOf([cluster], held, { role: body.role });
  });
  if (places.length === 0) throw new ApiError('KN-403', 'Your roles there are readOnly. Ask for that role.');
  return handOut(context, body, places, `caller:${caller.subject}`);
}

/** @throws ApiError when nothing is held in the tenant, or it is not on the clusters that were named */
async function placesIn(context: Context, tenant: NamedRef, wish: Wish, asked?: readonly string[]): Promise<Place[]> {
  const held = requireHeld(context.call.caller, tenant, wish);
  const clusters = await memberClusters(context.services.db, {
    reach: { everything: false, tenantIds: [tenant.id], projectIds: [] },
    clusters: asked?.map(toReference),
    limit: MAX_CONTEXTS + 1,
  });
  const nowhere = `Tenant ${tenant.name} is not placed on a cluster of this name.`;
  requireFound(asked, { pointer: '/clusters', nowhere }, clusters, clusterNames);
  if (clusters.length === 0) {
    throw conflict(
      `Tenant ${tenant.name} is not placed on any cluster yet, so there is nothing to connect to. Have it placed first.`,
    );
  }
  return placesOf(clusters, held, wish);
}

/** A context that carries all that one token can, and one for each project that it cannot. */
function placesOf(clusters: readonly MemberCluster[], held: readonly Membership[], { project, role }: Wish): Place[] {
  return clusters.flatMap((cluster) => {
    const together = carried(held, cluster.auth) ?? [];
    const apart = held.filter((membership) => !together.includes(membership));
    return [
      ...(together.length > 0 ? [{ cluster, role, memberships: together, project: project?.name }] : []),
      ...apart.map((membership) => ({ cluster, role, memberships: [membership], project: membership.project })),
    ];
  });
}

/** @param object what the audit calls it; nothing is recorded for a read */
async function handOut(
  context: Context,
  { mode = 'token', ttlSeconds }: Manner,
  places: readonly Place[],
  object?: string,
): Promise<Outcome<Kubeconfig>> {
  if (places.length > MAX_CONTEXTS) {
    throw invalid('', `It would have more than ${MAX_CONTEXTS} contexts. Name the tenants or clusters that you need.`);
  }
  if (mode === 'exec' && ttlSeconds !== undefined) {
    throw invalid('/ttlSeconds', 'A kubeconfig of mode exec holds no token. Leave it out, or ask for mode token.');
  }
  const { users, expiresAt } =
    mode === 'exec'
      ? { users: places.map((place) => ({ exec: execUser(context, place) })), expiresAt: null }
      : await tokensFor(context, places, ttlSeconds ?? DEFAULT_TTL_SECONDS);
  if (object !== undefined) await record(context, { mode, places, expiresAt, object });
  const contexts = places.map((place, index) => contextOf(place, users[index]));
  return ok({ kubeconfig: kubeconfigText(contexts), expiresAt });
}

/** The kubeconfig ends with the first of its tokens. */
async function tokensFor(context: Context, places: readonly Place[], ttlSeconds: number) {
  const { services, call } = context;
  const maker = tokenMaker(services, call.caller, lifetime(call.caller, ttlSeconds, new Date()));
  const minted = await Promise.all(places.map(({ cluster, memberships }) => maker(cluster, memberships)));
  const end = Math.min(...minted.map((token) => token.expiresAt.getTime()));
  return { users: minted.map(({ token }) => ({ token })), expiresAt: new Date(end).toISOString() };
}

function execUser({ call }: Context, { cluster, project, role }: Place): ExecUser {
  return { server: call.origin, tenant: cluster.tenant, cluster: cluster.cluster, project, role };
}

function contextOf(place: Place, user: KubeconfigContext['user'] | undefined): KubeconfigContext {
  if (user === undefined) throw new Error('a context has no user');
  const { cluster, project, sandbox } = place;
  const path = [cluster.tenant, project, sandbox?.name].filter((part) => part !== undefined).join('/');
  return {
    name: `${path}@${cluster.cluster}`,
    cluster: { name: cluster.cluster, server: cluster.capsuleProxyUrl, ca: cluster.capsuleProxyCa },
    namespace: sandbox?.namespace,
    user,
  };
}

/** One entry a tenant, so that its owners see who was given what. */
async function record(
  { services, call }: Context,
  given: { mode: string; places: readonly Place[]; expiresAt: string | null; object: string },
): Promise<void> {
  const { mode, expiresAt, object } = given;
  const tenants = Map.groupBy(given.places, ({ cluster }) => cluster.tenantId);
  for (const [tenantId, places] of tenants) {
    const access = places.map(({ cluster, memberships }) => ({
      cluster: cluster.cluster,
      as: speaksFor(cluster, memberships),
    }));
    const detail = { mode, expiresAt, access };
    await insertAudit(services.db, auditRecord(call, { object, tenantId, status: 200, detail }));
  }
}

/** @throws ApiError KN-422 at the first name that was asked for in vain */
function requireFound(
  asked: readonly string[] | undefined,
  { pointer, nowhere }: { pointer: string; nowhere: string },
  found: readonly MemberCluster[],
  namesOf: (cluster: MemberCluster) => string[],
): void {
  const known = new Set(found.flatMap(namesOf));
  const index = asked?.findIndex((name) => !known.has(name)) ?? -1;
  if (index >= 0) throw invalid(`${pointer}/${index}`, nowhere);
}

const clusterNames = ({ clusterId, cluster }: MemberCluster) => [clusterId, cluster];

function named({ id, name }: NamedRef): NamedRef {
  return { id, name };
}
