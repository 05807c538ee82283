/** Short-lived tokens for one cluster: what the exec plugin of a kubeconfig asks for. */
import type { KubernetesToken, KubernetesTokenCreate } from '@kubenova/knapi/schemas.ts';
import { insertAudit } from '../store/audit.ts';
import { memberClusters } from '../store/member-clusters.ts';
import { toReference } from '../store/scope.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { lifetime, requireCarried, requireHeld, requireProject, speaksFor, tokenMaker } from './kubernetes-access.ts';
import { invalid } from './names.ts';
import { auditRecord } from './write.ts';

/** What a revocation takes at most to reach kubectl. */
const DEFAULT_TTL_SECONDS = 900;

export async function createKubernetesToken(
  context: Context,
  body: KubernetesTokenCreate,
): Promise<Outcome<KubernetesToken>> {
  const { services, call } = context;
  const tenant = { id: context.target.tenant.id, name: context.target.tenant.name };
  const wish = { project: await requireProject(context, tenant, body.project), role: body.role };
  const held = requireHeld(call.caller, tenant, wish);
  const [cluster] = await memberClusters(services.db, {
    reach: { everything: false, tenantIds: [tenant.id], projectIds: [] },
    clusters: [toReference(body.cluster)],
    limit: 1,
  });
  if (cluster === undefined)
    throw invalid('/cluster', `Tenant ${tenant.name} is not placed on a cluster of this name.`);
  const memberships = requireCarried(tenant.name, cluster, held);
  const ttlSeconds = lifetime(call.caller, body.ttlSeconds ?? DEFAULT_TTL_SECONDS, new Date());
  const minted = await tokenMaker(services, call.caller, ttlSeconds)(cluster, memberships);
  const expiresAt = minted.expiresAt.toISOString();
  const detail = { expiresAt, access: [{ cluster: cluster.cluster, as: speaksFor(cluster, memberships) }] };
  const subject = { object: `tenant:${tenant.id}`, tenantId: tenant.id, status: 200, detail };
  await insertAudit(services.db, auditRecord(call, subject));
  return ok({ token: minted.token, expiresAt });
}
