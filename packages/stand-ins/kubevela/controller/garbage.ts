/**
 * Removes what is no longer wanted, in three stages, as KubeVela's resource keeper does.
 *
 * 1. Mark: the trackers that have had their day are asked to go; their finalizer holds them. That is every tracker when
 *    the Application is being deleted, and all but the current one once a new version's workflow succeeded.
 * 2. Sweep: a marked tracker whose objects are all gone, or in another tracker's care, loses its finalizer.
 * 3. Finalize: the objects of the trackers that remain marked are deleted. A later pass sweeps.
 *
 * An object whose labels no longer name this Application counts as gone: it is left alone.
 */
import type { Application } from '../model/application.ts';
import { appKey } from '../model/application.ts';
import { ownerOf } from '../model/ownership.ts';
import {
  displayName,
  type ManagedResource,
  type ResourceTracker,
  resourceKey,
  responsibleTrackers,
  type Trackers,
} from '../model/tracker.ts';
import { APP_ORPHAN_FINALIZER } from '../model/vocabulary.ts';
import { OutputError, type Outputs, serverText } from './outputs.ts';
import type { TrackerStore } from './tracker-store.ts';

export interface Waiting {
  /** As conditions name it. */
  first: string;
  count: number;
}

export interface GarbageResult {
  /** Nothing that is marked remains. */
  finished: boolean;
  waiting?: Waiting;
}

export interface GarbageOptions {
  app: Application;
  trackers: Trackers;
  outputs: Outputs;
  store: TrackerStore;
  /** False while a workflow has not succeeded: then nothing new is given up. */
  mark: boolean;
  /** Older versions are given up only once nothing of them is left. */
  passive?: boolean;
}

/** @throws OutputError when an object cannot be read or deleted. */
export async function collectGarbage(options: GarbageOptions): Promise<GarbageResult> {
  const { app, outputs, store } = options;
  let all = inOrder(options.trackers);
  const exists = presence(app, outputs);
  if (options.mark) {
    const current = app.metadata.deletionTimestamp ? undefined : options.trackers.current;
    const root = app.metadata.deletionTimestamp ? undefined : options.trackers.root;
    const responsible = responsibleTrackers(all);
    const marked = all.map(async (tracker) => {
      if (tracker === current || tracker === root || tracker.metadata.deletionTimestamp) return tracker;
      const kept =
        options.passive && !app.metadata.deletionTimestamp && (await firstLeft(tracker, responsible, exists));
      return kept ? tracker : store.mark(tracker);
    });
    all = (await Promise.all(marked)).filter((tracker) => tracker !== undefined);
  }
  const responsible = responsibleTrackers(all);
  const remaining: ResourceTracker[] = [];
  const waiting: ManagedResource[] = [];
  for (const tracker of all) {
    if (!tracker.metadata.deletionTimestamp) continue;
    const left = await stage('failed to sweep resourcetrackers to be deleted', () =>
      firstLeft(tracker, responsible, exists),
    );
    if (left) {
      waiting.push(left);
      remaining.push(tracker);
    } else {
      await store.release(tracker);
    }
  }
  const [first] = waiting;
  if (!first) return { finished: true };
  await stage('failed to finalize resourcetrackers to be deleted', async () => {
    for (const tracker of remaining) {
      for (const resource of tracker.spec.managedResources ?? []) {
        if (responsible.get(resourceKey(resource)) !== tracker || !(await exists(resource))) continue;
        if (app.metadata.finalizers?.includes(APP_ORPHAN_FINALIZER)) await outputs.release(resource);
        else await outputs.delete(resource);
      }
    }
  });
  return { finished: false, waiting: { first: displayName(first), count: waiting.length } };
}

function inOrder(trackers: Trackers): ResourceTracker[] {
  return [...trackers.history, trackers.current, trackers.root].filter((tracker) => tracker !== undefined);
}

async function stage<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new OutputError(`${name}: ${serverText(error)}`);
  }
}

type Presence = (resource: ManagedResource) => Promise<boolean>;

function presence(app: Application, outputs: Outputs): Presence {
  const seen = new Map<string, Promise<boolean>>();
  return (resource) => {
    const key = resourceKey(resource);
    const before = seen.get(key);
    if (before) return before;
    const asked = outputs.find(resource).then(
      (live) => live !== undefined && ownerOf(live) === appKey(app),
      (error: unknown) => {
        throw new OutputError(`failed to get resource ${key}: ${serverText(error)}`);
      },
    );
    seen.set(key, asked);
    return asked;
  };
}

async function firstLeft(
  tracker: ResourceTracker,
  responsible: ReadonlyMap<string, ResourceTracker>,
  exists: Presence,
): Promise<ManagedResource | undefined> {
  for (const resource of tracker.spec.managedResources ?? []) {
    const present = await exists(resource);
    if (present && responsible.get(resourceKey(resource)) === tracker) return resource;
  }
  return undefined;
}
