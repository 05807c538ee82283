/** How every controller of the Agent logs its failures and counts its runs. */
import type { ReconcileObservation } from '@kubenova/kube/controller/controller.ts';
import { isKubeError, isTransient } from '@kubenova/kube/error.ts';
import type { Logger } from '../log.ts';
import type { AgentMetrics } from '../metrics.ts';

/**
 * A server that is away is a warning from the third try on, since a restart of it is ordinary. So is a 403, which an API
 * server also answers while it still loads its roles. The rest is an error.
 */
export function logFailure(log: Logger, controller: string): (key: string, error: unknown, attempt: number) => void {
  return (key, error, attempt) => {
    const message = error instanceof Error ? error.message : String(error);
    const reason = isKubeError(error) ? error.reason : error instanceof Error ? error.name : 'Unknown';
    const entry = { controller, key, attempt, reason };
    if (!isTransient(error) && !isKubeError(error, 'Forbidden'))
      log.error(isKubeError(error) ? entry : { ...entry, err: error }, message);
    else if (attempt >= 3) log.warn(entry, message);
    else log.debug(entry, message);
  };
}

export function observeReconcile(metrics: AgentMetrics): (observation: ReconcileObservation) => void {
  return ({ controller, outcome, durationMs }) => {
    metrics.reconciles.inc({ controller, outcome });
    metrics.reconcileSeconds.observe({ controller }, durationMs / 1_000);
  };
}
