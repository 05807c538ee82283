/** Keeps ResourceTrackers in the cluster, with vela-core's own identity. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Application } from '../model/application.ts';
import { mergePatchBetween } from '../model/merge-patch.ts';
import {
  newTracker,
  recordManifests,
  sortTrackers,
  type ResourceTracker as Tracker,
  type Trackers,
  trackerName,
  trackerSelector,
} from '../model/tracker.ts';
import { TRACKER_FINALIZER } from '../model/vocabulary.ts';
import { ResourceTracker } from './kinds.ts';

export interface TrackerStore {
  load(app: Application): Promise<Trackers | { conflict: string }>;
  /** Records the manifests in the current tracker, which is made when there is none. */
  record(app: Application, current: Tracker | undefined, manifests: readonly KubeObject[]): Promise<Tracker>;
  /** Asks for deletion; the finalizer keeps the tracker until `release`. */
  mark(tracker: Tracker): Promise<Tracker | undefined>;
  release(tracker: Tracker): Promise<void>;
}

export function createTrackerStore(client: KubeClient): TrackerStore {
  async function ensure(app: Application): Promise<Tracker> {
    try {
      return await client.create(ResourceTracker, newTracker(app));
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
      return client.get(ResourceTracker, { name: trackerName(app) });
    }
  }

  return {
    async load(app) {
      const { items } = await client.list(ResourceTracker, { labelSelector: trackerSelector(app) });
      return sortTrackers(app, items);
    },

    async record(app, current, manifests) {
      const tracker = current ?? (await ensure(app));
      const before = tracker.spec.managedResources ?? [];
      const after = recordManifests(before, manifests);
      if (!mergePatchBetween({ list: before }, { list: after })) return tracker;
      const { resourceVersion, name } = tracker.metadata;
      const patch = { metadata: { resourceVersion }, spec: { managedResources: after } };
      return client.patch(ResourceTracker, { name }, patch, { type: 'merge' });
    },

    async mark(tracker) {
      const { name, uid } = tracker.metadata;
      await client.delete(ResourceTracker, { name }, { uid });
      return client.find(ResourceTracker, { name });
    },

    async release(tracker) {
      const { name, uid, resourceVersion } = tracker.metadata;
      const finalizers = (tracker.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKER_FINALIZER);
      try {
        const patch = { metadata: { uid, resourceVersion, finalizers } };
        await client.patch(ResourceTracker, { name }, patch, { type: 'merge' });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
  };
}
