/** Carries out what `planApply` found: the only place from which reconcilers write desired objects to a cluster. */
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { MANAGER_FIELD_MANAGER } from '@kubenova/domain/names.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';

/** The Resource of an object of ours. */
export function resourceOf(object: Manifest): Resource {
  const resource = knownResource(object);
  if (resource === undefined) throw new TypeError(`${object.apiVersion} ${object.kind} is no kind that is known here`);
  return resource;
}

/** The object as it is on the cluster. */
export function observe(kube: KubeClient, desired: Manifest, signal: AbortSignal): Promise<KubeObject | undefined> {
  return kube.find(resourceOf(desired), desired.metadata, { signal });
}

/**
 * Applies `desired` where it differs from what was observed. What KubeNova writes is its own by definition, so fields
 * that somebody else has taken are taken back.
 *
 * @returns the object as it is then; `undefined` while the one of before is still going
 */
export async function applyWhereDifferent(
  kube: KubeClient,
  observed: KubeObject | undefined,
  desired: Manifest,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const [action] = planApply([observed], [desired]);
  if (action === undefined) return observed;
  switch (action.action) {
    case 'wait':
    case 'delete':
      return undefined;
    case 'recreate':
      await kube.delete(resourceOf(desired), desired.metadata, { uid: action.observed.metadata.uid, signal });
      return apply(kube, action.object, signal);
    case 'apply':
      return apply(kube, action.object, signal);
  }
}

/** Applies an object as it is, without the hash of what was asked for. */
export function apply(kube: KubeClient, object: Manifest, signal: AbortSignal): Promise<KubeObject> {
  return kube.apply(resourceOf(object), object, { fieldManager: MANAGER_FIELD_MANAGER, force: true, signal });
}

/**
 * Waits until all have ended, then fails with the first error. `Promise.all` would leave the others at work while the
 * run is over and the key may be taken again.
 */
export async function settleAll(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
