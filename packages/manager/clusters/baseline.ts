/**
 * Everything that KubeNova puts on a cluster once: roles, accounts, policies (`domain/cluster-baseline.ts`). It takes an
 * administrator to write, since RBAC lets nobody grant what they do not hold; the Manager's own identity can only read
 * it and say what differs.
 *
 * Admission policies are versioned. What a later version of KubeNova installed is left as it is, all of it: this Manager
 * then says that it is behind, instead of taking rules away that another one relies on.
 */
import {
  isAdmissionPolicy,
  leftoverPolicies,
  type PolicyDrift,
  policyDrift,
} from '@kubenova/domain/admission/policy-drift.ts';
import { ADMISSION_VERSION } from '@kubenova/domain/admission/policy-objects.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { MANAGED_SELECTOR } from '@kubenova/domain/labels.ts';
import { type Manifest, objectTitle } from '@kubenova/domain/manifest.ts';
import { planApply, withDesiredHash } from '@kubenova/domain/plan.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@kubenova/kube/kinds/extension.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apply, applyWhereDifferent, observe, resourceOf, settleAll } from '../reconcile/apply.ts';
import { no, yes } from '../reconcile/context.ts';
import { insist } from './insist.ts';

const TYPE = 'BaselineReady';
/** How many objects a message names. */
const TOLD = 3;

/** Writes what differs, as far as the identity may. */
export async function installBaseline(kube: KubeClient, signal: AbortSignal): Promise<ConditionInput> {
  const baseline = clusterBaseline();
  const desired = baseline.filter((object) => !isAdmissionPolicy(object));
  const desiredPolicies = baseline.filter(isAdmissionPolicy);
  const [policies, observed] = await Promise.all([
    observePolicies(kube, signal),
    Promise.all(desired.map((object) => observeOrUndefined(kube, object, signal))),
  ]);
  const drift = policyDrift(policies, desiredPolicies);
  const newer = drift.find(({ kind }) => kind === 'newer');
  if (newer !== undefined) return behind(newer);

  const refused: { what: string; why: string }[] = [];
  const attempt = async (what: string, write: () => Promise<unknown>): Promise<void> => {
    try {
      await insist(write, signal);
    } catch (error) {
      if (!isKubeError(error, 'Forbidden', 'NotFound', 'Invalid')) throw error;
      refused.push({ what, why: error.message });
    }
  };
  const differing = desired.flatMap((object, index) =>
    planApply([observed[index]], [object]).length > 0 ? [{ object, found: observed[index] }] : [],
  );
  const write = ({ object, found }: { object: Manifest; found: KubeObject | undefined }) =>
    attempt(objectTitle(object), () => applyWhereDifferent(kube, found, object, signal));
  // Namespaces before what is in them, the rest at once.
  await settleAll(differing.filter(({ object }) => object.kind === 'Namespace').map(write));
  await settleAll([
    ...differing.filter(({ object }) => object.kind !== 'Namespace').map(write),
    ...drift.map((one) =>
      attempt(`${objectTitle(one.desired)}, which ${one.message}`, () => restore(kube, one, signal)),
    ),
    ...leftoverPolicies(policies, desiredPolicies).map((leftover) =>
      attempt(`${objectTitle(leftover)}, which is not of this version`, () =>
        kube.delete(resourceOf(leftover), leftover.metadata, { uid: leftover.metadata.uid, signal }),
      ),
    ),
  ]);

  const first = refused[0];
  if (first === undefined) {
    return yes(TYPE, 'Installed', `KubeNova's roles, accounts and policies (version ${ADMISSION_VERSION}) are there.`);
  }
  const titles = refused.slice(0, TOLD).map(({ what }) => what);
  const others = refused.length > titles.length ? ` and ${refused.length - titles.length} more` : '';
  return no(
    TYPE,
    'AdministratorNeeded',
    `KubeNova may not write ${titles.join('; ')}${others} (${first.why}). PATCH the cluster with an administrator's kubeconfig; it is used once and not kept.`,
  );
}

function behind({ desired, message }: PolicyDrift): ConditionInput {
  return no(
    TYPE,
    'NewerVersion',
    `The cluster has policies of a later KubeNova: ${objectTitle(desired)} ${message}, this Manager knows version ${ADMISSION_VERSION}. Nothing of the baseline is changed. Update this Manager.`,
  );
}

/** What was altered is replaced and not applied: an apply leaves alone what somebody else has added. */
function restore(kube: KubeClient, { desired, observed }: PolicyDrift, signal: AbortSignal): Promise<unknown> {
  const object = withDesiredHash(desired);
  if (observed === undefined) return apply(kube, object, signal);
  const { resourceVersion, uid } = (observed as KubeObject).metadata;
  return kube.replace(
    resourceOf(object),
    { ...object, metadata: { ...object.metadata, resourceVersion, uid } },
    { signal },
  );
}

/**
 * All policies and bindings that bear our label, by two lists; one that lost it is applied anew. What may not be read counts as absent:
 * writing it then tells what is lacking.
 */
async function observePolicies(kube: KubeClient, signal: AbortSignal): Promise<KubeObject[]> {
  const lists = await Promise.all(
    [ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding].map(async (resource) => {
      try {
        return (await kube.list(resource, { labelSelector: MANAGED_SELECTOR, signal })).items;
      } catch (error) {
        if (isKubeError(error, 'Forbidden', 'NotFound')) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

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
