/**
 * `placement:` — a tenant on a cluster: the ConfigMap that lets the Agent keep the Capsule Tenant while the Manager is
 * away, and the Capsule Tenant itself.
 */
import { type ConditionInput, findCondition, isTrue } from '@kubenova/domain/conditions.ts';
import { CAPSULE_TENANT, DESIRED_HASH, MANAGED_BY, MANAGED_BY_KUBENOVA, TENANT_ID } from '@kubenova/domain/labels.ts';
import { policySetsOf, tenancyOutcome } from '@kubenova/domain/tenancy.ts';
import { readTenantReport } from '@kubenova/domain/tenant-report.ts';
import {
  capsuleTenant,
  removableCapsuleTenant,
  type TenantInput,
  tenantStateConfigMap,
} from '@kubenova/domain/tenant-state.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import {
  loadPlacement,
  type PlacementRecord,
  removePlacement,
  savePlacementStatus,
} from '../store/status/placements.ts';
import { applyWhereDifferent, observe } from './apply.ts';
import { deletionRecheckMs, type Findings, no, type ReconcileContext, yes } from './context.ts';
import { keepMemberAccounts, removeMemberAccounts } from './member-accounts.ts';
import { createMender, type Mender } from './mender.ts';
import { policiesReady } from './placement-policies.ts';
import { enqueuePlacement } from './queue.ts';
import { reconcileRecord } from './record.ts';
import type { RunResult } from './worker.ts';

export async function reconcilePlacement(
  context: ReconcileContext,
  id: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const placement = await loadPlacement(context.db, id);
  if (placement === undefined) return 'gone';
  return reconcileRecord(context, placement, {
    async bringAbout(kube) {
      const mender = createMender(context, kube, placement.cluster.id, signal);
      const { reported, ...findings } = await place(context, mender, kube, placement, signal);
      return mender.told(findings, placement.status.conditions, reported);
    },
    takeAway: (kube) => takeAway(kube, placement, context.now(), signal),
    save: (status) => savePlacementStatus(context.db, placement, status),
    remove: () => removePlacement(context.db, id),
    async onLooked(status) {
      // What waits for the Tenant must not wait for the next scan.
      if (status.phase === 'Ready' && placement.status.phase !== 'Ready') await enqueuePlacement(context.db, id);
    },
  });
}

interface Placed extends Findings {
  /** What the Agent says that it has put back. */
  reported?: string;
}

async function place(
  context: ReconcileContext,
  mender: Mender,
  kube: KubeClient,
  placement: PlacementRecord,
  signal: AbortSignal,
): Promise<Placed> {
  const reachable = yes('ClusterReachable', 'Answers', 'The cluster answers.');
  const input = desiredOf(placement);
  const desiredState = tenantStateConfigMap(input);
  const desiredTenant = capsuleTenant(input);

  const [state, tenant] = await Promise.all([
    observe(kube, desiredState, signal),
    observe(kube, desiredTenant, signal),
  ]);
  if (tenant !== undefined && !isOurs(tenant, placement)) {
    return { conditions: [reachable, no('TenantReady', 'NotOurs', foreignTenant(placement))] };
  }
  if (tenant?.metadata.deletionTimestamp !== undefined) {
    const message = `The Capsule Tenant ${placement.tenant.name} of before is still going; it is made anew when it is gone.`;
    return { conditions: [reachable, no('TenantReady', 'Terminating', message)], requeueAfterMs: 2_000 };
  }

  const wasThere = isTrue(placement.status.conditions, 'TenantReady');
  let applied: Tenant | undefined;
  try {
    await mender.settle(state, desiredState, wasThere);
    applied = (await mender.settle(tenant, desiredTenant, wasThere)) as Tenant | undefined;
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Invalid', 'Forbidden')) throw error;
    const reason = error.reason === 'NotFound' ? 'NotInstalled' : error.reason;
    const advice = {
      NotInstalled: `The cluster lacks Capsule or the namespace kubenova-system; see the conditions of the cluster ${placement.cluster.name}.`,
      Invalid: `The cluster refuses the Tenant: ${error.message}`,
      Forbidden: `The cluster does not let KubeNova write the Tenant: ${error.message}`,
    }[reason as 'NotInstalled' | 'Invalid' | 'Forbidden'];
    return { conditions: [reachable, no('TenantReady', reason, advice)], requeueAfterMs: 10_000 };
  }
  const { tenantReady, troubledSince } = capsulesWord(placement.tenant.name, applied, context.now());
  const members = await keepMemberAccounts(context.db, kube, placement, signal);
  const policies = await policiesReady(kube, policySetsOf(placement.tenancy), signal);
  return {
    conditions: [
      reachable,
      tenantReady,
      ...(members === undefined ? [] : [members]),
      ...(policies === undefined ? [] : [policies]),
    ],
    ...(members?.status === 'False' || policies?.status === 'False' ? { requeueAfterMs: 10_000 } : {}),
    ...(troubledSince === undefined ? {} : { requeueAfterMs: TROUBLE_SHOWS_AFTER_MS }),
    reported: state === undefined ? undefined : readTenantReport(state),
  };
}

/**
 * Deleting a Capsule Tenant deletes its namespaces. KubeNova's own are gone by then (the API refuses to take away a
 * placement that still holds an App or a sandbox), so what is left was put there by somebody else and is not ours to
 * delete. The Agent's copy goes first, else the Agent would put the Tenant back.
 */
async function takeAway(
  kube: KubeClient,
  placement: PlacementRecord,
  now: Date,
  signal: AbortSignal,
): Promise<Findings | 'gone'> {
  const input = desiredOf(placement);
  const desiredState = tenantStateConfigMap(input);
  const [state, tenant, namespaces] = await Promise.all([
    observe(kube, desiredState, signal),
    kube.find(Tenant, { name: placement.tenant.name }, { signal }),
    kube.list(Namespace, { labelSelector: `${CAPSULE_TENANT}=${placement.tenant.name}`, signal }),
  ]);
  const ours = tenant !== undefined && isOurs(tenant, placement) ? tenant : undefined;
  const requeueAfterMs = deletionRecheckMs(placement.deletingAt ?? now, now);
  const waiting = (reason: string, message: string): Findings => ({
    conditions: [yes('ClusterReachable', 'Answers', 'The cluster answers.'), no('Deleting', reason, message)],
    requeueAfterMs,
  });

  if (state !== undefined) {
    await kube.delete(ConfigMap, desiredState.metadata, { uid: state.metadata.uid, signal });
    return waiting('RemovingState', "The Agent's copy of the Tenant is being removed.");
  }
  if (await removeMemberAccounts(kube, placement, signal)) {
    return waiting('RemovingMembers', "The ServiceAccounts of the tenant's people are being removed.");
  }
  if (ours === undefined) return 'gone';
  const held = new Set([...(ours.status?.namespaces ?? []), ...namespaces.items.map(({ metadata }) => metadata.name)]);
  if (held.size > 0 && ours.metadata.deletionTimestamp === undefined) {
    const names = [...held].sort().slice(0, 10).join(', ');
    return waiting(
      'NamespacesLeft',
      `Deleting the Capsule Tenant ${placement.tenant.name} would delete its namespaces, and these are left: ${names}. Delete them, or take them out of the tenant.`,
    );
  }
  if (ours.metadata.deletionTimestamp === undefined) {
    if (ours.spec?.preventDeletion === true)
      await applyWhereDifferent(kube, ours, removableCapsuleTenant(input), signal);
    await kube.delete(Tenant, ours.metadata, { uid: ours.metadata.uid, signal });
  }
  return waiting('RemovingTenant', `The Capsule Tenant ${placement.tenant.name} is being deleted.`);
}

/** How long Capsule may fail before it is told: a write of it that met another is made again at once. */
const TROUBLE_SHOWS_AFTER_MS = 5_000;

/**
 * What Capsule itself says of the Tenant. It takes whatever a Tenant holds and fails when it carries that to the
 * namespaces, and tells so in its condition.
 */
function capsulesWord(
  name: string,
  tenant: Tenant | undefined,
  now: Date,
): { tenantReady: ConditionInput; troubledSince?: Date } {
  const placed = yes('TenantReady', 'Placed', `The Capsule Tenant ${name} is there.`);
  const ready = findCondition(tenant?.status?.conditions ?? [], 'Ready');
  if (ready?.status !== 'False') return { tenantReady: placed };
  const since = new Date(ready.lastTransitionTime ?? 0);
  if (now.getTime() - since.getTime() < TROUBLE_SHOWS_AFTER_MS) return { tenantReady: placed, troubledSince: since };
  const message = `Capsule cannot carry the Tenant ${name} to its namespaces: ${ready.message ?? ready.reason ?? 'it does not say why'}`;
  return { tenantReady: no('TenantReady', 'CapsuleFails', message.slice(0, 1_000)) };
}

function desiredOf({ tenant, tenancy }: PlacementRecord): TenantInput {
  const { settings, policies } = tenancyOutcome(tenancy);
  return { tenant, settings, owners: tenancy.owners, policyFields: policies.capsule };
}

function isOurs({ metadata }: KubeObject, placement: PlacementRecord): boolean {
  const { labels = {}, annotations = {} } = metadata;
  // Somebody may have changed the one label, but not have copied the hash of what KubeNova wrote.
  const written = labels[MANAGED_BY] === MANAGED_BY_KUBENOVA || annotations[DESIRED_HASH] !== undefined;
  return written && labels[TENANT_ID] === placement.tenant.id;
}

function foreignTenant(placement: PlacementRecord): string {
  return `A Capsule Tenant ${placement.tenant.name} exists on ${placement.cluster.name} that KubeNova did not make for this tenant. Delete it there or label it ${MANAGED_BY}=${MANAGED_BY_KUBENOVA},${TENANT_ID}=${placement.tenant.id} to hand it over.`;
}
