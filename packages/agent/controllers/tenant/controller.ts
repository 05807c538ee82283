/**
 * The tenant controller: keeps each Capsule Tenant as it was placed, also while the Manager is away.
 *
 * It writes what the Manager would write, under the Manager's field manager: were the two to own the fields both, a quota
 * that the Manager takes away would stay. Before it writes it asks whether the desired state is still there, because
 * taking a placement away begins with deleting that ConfigMap, and a healed Tenant would stand in its way.
 */
import { TENANT_ID } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { MANAGER_FIELD_MANAGER, SYSTEM_NAMESPACE, tenantConfigMapName } from '@kubenova/domain/names.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import { readTenantState } from '@kubenova/domain/tenant-state.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Controller, createController } from '@kubenova/kube/controller/controller.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import type { Logger } from '../../log.ts';
import type { AgentMetrics } from '../../metrics.ts';
import { logFailure, observeReconcile } from '../observation.ts';

export interface TenantContext {
  readonly client: Pick<KubeClient, 'find' | 'apply'>;
  readonly configMaps: Informer<ConfigMap>;
  readonly tenants: Informer<Tenant>;
  readonly metrics: AgentMetrics;
  readonly log: Logger;
}

/** For the informer on Tenants: namespaces by the hundred stand in the status, and nothing here needs them. */
export function tenantView(tenant: Tenant): Tenant {
  const { status: _status, ...rest } = tenant;
  return rest;
}

/** Starts nothing yet: the caller starts it once the informers are filled. */
export function createTenantController(context: TenantContext): Controller {
  const controller = createController({
    name: 'tenant',
    concurrency: 2,
    reconcile: (tenantId, signal) => reconcileTenant(tenantId, context, signal),
    onError: logFailure(context.log, 'tenant'),
    metrics: observeReconcile(context.metrics),
  });
  const look = (labels: Record<string, string> | undefined) => {
    const tenantId = labels?.[TENANT_ID];
    if (tenantId !== undefined) controller.enqueue(tenantId);
  };
  context.configMaps.onChange(({ object }) => {
    if (object.metadata.name === tenantConfigMapName(object.metadata.labels?.[TENANT_ID] ?? ''))
      look(object.metadata.labels);
  });
  context.tenants.onChange(({ object, previous }) => {
    look(object.metadata.labels);
    if (previous && previous.metadata.labels?.[TENANT_ID] !== object.metadata.labels?.[TENANT_ID])
      look(previous.metadata.labels);
  });
  return controller;
}

/** Puts one tenant's Capsule Tenant back if it differs. */
export async function reconcileTenant(
  tenantId: string,
  context: TenantContext,
  signal: AbortSignal,
): Promise<{ requeueAfterMs: number } | undefined> {
  const name = tenantConfigMapName(tenantId);
  const cached = context.configMaps.get(SYSTEM_NAMESPACE, name);
  if (cached === undefined) return undefined;
  const desired = readTenantState(cached);
  if (!desired.ok) {
    context.log.error({ tenant: tenantId, reason: desired.error.code }, desired.error.message);
    return undefined;
  }
  const [action] = planApply(
    [asManifest(context.tenants.get(undefined, desired.value.metadata.name))],
    [desired.value],
  );
  if (action === undefined) return undefined;
  if (action.action !== 'apply') return { requeueAfterMs: 2_000 };
  const current = await context.client.find(ConfigMap, { namespace: SYSTEM_NAMESPACE, name }, { signal });
  if (current === undefined || current.metadata.resourceVersion !== cached.metadata.resourceVersion)
    return { requeueAfterMs: 500 };
  await context.client.apply(Tenant, action.object as unknown as Tenant, {
    fieldManager: MANAGER_FIELD_MANAGER,
    force: true,
    signal,
  });
  context.metrics.writes.inc({ object: 'tenant' });
  context.log.warn({ tenant: desired.value.metadata.name, reason: action.reason }, 'put the Capsule Tenant back');
  return undefined;
}

function asManifest(tenant: Tenant | undefined): Manifest | undefined {
  return tenant as unknown as Manifest | undefined;
}
