/** Takes an Application apart: objects, then trackers, then revisions, and last the finalizer that kept it here. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { APP_FINALIZER, APP_ORPHAN_FINALIZER, label } from '../model/vocabulary.ts';
import { Application, ApplicationRevision } from './kinds.ts';
import { type Run, writeStatus } from './run.ts';
import { sweep } from './settled.ts';

/** Returns after how long to look again; undefined when the Application is free to go. */
export async function takeApart(run: Run): Promise<number | undefined> {
  const { app, client, trackers } = run;
  if (!app.metadata.finalizers?.includes(APP_FINALIZER)) return undefined;
  const hadTrackers = trackers.current !== undefined || trackers.root !== undefined || trackers.history.length > 0;
  const pause = await sweep(run, { mark: true });
  await writeStatus(run, 'deleting');
  if (pause !== undefined) return pause;
  if (hadTrackers) {
    const failed = run.status.conditions?.some(
      ({ type, message }) => type === 'Ready' && message?.startsWith('error encountered'),
    );
    // A tracker that was released is gone at once; what could not be collected waits for the resync.
    return failed ? run.settings.resyncMs : 0;
  }
  const { name, namespace } = app.metadata;
  const { items } = await client.list(ApplicationRevision, { namespace, labelSelector: `${label.appName}=${name}` });
  for (const revision of items) await client.delete(ApplicationRevision, revision.metadata);
  await removeFinalizers(run, app);
  return undefined;
}

async function removeFinalizers(run: Run, app: KubeObject): Promise<void> {
  const { name, namespace } = app.metadata;
  const live = await run.client.find(Application, { name, namespace });
  if (!live) return;
  const own = [APP_FINALIZER, APP_ORPHAN_FINALIZER];
  const finalizers = (live.metadata.finalizers ?? []).filter((finalizer) => !own.includes(finalizer));
  const patch = { metadata: { resourceVersion: live.metadata.resourceVersion, finalizers } };
  await run.client.patch(Application, { name, namespace }, patch, { type: 'merge' });
}
