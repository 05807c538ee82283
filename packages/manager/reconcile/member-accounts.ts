/**
 * The part of a placement that is about people where the cluster does not trust KubeNova's issuer: their ServiceAccounts
 * (`domain/member-accounts.ts`). An account that is not desired any more is deleted, and its tokens end with it.
 */
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { baseLabels, selector, TENANT_ID } from '@kubenova/domain/labels.ts';
import { memberAccounts } from '@kubenova/domain/member-accounts.ts';
import { MEMBERS_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { projectsOfTenant } from '../store/status/member-accounts.ts';
import type { PlacementRecord } from '../store/status/placements.ts';
import { applyWhereDifferent, settleAll } from './apply.ts';
import { no, yes } from './context.ts';

const TYPE = 'MembersReady';

/** @returns the condition; undefined where people come with tokens of the issuer, and always have */
export async function keepMemberAccounts(
  db: Kysely<Database>,
  kube: KubeClient,
  placement: PlacementRecord,
  signal: AbortSignal,
): Promise<ConditionInput | undefined> {
  if (!concerned(placement)) return undefined;
  const wanted = placement.cluster.auth === 'serviceAccount';
  const desired = wanted ? memberAccounts(placement.tenant, await projectsOfTenant(db, placement.tenant.id)) : [];
  try {
    const observed = await accountsOf(kube, placement, signal);
    const byName = new Map(observed.map((account) => [account.metadata.name, account]));
    const names = new Set(desired.map(({ metadata }) => metadata.name));
    await settleAll([
      ...desired.map((account) => applyWhereDifferent(kube, byName.get(account.metadata.name), account, signal)),
      ...observed.filter(({ metadata }) => !names.has(metadata.name)).map((account) => remove(kube, account, signal)),
    ]);
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Forbidden')) throw error;
    const message = `KubeNova may not keep people's ServiceAccounts in ${MEMBERS_NAMESPACE}: ${error.message} PATCH the cluster ${placement.cluster.name} with an administrator's kubeconfig.`;
    return no(TYPE, error.reason, message);
  }
  return wanted ? yes(TYPE, 'Made', "The ServiceAccounts of the tenant's people are there.") : undefined;
}

/** @returns whether there were any */
export async function removeMemberAccounts(
  kube: KubeClient,
  placement: PlacementRecord,
  signal: AbortSignal,
): Promise<boolean> {
  if (!concerned(placement)) return false;
  const observed = await accountsOf(kube, placement, signal);
  await settleAll(observed.map((account) => remove(kube, account, signal)));
  return observed.length > 0;
}

/** Also where people once came as ServiceAccounts: what was made for that goes. */
function concerned({ cluster, status }: PlacementRecord): boolean {
  return cluster.auth === 'serviceAccount' || status.conditions.some(({ type }) => type === TYPE);
}

async function accountsOf(
  kube: KubeClient,
  { tenant }: PlacementRecord,
  signal: AbortSignal,
): Promise<ServiceAccount[]> {
  const labelSelector = selector({ ...baseLabels(), [TENANT_ID]: tenant.id });
  const { items } = await kube.list(ServiceAccount, { namespace: MEMBERS_NAMESPACE, labelSelector, signal });
  return items;
}

function remove(kube: KubeClient, { metadata }: ServiceAccount, signal: AbortSignal): Promise<void> {
  return kube.delete(ServiceAccount, metadata, { uid: metadata.uid, signal });
}
