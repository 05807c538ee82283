/** Whether what a tenant's policy sets say is in force on a cluster. A policy that silently is not is worse than none. */
import { policyDrift } from '@kubenova/domain/admission/policy-drift.ts';
import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import type { ConditionInput } from '@kubenova/domain/conditions.ts';
import { KYVERNO_POLICY } from '@kubenova/domain/kyverno-policy.ts';
import { MANAGED_SELECTOR } from '@kubenova/domain/labels.ts';
import { objectTitle } from '@kubenova/domain/manifest.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { admissionPolicyName } from '@kubenova/domain/policies/availability.ts';
import { catalogue } from '@kubenova/domain/policies/catalogue.ts';
import { effectivePolicies, policyEffects } from '@kubenova/domain/policies/effects.ts';
import type { PolicySetSpec } from '@kubenova/knapi/schemas.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@kubenova/kube/kinds/extension.ts';
import { Policy } from '@kubenova/kube/kinds/kyverno.ts';
import { no, yes } from './context.ts';

const TYPE = 'PoliciesReady';

/** @returns nothing where no policies are asked for */
export async function policiesReady(
  kube: KubeClient,
  sets: readonly PolicySetSpec[],
  signal: AbortSignal,
): Promise<ConditionInput | undefined> {
  const effective = effectivePolicies(sets);
  const { unknown } = policyEffects(sets);
  if (unknown.length > 0) {
    return no(
      TYPE,
      'UnknownPolicy',
      `This KubeNova does not know ${unknown.join(', ')}; what it was to say is not in force. Update the Manager, or take it out of the policy sets.`,
    );
  }
  if (effective.size === 0) return undefined;
  const missing = await missingRules(kube, [...effective.keys()], signal);
  if (missing !== undefined) return missing;
  const kyverno = effective.has('kyverno') ? await kyvernoMissing(kube, signal) : undefined;
  if (kyverno !== undefined) return kyverno;
  const shown = [...effective.keys()].join(', ');
  return yes(TYPE, 'InForce', `In force in all namespaces of the tenant: ${shown}.`);
}

/** The rules themselves are of the cluster's baseline, which may be missing, older or altered. */
async function missingRules(
  kube: KubeClient,
  types: readonly string[],
  signal: AbortSignal,
): Promise<ConditionInput | undefined> {
  const names = new Set(
    types.filter((type) => catalogue.get(type)?.engine === 'admissionPolicy').map(admissionPolicyName),
  );
  if (names.size === 0) return undefined;
  const lists = await Promise.all(
    [ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding].map((resource) =>
      kube.list(resource, { labelSelector: MANAGED_SELECTOR, signal }),
    ),
  );
  const desired = admissionPolicies().filter(({ metadata }) => names.has(metadata.name));
  const drift = policyDrift(
    lists.flatMap(({ items }) => items),
    desired,
  ).filter(({ kind }) => kind !== 'newer');
  const [first] = drift;
  if (first === undefined) return undefined;
  const others = drift.length === 1 ? '' : ` (and ${drift.length - 1} more)`;
  return no(
    TYPE,
    'RulesMissing',
    `On the cluster ${objectTitle(first.desired)} ${first.message}${others}. PATCH the cluster with an administrator's kubeconfig, which installs KubeNova's policies anew.`,
  );
}

async function kyvernoMissing(kube: KubeClient, signal: AbortSignal): Promise<ConditionInput | undefined> {
  try {
    await kube.get(Policy, { name: KYVERNO_POLICY, namespace: SYSTEM_NAMESPACE }, { signal });
    return undefined;
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) {
      return no(
        TYPE,
        'AdministratorNeeded',
        "KubeNova may not write Kyverno's policies there. PATCH the cluster with an administrator's kubeconfig, which installs KubeNova's roles anew.",
      );
    }
    if (!isKubeError(error, 'NotFound')) throw error;
    // An object that is not there is told by a Status with its name; a kind that is not served is not.
    if (error.status?.details?.name !== undefined) return undefined;
    return no(
      TYPE,
      'KyvernoMissing',
      'The cluster does not serve kyverno.io/v1 Policy, so that the rules of the policy kyverno are not in force. Install Kyverno there, or take the policy out of the sets.',
    );
  }
}
