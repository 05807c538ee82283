/** Kubeconfigs for a tenant's people, through capsule-proxy. */
import { clusterAudience, devsGroup, USERS_GROUP, viewersGroup } from '@kubenova/domain/names.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { mayGrant } from '@kubenova/knapi/permissions.ts';
import type { Kubeconfig, KubeconfigCreate } from '@kubenova/knapi/schemas.ts';
import { kubeconfigText } from '../identity/kubeconfig.ts';
import { insertAudit } from '../store/audit.ts';
import { clustersOfTenant, type PlacedCluster } from '../store/placements.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { conflict, invalid } from './names.ts';
import { auditRecord } from './write.ts';

const DEFAULT_TTL_SECONDS = 3_600;

/**
 * Mints one token a cluster, each for that cluster's audience alone. The groups say what the holder is: everyone bears
 * the one group that Capsule knows, and either the tenant's people or its read-only people.
 */
export async function createKubeconfig(context: Context, body: KubeconfigCreate): Promise<Outcome<Kubeconfig>> {
  const { services, call, target } = context;
  const { tenant } = target;
  const role = memberRole(context, body.role);
  const clusters = chooseClusters(tenant.name, await clustersOfTenant(services.db, tenant.id), body.clusters);
  const ttlSeconds = lifetime(context, body.ttlSeconds ?? DEFAULT_TTL_SECONDS);
  const groups = [USERS_GROUP, role === 'projectDev' ? devsGroup(tenant.name) : viewersGroup(tenant.name)];
  let expiresAt = new Date();
  const contexts = [];
  for (const cluster of clusters) {
    const subject = `kubenova:${call.caller.subject}`;
    const minted = await services.issuer.mint({ subject, audience: clusterAudience(cluster.name), groups, ttlSeconds });
    expiresAt = minted.expiresAt;
    contexts.push({
      cluster: cluster.name,
      capsuleProxyUrl: cluster.capsule_proxy_url,
      capsuleProxyCa: cluster.capsule_proxy_ca,
      token: minted.token,
    });
  }
  const subject = { object: `tenant:${tenant.id}`, tenantId: tenant.id, status: 200 };
  await insertAudit(services.db, auditRecord(call, subject));
  return ok({ kubeconfig: kubeconfigText(tenant.name, contexts), expiresAt: expiresAt.toISOString() });
}

type MemberRole = 'projectDev' | 'readOnly';

/** The membership that was asked for, never above the caller's own; the caller's own, at most projectDev, where nothing was. */
function memberRole(context: Context, asked: MemberRole | undefined): MemberRole {
  const { grants } = context.call.caller;
  const tenantId = context.target.tenant.id;
  const mayEdit = mayGrant(grants, { role: 'projectDev', tenantId });
  if (asked === 'projectDev' && !mayEdit) {
    throw new ApiError(
      'KN-403',
      'Your role here is readOnly, so a kubeconfig can be readOnly only. Ask for that role.',
    );
  }
  return asked ?? (mayEdit ? 'projectDev' : 'readOnly');
}

function chooseClusters(
  tenant: string,
  placed: readonly PlacedCluster[],
  asked: readonly string[] | undefined,
): PlacedCluster[] {
  if (placed.length === 0) {
    throw conflict(
      `Tenant ${tenant} is not placed on any cluster yet, so there is nothing to connect to. Have it placed first.`,
    );
  }
  if (asked === undefined) return [...placed];
  const chosen = asked.map((name, index) => {
    const cluster = placed.find((candidate) => candidate.name === name || candidate.id === name);
    if (cluster === undefined)
      throw invalid(`/clusters/${index}`, `Tenant ${tenant} is not placed on a cluster of this name.`);
    return cluster;
  });
  return [...new Set(chosen)];
}

/** A credential that is handed out ends no later than the one that it was asked for with. */
function lifetime(context: Context, ttlSeconds: number): number {
  const { expiresAt } = context.call.caller;
  if (expiresAt === undefined) return ttlSeconds;
  const left = Math.floor((expiresAt.getTime() - Date.now()) / 1000);
  return Math.max(1, Math.min(ttlSeconds, left));
}
