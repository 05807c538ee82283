/**
 * ResourceTrackers: how KubeVela remembers what an Application put into the cluster.
 *
 * One cluster-scoped tracker exists for each published version. It is cluster-scoped, so that nothing but its own
 * finalizer and the Application's ties it to the Application; that is why it survives a namespace that goes first, and
 * why an Application of the same name but another UID then refuses to start.
 * An object may be named by several trackers. The newest one that is not being deleted is responsible for it; when
 * all are being deleted, the newest. Only the responsible tracker deletes an object.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type Application, publishVersionOf } from './application.ts';
import { annotation, label, TRACKER_FINALIZER } from './vocabulary.ts';

export interface ManagedResource {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  component?: string;
  trait?: string;
  /** The manifest as it was dispatched; drift is repaired towards it. */
  raw?: KubeObject;
}

export interface ResourceTracker extends KubeObject {
  spec: {
    type: 'versioned' | 'root' | 'component-revision';
    applicationGeneration: number;
    managedResources?: ManagedResource[];
    compression?: Record<string, unknown>;
  };
}

export function trackerName(app: Application): string {
  const version = publishVersionOf(app) || `v${app.metadata.generation ?? 0}`;
  return `${app.metadata.name}-${version}-${app.metadata.namespace}`;
}

export function newTracker(app: Application): ResourceTracker {
  const publishVersion = publishVersionOf(app);
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ResourceTracker',
    metadata: {
      name: trackerName(app),
      finalizers: [TRACKER_FINALIZER],
      labels: {
        [label.appName]: app.metadata.name,
        [label.appNamespace]: app.metadata.namespace,
        [label.appUid]: app.metadata.uid,
        ...(app.status?.latestRevision ? { [label.appRevision]: app.status.latestRevision.name } : {}),
      },
      ...(publishVersion ? { annotations: { [annotation.publishVersion]: publishVersion } } : {}),
    },
    spec: { type: 'versioned', applicationGeneration: app.metadata.generation ?? 0, compression: {} },
  };
}

export function trackerSelector(app: Application): string {
  return `${label.appName}=${app.metadata.name},${label.appNamespace}=${app.metadata.namespace}`;
}

export interface Trackers {
  current?: ResourceTracker;
  /** Oldest first. */
  history: ResourceTracker[];
  /** Kept for the Application's whole life: the stand-in makes none, but honours those it finds. */
  root?: ResourceTracker;
}

/** Sorts the trackers of an Application, or says in KubeVela's words why it must not start. */
export function sortTrackers(app: Application, all: readonly ResourceTracker[]): Trackers | { conflict: string } {
  const trackers: Trackers = { history: [] };
  const publishVersion = publishVersionOf(app);
  for (const tracker of all) {
    const uid = tracker.metadata.labels?.[label.appUid];
    if (uid !== undefined && uid !== '' && uid !== app.metadata.uid) {
      return {
        conflict:
          `resourcetracker ${tracker.metadata.name} exists but controlled by another application (uid: ${uid}), ` +
          'this could probably be cased by some mistakes while garbage collecting outdated resource. ' +
          'Please check this resourcetrakcer and delete it manually',
      };
    }
    if (tracker.spec.type === 'root') trackers.root = tracker;
    if (tracker.spec.type !== 'versioned') continue;
    const isCurrent = publishVersion
      ? publishVersionOf(tracker) === publishVersion
      : tracker.spec.applicationGeneration === app.metadata.generation;
    if (isCurrent) trackers.current = tracker;
    else trackers.history.push(tracker);
  }
  trackers.history.sort((a, b) => a.spec.applicationGeneration - b.spec.applicationGeneration);
  const newest = trackers.history.at(-1);
  const current = trackers.current;
  if (current && newest && current.spec.applicationGeneration < newest.spec.applicationGeneration) {
    return {
      conflict:
        `current publish version ${publishVersion}(gen-${current.spec.applicationGeneration}) is in-use and outdated, ` +
        `found newer gen-${newest.spec.applicationGeneration}`,
    };
  }
  return trackers;
}

export function resourceKey(resource: ManagedResource): string {
  const [group, version] = resource.apiVersion.split('/');
  return [version === undefined ? '' : group, resource.kind, 'local', resource.namespace ?? '', resource.name].join(
    '/',
  );
}

/** How conditions name an object, e.g. `Deployment web (Namespace: acme-shop)`. */
export function displayName(resource: ManagedResource): string {
  const where = resource.namespace ? ` (Namespace: ${resource.namespace})` : '';
  return `${resource.kind} ${resource.name}${where}`;
}

export function managedResource(manifest: KubeObject): ManagedResource {
  const trait = manifest.metadata.labels?.[label.traitType];
  const component = manifest.metadata.labels?.[label.component];
  const resource: ManagedResource = {
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    name: manifest.metadata.name,
    raw: manifest,
  };
  if (manifest.metadata.namespace) resource.namespace = manifest.metadata.namespace;
  if (component) resource.component = component;
  if (trait) resource.trait = trait;
  return resource;
}

/** What the tracker records after these manifests are added; an entry of the same object is replaced in its place. */
export function recordManifests(
  before: readonly ManagedResource[] | undefined,
  manifests: readonly KubeObject[],
): ManagedResource[] {
  const list = [...(before ?? [])];
  for (const manifest of manifests) {
    const entry = managedResource(manifest);
    const index = list.findIndex((existing) => resourceKey(existing) === resourceKey(entry));
    if (index < 0) list.push(entry);
    else list[index] = entry;
  }
  return list;
}

/** For each object the tracker that answers for it. `trackers` oldest first, the current one last. */
export function responsibleTrackers(trackers: readonly ResourceTracker[]): Map<string, ResourceTracker> {
  const responsible = new Map<string, ResourceTracker>();
  for (const tracker of trackers) {
    for (const resource of tracker.spec.managedResources ?? []) {
      const key = resourceKey(resource);
      const before = responsible.get(key);
      const staysWithLiving = before && !before.metadata.deletionTimestamp && tracker.metadata.deletionTimestamp;
      if (!staysWithLiving) responsible.set(key, tracker);
    }
  }
  return responsible;
}
