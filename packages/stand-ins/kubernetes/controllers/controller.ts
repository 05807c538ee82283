/**
 * What a built-in controller is: it names what wakes it and reconciles one key at a time. `run.ts` feeds it.
 */

import type { Clock } from '@kubenova/kube-model/clock.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Change, Store } from '@kubenova/kube-model/store.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';

export interface ControllerContext {
  /** Speaks as the controller's own ServiceAccount in `kube-system`. */
  readonly client: LocalClient;
  readonly store: Store;
  readonly resources: ResourceRegistry;
  readonly clock: Clock;
}

export interface Controller {
  /** Of its ServiceAccount, as in `deployment-controller`. */
  readonly name: string;
  /** Storages that it looks at; all when absent. */
  readonly watches?: readonly string[];
  /** The keys that a change wakes: `namespace/name` by convention, but any string will do. */
  keysOf(change: Change, context: ControllerContext): readonly string[];
  /** Brings one key to where it should be; answers after how many milliseconds to look again, if at all. Throws: tried again with backoff. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most controllers have nothing to answer.
  reconcile(key: string, context: ControllerContext): Promise<{ againInMs: number } | void>;
}
