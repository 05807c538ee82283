/**
 * What a caller may be on the clusters of its tenants, and the tokens by which it is that. Every credential for kubectl
 * is made here, whoever asks: the groups come from the caller's grants as they are now, the audience is that of one
 * cluster, and the end is never after that of the credential that it was asked for with.
 */
import type { NamedRef } from '@kubenova/domain/identity.ts';
import {
  accountOf,
  carried,
  groupsOf,
  type MemberRole,
  type Membership,
  membershipsIn,
} from '@kubenova/domain/membership.ts';
import { clusterAudience, MEMBERS_NAMESPACE } from '@kubenova/domain/names.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { type Caller, visibleTo } from '../identity/caller.ts';
import { MAX_TOKEN_SECONDS, type Mint, type MintedToken } from '../identity/issuer.ts';
import { locate } from '../store/locate.ts';
import type { MemberCluster } from '../store/member-clusters.ts';
import { toReference } from '../store/scope.ts';
import type { Context, Services } from './context.ts';
import { invalid } from './names.ts';
import { reachesProject } from './target.ts';

/** Kubernetes makes no token that ends sooner (`TokenRequest`, `expirationSeconds`). */
export const MIN_ACCOUNT_TOKEN_SECONDS = 600;

/** What is asked for at most. */
export interface Wish {
  project?: NamedRef;
  role?: MemberRole;
}

/** What the caller holds in a tenant; undefined when it is nothing. */
export function heldIn(caller: Caller, tenant: NamedRef, wish: Wish): readonly Membership[] | undefined {
  const held = membershipsIn(caller.grants, tenant, wish);
  return held.ok ? held.value : undefined;
}

/** @throws ApiError KN-403 that says what there is instead */
export function requireHeld(caller: Caller, tenant: NamedRef, wish: Wish): readonly Membership[] {
  const held = membershipsIn(caller.grants, tenant, wish);
  if (held.ok) return held.value;
  if (held.error.code === 'above') {
    throw new ApiError('KN-403', 'Your role here is readOnly. Ask for that role, or have an owner give you another.');
  }
  throw new ApiError(
    'KN-403',
    `You are no member of tenant ${tenant.name}: your roles let you see it, and not work in it with kubectl.`,
  );
}

/** The project that a body names. @throws ApiError KN-422 when there is none that the caller may know of */
export async function requireProject(
  context: Context,
  tenant: NamedRef,
  project: string | undefined,
): Promise<NamedRef | undefined> {
  if (project === undefined) return undefined;
  const { caller } = context.call;
  const reach = visibleTo(caller);
  const references = { tenant: { kind: 'id' as const, id: tenant.id }, project: toReference(project) };
  const found = await locate(context.services.db, references, reach);
  if (found.project === undefined || !reachesProject(reach, found.project)) {
    throw invalid('/project', `Tenant ${tenant.name} has no project of this name.`);
  }
  return { id: found.project.id, name: found.project.name };
}

/** @throws ApiError KN-422 when one of the projects has to be named */
export function requireCarried(
  tenant: string,
  cluster: Pick<MemberCluster, 'cluster' | 'auth'>,
  held: readonly Membership[],
): readonly Membership[] {
  const memberships = carried(held, cluster.auth);
  if (memberships !== undefined) return memberships;
  const projects = held.map(({ project }) => project).join(', ');
  throw invalid(
    '/project',
    `One token for ${cluster.cluster} cannot speak for all your projects of ${tenant}. Name one of: ${projects}.`,
  );
}

/** How long a credential may live, in seconds. @throws ApiError KN-401 when the caller's own has all but ended */
export function lifetime(caller: Caller, wantedSeconds: number, now: Date): number {
  if (caller.expiresAt === undefined) return Math.min(wantedSeconds, MAX_TOKEN_SECONDS);
  const left = Math.floor((caller.expiresAt.getTime() - now.getTime()) / 1000);
  if (left < 1) throw new ApiError('KN-401', 'Your own credential ends now. Get a new one, and ask again.');
  return Math.min(wantedSeconds, left, MAX_TOKEN_SECONDS);
}

/** Makes a token for a cluster; the memberships are what one token can carry. */
export type TokenMaker = (cluster: MemberCluster, memberships: readonly Membership[]) => Promise<MintedToken>;

/** At the cost of one statement for all clusters that trust the issuer, and of one and a call there for each other. */
export function tokenMaker(services: Services, caller: Caller, ttlSeconds: number): TokenMaker {
  let minter: Promise<Mint> | undefined;
  return async (cluster, memberships) => {
    if (cluster.auth === 'serviceAccount') return accountToken(services, caller, cluster, memberships, ttlSeconds);
    minter ??= services.issuer.minter();
    const mint = await minter;
    return mint({
      subject: `kubenova:${caller.subject}`,
      audience: clusterAudience(cluster.cluster),
      groups: groupsOf(cluster.tenant, memberships),
      ttlSeconds,
    });
  };
}

/**
 * A token of the membership's ServiceAccount, from the cluster itself. It lives ten minutes at least: that may be longer
 * than a session at the Manager has left, which is renewed without asking, but not longer than an API token.
 */
async function accountToken(
  services: Services,
  caller: Caller,
  cluster: MemberCluster,
  [membership]: readonly Membership[],
  ttlSeconds: number,
): Promise<MintedToken> {
  if (membership === undefined) throw new Error('a token speaks for a membership');
  if (ttlSeconds < MIN_ACCOUNT_TOKEN_SECONDS && caller.identity.kind === 'token') {
    throw new ApiError(
      'KN-409',
      `Cluster ${cluster.cluster} gives tokens that live ten minutes at least, and yours ends before. Use an API token that lives longer.`,
    );
  }
  return services.memberTokens.request(
    { id: cluster.clusterId, name: cluster.cluster },
    {
      namespace: MEMBERS_NAMESPACE,
      account: accountOf(cluster.tenant, membership),
      seconds: Math.max(ttlSeconds, MIN_ACCOUNT_TOKEN_SECONDS),
    },
  );
}

/** For the audit: what a token speaks for, by the name that the cluster knows. */
export function speaksFor(cluster: MemberCluster, memberships: readonly Membership[]): string[] {
  if (cluster.auth === 'oidc') return groupsOf(cluster.tenant, memberships).slice(1);
  return memberships.map((membership) => `${MEMBERS_NAMESPACE}/${accountOf(cluster.tenant, membership)}`);
}
