/**
 * Everything that KubeNova puts on a cluster once: roles, accounts, policies (`domain/cluster-baseline.ts`). It takes an
 * administrator to write, since RBAC lets nobody grant what they do not hold; the Manager's own identity can only read
 * it and say what differs.
 */
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { type Manifest, objectTitle } from '@kubenova/domain/manifest.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyWhereDifferent, observe, settleAll } from '../reconcile/apply.ts';
import { no, yes } from '../reconcile/context.ts';

const TYPE = 'BaselineReady';

/** Writes what differs, as far as the identity may. */
export async function installBaseline(kube: KubeClient, signal: AbortSignal): Promise<ConditionInput> {
  const desired = clusterBaseline();
  const observed = await Promise.all(desired.map((object) => observeOrUndefined(kube, object, signal)));
  const differing = desired.filter((object, index) => planApply([observed[index]], [object]).length > 0);
  const refused: { object: Manifest; message: string }[] = [];
  const write = async (object: Manifest): Promise<void> => {
    try {
      await applyWhereDifferent(kube, observed[desired.indexOf(object)], object, signal);
    } catch (error) {
      if (!isKubeError(error, 'Forbidden', 'NotFound', 'Invalid')) throw error;
      refused.push({ object, message: error.message });
    }
  };
  // Namespaces before what is in them, the rest at once.
  await settleAll(differing.filter(({ kind }) => kind === 'Namespace').map(write));
  await settleAll(differing.filter(({ kind }) => kind !== 'Namespace').map(write));

  const first = refused[0];
  if (first === undefined) return yes(TYPE, 'Installed', "KubeNova's roles, accounts and policies are there.");
  const titles = refused.slice(0, 3).map(({ object }) => objectTitle(object));
  const others = refused.length > titles.length ? ` and ${refused.length - titles.length} more` : '';
  return no(
    TYPE,
    'AdministratorNeeded',
    `KubeNova may not write ${titles.join(', ')}${others} (${first.message}). PATCH the cluster with an administrator's kubeconfig; it is used once and not kept.`,
  );
}

/** What may not be read is treated as absent: writing it then tells what is lacking. */
async function observeOrUndefined(
  kube: KubeClient,
  object: Manifest,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await observe(kube, object, signal);
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  }
}
