/**
 * The app controller: one key an App. Whatever happens to its ConfigMap, its Application or its namespace only says
 * «look at this App»; what to do about it is worked out from what is there (reconcile.ts).
 */
import { APP_REPORT_KEY } from '@kubenova/domain/app-report.ts';
import { APP_STATE_KEY } from '@kubenova/domain/app-state.ts';
import { APP_ID } from '@kubenova/domain/labels.ts';
import { type Controller, createController } from '@kubenova/kube/controller/controller.ts';
import type { Change } from '@kubenova/kube/informer.ts';
import type { ConfigMap } from '@kubenova/kube/kinds/core.ts';
import { logFailure, observeReconcile } from '../observation.ts';
import type { AppContext } from './context.ts';
import { reconcileApp } from './reconcile.ts';

/** Starts nothing yet: the caller starts it once the informers are filled. */
export function createAppController(context: AppContext): Controller {
  const controller = createController({
    name: 'app',
    concurrency: 8,
    reconcile: (appId, signal) => reconcileApp(appId, context, signal),
    onError: logFailure(context.log, 'app'),
    metrics: observeReconcile(context.metrics),
  });
  const look = (labels: Record<string, string> | undefined) => {
    const appId = labels?.[APP_ID];
    if (appId !== undefined) controller.enqueue(appId);
  };
  context.configMaps.onChange((change) => {
    if (isOwnReport(change)) return;
    look(change.object.metadata.labels);
    // A label that was changed leaves an App behind, whose Application has to be looked at.
    if (change.previous) look(change.previous.metadata.labels);
  });
  context.applications.onChange(({ type, object, previous }) => {
    if (type === 'deleted') forgetApplication(object.metadata.labels?.[APP_ID], context);
    look(object.metadata.labels);
    if (previous && previous.metadata.labels?.[APP_ID] !== object.metadata.labels?.[APP_ID])
      look(previous.metadata.labels);
  });
  context.namespaces.onChange(({ object }) => look(object.metadata.labels));
  return controller;
}

/** What was written before the deletion is no longer newer than the cache. */
function forgetApplication(appId: string | undefined, { memory }: AppContext): void {
  const known = appId === undefined ? undefined : memory.get(appId);
  if (appId === undefined || known === undefined) return;
  memory.set(appId, { ...known, verified: undefined, written: { ...known.written, application: undefined } });
}

/** A change of nothing but the report is the Agent's own writing. */
function isOwnReport({ type, object, previous }: Change<ConfigMap>): boolean {
  if (type !== 'modified' || previous?.data === undefined || object.data === undefined) return false;
  return (
    previous.data[APP_STATE_KEY] === object.data[APP_STATE_KEY] &&
    previous.data[APP_REPORT_KEY] !== object.data[APP_REPORT_KEY]
  );
}
