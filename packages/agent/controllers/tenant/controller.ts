/**
 * The tenant controller: keeps each Capsule Tenant as it was placed, also while the Manager is away.
 *
 * It writes what the Manager would write, under the Manager's field manager: were the two to own the fields both, a quota
 * that the Manager takes away would stay. Before it writes it asks whether the desired state is still there, because
 * taking a placement away begins with deleting that ConfigMap, and a healed Tenant would stand in its way.
 *
 * What somebody has changed is put back at once, and the Manager is told by the report in the same ConfigMap. What the
 * Manager has changed it brings itself, right after the ConfigMap; the Agent does it only where the Manager does not come to it.
 */
import { driftOf } from '@kubenova/domain/drift.ts';
import { repairMessage } from '@kubenova/domain/drift-report.ts';
import { TENANT_ID } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { MANAGER_FIELD_MANAGER, SYSTEM_NAMESPACE, tenantConfigMapName } from '@kubenova/domain/names.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import { notBefore, type Repairs, repaired } from '@kubenova/domain/repairs.ts';
import { tenantReportPatch } from '@kubenova/domain/tenant-report.ts';
import { readTenantState } from '@kubenova/domain/tenant-state.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Controller, createController } from '@kubenova/kube/controller/controller.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { Informer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import type { Logger } from '../../log.ts';
import type { AgentMetrics } from '../../metrics.ts';
import { logFailure, observeReconcile } from '../observation.ts';

/** What the Agent has seen of a tenant since it leads. */
export interface TenantMemory {
  /** The Tenant was as it was placed: what is missing or differs now has been taken away or changed. */
  readonly wasThere?: boolean;
  /** Since when what is desired differs from what was applied, milliseconds since 1970. */
  readonly waitsSince?: number | undefined;
  readonly repairs?: Repairs;
}

export interface TenantContext {
  readonly client: Pick<KubeClient, 'find' | 'apply' | 'patch'>;
  /** By the tenant's id. */
  readonly memory: Map<string, TenantMemory>;
  readonly now: () => Date;
  readonly configMaps: Informer<ConfigMap>;
  readonly tenants: Informer<Tenant>;
  readonly metrics: AgentMetrics;
  readonly log: Logger;
}

/** How long the Manager has to bring a change of its own. */
const PATIENCE_MS = 3_000;

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
  const { client, memory } = context;
  const name = tenantConfigMapName(tenantId);
  const cached = context.configMaps.get(SYSTEM_NAMESPACE, name);
  if (cached === undefined) {
    memory.delete(tenantId);
    return undefined;
  }
  const desired = readTenantState(cached);
  if (!desired.ok) {
    context.log.error({ tenant: tenantId, reason: desired.error.code }, desired.error.message);
    return undefined;
  }
  const known = memory.get(tenantId) ?? {};
  const tenantName = desired.value.metadata.name;
  if (planApply([asManifest(context.tenants.get(undefined, tenantName))], [desired.value]).length === 0) {
    memory.set(tenantId, { ...known, wasThere: true, waitsSince: undefined });
    return undefined;
  }

  // The cache holds no managed fields, and may be behind.
  const [current, tenant] = await Promise.all([
    client.find(ConfigMap, { namespace: SYSTEM_NAMESPACE, name }, { signal }),
    client.find(Tenant, { name: tenantName }, { signal }),
  ]);
  if (current === undefined || current.metadata.resourceVersion !== cached.metadata.resourceVersion)
    return { requeueAfterMs: 500 };
  const observed = asManifest(tenant);
  const [action] = planApply([observed], [desired.value]);
  if (action === undefined) return undefined;
  if (action.action !== 'apply') return { requeueAfterMs: 2_000 };

  const now = context.now();
  const drift = driftOf(observed, desired.value, known.wasThere ?? false);
  const waitsSince = known.waitsSince ?? now.getTime();
  const wait = drift === undefined ? waitsSince + PATIENCE_MS : notBefore(known.repairs);
  if (wait > now.getTime()) {
    if (drift === undefined) memory.set(tenantId, { ...known, waitsSince });
    return { requeueAfterMs: wait - now.getTime() };
  }
  await client.apply(Tenant, action.object as unknown as Tenant, {
    fieldManager: MANAGER_FIELD_MANAGER,
    force: true,
    signal,
  });
  context.metrics.writes.inc({ object: 'tenant' });
  context.log.warn({ tenant: tenantName, reason: action.reason }, 'put the Capsule Tenant back');
  if (drift === undefined) {
    memory.set(tenantId, { ...known, wasThere: true, waitsSince: undefined });
    return undefined;
  }
  const repairs = repaired(known.repairs, now.getTime());
  memory.set(tenantId, { wasThere: true, repairs });
  await report(context, name, repairMessage([{ ...drift, times: repairs.times }], now), signal);
  return undefined;
}

/** A report that is lost is a repair that nobody is told of; the Tenant is as it should be all the same. */
async function report(context: TenantContext, name: string, message: string, signal: AbortSignal): Promise<void> {
  try {
    const patch = tenantReportPatch(message);
    await context.client.patch(ConfigMap, { namespace: SYSTEM_NAMESPACE, name }, patch, { type: 'merge', signal });
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}

function asManifest(tenant: Tenant | undefined): Manifest | undefined {
  return tenant as unknown as Manifest | undefined;
}
