import type { KubeClient } from '@kubenova/kube/client.ts';
import { createResourceFinder } from '@kubenova/kube/discovery.ts';
import { isKubeError, isTransient } from '@kubenova/kube/error.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { waitFor } from './condition.ts';

/**
 * Applies objects server-side, forcing conflicts, in groups: the next group begins when the one before it is done.
 * Objects of one group go out side by side, which makes installing a hundred of them a matter of a second.
 *
 * @throws KubeError that names the object
 */
export type Apply = (...groups: readonly (readonly KubeObject[])[]) => Promise<void>;

/** How an apply of the stack is recorded: under a name of its own, and over whatever an earlier start left. */
export const asStack = { fieldManager: 'kubenova-stack', force: true } as const;

/**
 * Makes an `Apply` that waits out what passes by itself while a cluster starts: a definition that is established and
 * not served yet, a webhook that does not answer yet.
 */
export function createApply(client: KubeClient): Apply {
  const find = createResourceFinder(client);
  const applyOne = (object: KubeObject): Promise<KubeObject> => {
    let refusal: unknown;
    return waitFor({
      what: `the API server to serve and accept ${object.kind} ${object.metadata.name}`,
      timeoutMs: 60_000,
      giveUp: () => {
        if (refusal !== undefined) throw refusal;
      },
      look: async () => {
        try {
          const resource = knownResource(object) ?? (await find(object));
          return resource && (await client.apply(resource, object, asStack));
        } catch (error) {
          if (!mayPass(error)) refusal = error;
          throw error;
        }
      },
    });
  };
  return async (...groups) => {
    for (const group of groups) await Promise.all(group.map(applyOne));
  };
}

/** A webhook that cannot be called is a server error, and an API that is not served yet a "not found" without a Status. */
function mayPass(error: unknown): boolean {
  return isTransient(error) || (isKubeError(error, 'NotFound') && error.status === undefined);
}
