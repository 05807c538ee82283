import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Clock } from '../clock.ts';

/** `PodLogOptions`, as the query of `pods/x/log` has them. */
export interface LogOptions {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly limitBytes?: number;
}

/**
 * The log of a container, in chunks of whole lines (but for `limitBytes`). With `follow` it goes on, as time passes,
 * until the signal aborts or the container ends.
 *
 * @param current answers the pod as it is now, undefined once it is gone
 * @throws ApiError 400 in the words of the API server and the kubelet: no such container, none chosen, not started
 */
export function readLogs(_options: {
  readonly pod: Pod;
  readonly current: () => Pod | undefined;
  readonly clock: Clock;
  readonly log: LogOptions;
  readonly signal?: AbortSignal;
}): AsyncIterable<string> {
  return (async function* () {})();
}
