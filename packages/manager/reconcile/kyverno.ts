/**
 * The Kyverno `Policy` of a tenant's namespace. An annotation of the namespace says that there is one, or was: it is
 * written before the Policy and taken off after it is gone, so that none is forgotten and no cluster without Kyverno is
 * asked for one.
 */

import { KYVERNO_POLICY, kyvernoPolicy } from '@kubenova/domain/kyverno-policy.ts';
import type { EffectsOfSets } from '@kubenova/domain/policies/effects.ts';
import { KYVERNO_ANNOTATION } from '@kubenova/domain/policies/kyverno.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Policy } from '@kubenova/kube/kinds/kyverno.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyWhereDifferent } from './apply.ts';

/** Takes the Policy away where no rules are wanted any more; to be called before the namespace loses its annotation. */
export async function removeKyvernoPolicy(
  kube: KubeClient,
  namespace: KubeObject | undefined,
  { kyvernoRules }: EffectsOfSets,
  signal: AbortSignal,
): Promise<void> {
  if (namespace === undefined || kyvernoRules.length > 0) return;
  if (namespace.metadata.annotations?.[KYVERNO_ANNOTATION] === undefined) return;
  await kube.delete(Policy, { name: KYVERNO_POLICY, namespace: namespace.metadata.name }, { signal });
}

/**
 * Writes the Policy. Where the cluster has no Kyverno, or does not let KubeNova write one, nothing happens here: the
 * placement says so.
 */
export async function keepKyvernoPolicy(
  kube: KubeClient,
  namespace: string,
  labels: Record<string, string>,
  { kyvernoRules }: EffectsOfSets,
  signal: AbortSignal,
): Promise<void> {
  if (kyvernoRules.length === 0) return;
  try {
    const observed = await kube.find(Policy, { name: KYVERNO_POLICY, namespace }, { signal });
    await applyWhereDifferent(kube, observed, kyvernoPolicy(namespace, labels, kyvernoRules), signal);
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Forbidden')) throw error;
  }
}
