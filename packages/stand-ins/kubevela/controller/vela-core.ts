/** The controller itself: what wakes it, and how it is started and stopped. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { createController } from '@kubenova/kube/controller/controller.ts';
import { startInformer } from '@kubenova/kube/informer.ts';
import { objectKey } from '@kubenova/kube/object.ts';
import type { Application as ApplicationObject } from '../model/application.ts';
import { canonicalJson } from '../model/hash.ts';
import { label } from '../model/vocabulary.ts';
import { Application, ResourceTracker } from './kinds.ts';
import { createReconciler } from './reconcile.ts';
import { createRestMapper } from './rest-mapper.ts';
import { createAttempts } from './run.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

export interface VelaCore {
  /** Resolves when every Application of the cluster is known. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

export interface VelaCoreOptions {
  settings?: Partial<Settings>;
  now?: () => Date;
  /** Told of every reconciliation that failed; it is tried again in any case. */
  onError?: (key: string, error: unknown) => void;
}

/** Starts the stand-in for vela-core on a cluster that has the kinds of `manifests/`. */
export function startVelaCore(client: KubeClient, options: VelaCoreOptions = {}): VelaCore {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const abort = new AbortController();
  const report = (key: string, error: unknown) => {
    if (!abort.signal.aborted) options.onError?.(key, error);
  };
  const reconcile = createReconciler({
    client,
    settings,
    mapper: createRestMapper(client),
    attempts: createAttempts(),
    now: options.now ?? (() => new Date()),
  });
  const controller = createController({
    name: 'application',
    concurrency: settings.concurrency,
    reconcile: (key) => reconcile(key),
    backoff: { baseMs: 50, maxMs: 30_000 },
    onError: (key, error) => report(key, error),
  });
  const onError = (error: unknown) => report('informer', error);
  const applications = startInformer(client, Application, { signal: abort.signal, onError });
  applications.onChange((change) => {
    if (change.type === 'modified' && change.previous && !isOfInterest(change.previous, change.object)) return;
    controller.enqueue(objectKey(change.object.metadata));
  });
  // Someone who clears a leftover tracker away must not have to wait for the Application that it blocked.
  const trackers = startInformer(client, ResourceTracker, {
    signal: abort.signal,
    onError,
    transform: (tracker) => ({ ...tracker, spec: { ...tracker.spec, managedResources: [] } }),
  });
  trackers.onChange(({ type, object }) => {
    const name = object.metadata.labels?.[label.appName];
    const namespace = object.metadata.labels?.[label.appNamespace];
    if (type === 'deleted' && name && namespace) controller.enqueue(`${namespace}/${name}`);
  });
  controller.start();
  return {
    synced: Promise.all([applications.synced, trackers.synced]).then(() => undefined),
    async stop() {
      abort.abort();
      await controller.stop();
    },
  };
}

/**
 * Every change but one of the status: a change of an annotation alone wakes the controller. Of the status only what
 * somebody says to the workflow counts: suspended, resumed, terminated, or to be started anew.
 */
function isOfInterest(before: ApplicationObject, after: ApplicationObject): boolean {
  const essence = ({ metadata, spec, status }: ApplicationObject) => {
    const { resourceVersion: _version, managedFields: _fields, ...rest } = metadata;
    const { suspend = false, terminated = false } = status?.workflow ?? {};
    return canonicalJson([rest, spec, suspend, terminated]);
  };
  const restarted = before.status?.workflow !== undefined && after.status?.workflow === undefined;
  return restarted || essence(before) !== essence(after);
}
