/**
 * What is done each time for a version whose workflow has succeeded: health is judged anew, drift is repaired, and what
 * the version no longer has is removed.
 */
import { conditionDeleting, conditionError } from '../model/conditions.ts';
import { applyOnce, garbagePolicy } from '../model/policies.ts';
import { surplusRevisions } from '../model/revision.ts';
import { label } from '../model/vocabulary.ts';
import { appliedResource } from './component.ts';
import { collectGarbage } from './garbage.ts';
import { isHealthy, judge, renderedOf } from './health.ts';
import { ApplicationRevision } from './kinds.ts';
import { aggregated, OutputError } from './outputs.ts';
import { type Run, setOn, succeed, writeStatus } from './run.ts';

/** How long a pass of garbage collection is given before the next one looks. */
export const GARBAGE_PAUSE_MS = 3000;

/** Returns after how long the Application is to be looked at again. */
export async function keepSettled(run: Run): Promise<number> {
  const managed = run.trackers.current?.spec.managedResources ?? [];
  run.status = { ...run.status, appliedResources: managed.map(appliedResource) };
  await judgeAll(run);
  await repairDrift(run);
  const phase = (run.status.services ?? []).every(isHealthy) ? 'running' : 'unhealthy';
  succeed(run, 'Ready');
  run.events.normal(run.app, 'Deployed');
  const pause = await sweep(run, { mark: true });
  await writeStatus(run, phase);
  await dropSurplusRevisions(run);
  return pause ?? run.settings.resyncMs;
}

async function judgeAll(run: Run): Promise<void> {
  const services = await Promise.all(
    (run.status.services ?? []).map(async (before) => {
      const component = run.app.spec.components.find(({ name }) => name === before.name);
      // A component that only an override knows keeps the judgement that it had; so does what cannot be read.
      if (!component) return before;
      const elsewhere = before.namespace === run.app.metadata.namespace ? '' : before.namespace;
      const placement = { cluster: before.cluster ?? '', namespace: elsewhere };
      try {
        return await judge(run, component, renderedOf(run, component, placement), placement);
      } catch (error) {
        if (!(error instanceof OutputError)) throw error;
        return before;
      }
    }),
  );
  run.status = { ...run.status, services };
}

/** Brings what somebody changed back to what was dispatched, unless a policy lets it drift. */
export async function repairDrift(run: Run): Promise<void> {
  if (applyOnce(run.app).everything) return;
  const manifests = (run.trackers.current?.spec.managedResources ?? []).flatMap(({ raw }) => (raw ? [raw] : []));
  const results = await Promise.allSettled(
    manifests.map((manifest) => run.outputs.apply(manifest, { dryRun: false, mode: 'drift' })),
  );
  const failed = aggregated(results);
  if (!failed) return;
  run.events.warning(run.app, 'FailedStateKeep', failed.message);
  setOn(run, conditionError('StateKeep', failed.message, run.now()));
}

/**
 * One pass of garbage collection, its outcome told by the condition Ready.
 * @returns the pause until the next pass, or undefined when none is due
 */
export async function sweep(run: Run, { mark }: { mark: boolean }): Promise<number | undefined> {
  const { app, trackers, outputs, store } = run;
  try {
    const passive = garbagePolicy(app).keepLegacy;
    const { waiting } = await collectGarbage({ app, trackers, outputs, store, mark, passive });
    if (!waiting) return undefined;
    const { first, count } = waiting;
    const message = `Waiting for ${first} to delete. (At least ${count} resources are deleting.)`;
    setOn(run, conditionDeleting(message, run.now()));
    return GARBAGE_PAUSE_MS;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    // Tried again at the next resync or change only: so does KubeVela, and so it is that a deletion can hang for minutes.
    setOn(run, conditionDeleting(`error encountered during garbage collection: ${error.message}`, run.now()));
    return undefined;
  }
}

async function dropSurplusRevisions(run: Run): Promise<void> {
  const { namespace, name } = run.app.metadata;
  const labelSelector = `${label.appName}=${name}`;
  const { items } = await run.client.list(ApplicationRevision, { namespace, labelSelector });
  const limit = garbagePolicy(run.app).revisionLimit ?? run.settings.revisionLimit;
  for (const revision of surplusRevisions(items, run.status.latestRevision?.name, limit)) {
    await run.client.delete(ApplicationRevision, { name: revision.metadata.name, namespace });
  }
}
