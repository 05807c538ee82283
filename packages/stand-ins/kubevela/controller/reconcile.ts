/**
 * Brings one Application one step further. It reads from top to bottom as KubeVela's own controller does: trackers,
 * deletion, finalizer, version, workflow, settled state; each stage ends in a write of the status or goes on.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { WorkflowStatus } from '../model/application.ts';
import { garbagePolicy } from '../model/policies.ts';
import { APP_FINALIZER, annotation, VELA_VERSION } from '../model/vocabulary.ts';
import { finishWorkflow } from '../model/workflow.ts';
import { takeApart } from './deletion.ts';
import { createEventRecorder } from './events.ts';
import { Application } from './kinds.ts';
import { createOutputs } from './outputs.ts';
import { publish, writeRevisionStatus } from './publish.ts';
import type { RestMapper } from './rest-mapper.ts';
import { type Attempts, endWithProblem, type Run, succeed, writeStatus } from './run.ts';
import type { Settings } from './settings.ts';
import { keepSettled, repairDrift, sweep } from './settled.ts';
import { createTrackerStore } from './tracker-store.ts';
import { executeWorkflow } from './workflow.ts';

export interface ReconcilerOptions {
  client: KubeClient;
  mapper: RestMapper;
  settings: Settings;
  attempts: Attempts;
  now: () => Date;
}

/**
 * A function for a controller: it takes `namespace/name` and answers after how many milliseconds to come again.
 * @throws ReconcileProblem when the Application itself is at fault; KubeError when the server could not be asked
 */
export function createReconciler(options: ReconcilerOptions) {
  const { client, mapper, settings, attempts } = options;
  const store = createTrackerStore(client);
  const now = () =>
    options
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');

  const events = createEventRecorder(client, now, settings.recordEvents);

  return async (key: string): Promise<{ requeueAfterMs: number } | undefined> => {
    const [namespace = '', name = ''] = key.split('/');
    const app = await client.find(Application, { name, namespace });
    if (!app) {
      attempts.forget(key);
      events.forget(key);
      return undefined;
    }
    const outputs = createOutputs(client, mapper, app, now);
    const status = app.status ?? {};
    const trackersOf = { history: [] };
    const run: Run = {
      client,
      settings,
      store,
      outputs,
      now,
      attempts,
      events,
      key,
      app,
      trackers: trackersOf,
      status,
    };
    const trackers = await store.load(app);
    if ('conflict' in trackers) {
      return endWithProblem(
        run,
        'Synced',
        `failed to create resourceKeeper: failed to load resourcetrackers: ${trackers.conflict}`,
        'starting',
      );
    }
    run.trackers = trackers;
    if (app.metadata.deletionTimestamp) return again(await takeApart(run));
    if (!app.metadata.finalizers?.includes(APP_FINALIZER)) {
      // The write itself brings the Application back here.
      await register(run);
      return undefined;
    }
    await publish(run);
    return again(await deploy(run));
  };
}

function again(afterMs: number | undefined): { requeueAfterMs: number } | undefined {
  return afterMs === undefined ? undefined : { requeueAfterMs: afterMs };
}

async function register(run: Run): Promise<void> {
  const { name, namespace, resourceVersion, finalizers = [] } = run.app.metadata;
  const metadata = {
    resourceVersion,
    finalizers: [...finalizers, APP_FINALIZER],
    annotations: { [annotation.velaVersion]: VELA_VERSION },
  };
  await run.client.patch(Application, { name, namespace }, { metadata }, { type: 'merge' });
}

async function deploy(run: Run): Promise<number> {
  const workflow = run.status.workflow;
  if (!workflow) throw new Error(`${run.key} has no workflow although it was published`);
  if (!workflow.finished) {
    const { state, retryMs } = await executeWorkflow(run, workflow);
    if (state === 'executing' || state === 'suspending') {
      if (state === 'suspending' && retryMs === undefined) await repairDrift(run);
      await sweep(run, { mark: false });
      await writeStatus(run, state === 'executing' ? 'runningWorkflow' : 'workflowSuspending');
      return retryMs ?? run.settings.resyncMs;
    }
    await finish(run, state);
  }
  const ended = run.status.workflow?.status;
  if (ended === 'failed' || ended === 'terminated') {
    await sweep(run, { mark: ended === 'failed' && garbagePolicy(run.app).continueOnFailure });
    await writeStatus(run, ended === 'failed' ? 'workflowFailed' : 'workflowTerminated');
    return run.settings.resyncMs;
  }
  return keepSettled(run);
}

async function finish(run: Run, outcome: 'succeeded' | 'failed' | 'terminated'): Promise<void> {
  const running: WorkflowStatus | undefined = run.status.workflow;
  if (!running) return;
  const workflow = finishWorkflow(running, outcome, run.now());
  run.status = { ...run.status, workflow };
  if (outcome === 'succeeded') {
    succeed(run, 'Workflow');
    run.events.normal(run.app, 'Applied');
  }
  if (run.revision) await writeRevisionStatus(run, run.revision, { succeeded: outcome === 'succeeded', workflow });
}
