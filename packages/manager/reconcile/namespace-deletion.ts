/** Deleting a namespace of ours: by uid, so that one which somebody makes anew under the name is never hit. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { whatBlocks } from './ownership.ts';

/** @returns what the namespace waits for, for a person */
export async function deleteNamespace(
  kube: KubeClient,
  namespace: Namespace,
  signal: AbortSignal,
): Promise<{ message: string }> {
  const { name, uid, deletionTimestamp } = namespace.metadata;
  if (deletionTimestamp === undefined) {
    try {
      await kube.delete(Namespace, { name }, { uid, signal });
    } catch (error) {
      // The name belongs to another by now; the next look says whose.
      if (!isKubeError(error, 'Conflict')) throw error;
    }
    return { message: `The namespace ${name} is being deleted.` };
  }
  const blocked = whatBlocks(namespace);
  return { message: `The namespace ${name} is being deleted. ${blocked}`.trim() };
}
