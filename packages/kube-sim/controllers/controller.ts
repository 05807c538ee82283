/**
 * What a built-in controller is: it names what wakes it and reconciles one key at a time. `run.ts` feeds it.
 */
import type { LocalClient } from '../api/local-client.ts';
import type { Clock } from '../clock.ts';
import type { ResourceRegistry } from '../resources/resource-type.ts';
import type { Change, Store } from '../store/store.ts';

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
  reconcile(key: string, context: ControllerContext): Promise<{ againInMs: number } | void>;
}
