/**
 * Watches of one cluster, each turned into hints: "look at this record again". A hint carries nothing but the name of
 * the record; what happened is found out by the run that it leads to, so a hint that is lost, doubled or late does no
 * harm.
 *
 * Caches are for telling what changed, so they keep a digest of each object and not the object: with 10,000 Apps of
 * 5 kB each that is the difference between 50 MB and 3.
 */
import { createHash } from 'node:crypto';
import { APP_ID, EXPIRES_AT, MANAGED_SELECTOR, SANDBOX_ID, TENANT_ID } from '@kubenova/domain/labels.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Change, type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';

export type Hint = { kind: 'app'; id: string } | { kind: 'sandbox'; id: string } | { kind: 'tenant'; id: string };

export interface HintOptions {
  /** Many objects came at once, as after a start: the runs may be spread over a while. */
  bulk: boolean;
}

const KEPT_LABELS = [APP_ID, SANDBOX_ID, TENANT_ID];

/** @returns how to stop */
export function watchCluster(
  kube: Pick<KubeClient, 'list' | 'watch'>,
  onHint: (hint: Hint, options: HintOptions) => void,
  onError: (error: unknown) => void,
): () => void {
  const watches = [
    // The Agent's reports, and states that somebody deletes or edits.
    watch(kube, ConfigMap, { namespace: SYSTEM_NAMESPACE }, (object) => [object.data], onHint, onError),
    watch(
      kube,
      Namespace,
      {},
      ({ metadata, status }) => [
        metadata.labels,
        metadata.annotations?.[EXPIRES_AT],
        metadata.deletionTimestamp,
        metadata.ownerReferences?.map((owner) => owner.uid),
        status?.conditions?.map((condition) => condition.message),
      ],
      onHint,
      onError,
    ),
    watch(
      kube,
      Tenant,
      {},
      ({ metadata, spec, status }) => [metadata.labels, metadata.deletionTimestamp, spec, status?.state],
      onHint,
      onError,
    ),
    // Sandboxes' quotas; their use changes all the time and is of no interest here.
    watch(
      kube,
      ResourceQuota,
      {},
      ({ metadata, spec }) => [metadata.labels, metadata.deletionTimestamp, spec],
      onHint,
      onError,
    ),
  ];
  return () => {
    for (const informer of watches) informer.stop();
  };
}

function watch<T extends KubeObject>(
  kube: Pick<KubeClient, 'list' | 'watch'>,
  resource: Resource<T>,
  scope: { namespace?: string },
  looksAt: (object: T) => unknown[],
  onHint: (hint: Hint, options: HintOptions) => void,
  onError: (error: unknown) => void,
): Informer<T> {
  const informer = startInformer(kube, resource, {
    ...scope,
    labelSelector: MANAGED_SELECTOR,
    transform: (object) => digested(object, looksAt(object)),
    onError,
  });
  let synced = false;
  informer.synced.then(
    () => {
      synced = true;
    },
    () => undefined,
  );
  informer.onChange((change) => {
    if (!isNews(change)) return;
    for (const hint of hintsOf(change.object)) onHint(hint, { bulk: !synced });
  });
  return informer;
}

/** What is left of an object: its name and version, the labels that say whose it is, and a digest of the rest. */
function digested<T extends KubeObject>(object: T, parts: unknown[]): T {
  const { name, namespace, uid, resourceVersion, labels = {} } = object.metadata;
  const kept: Record<string, string> = {};
  for (const key of KEPT_LABELS) {
    const value = labels[key];
    if (value !== undefined) kept[key] = value;
  }
  const digest = createHash('sha1').update(JSON.stringify(parts)).digest('base64');
  const small: KubeObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, namespace, uid, resourceVersion, labels: kept },
    digest,
  };
  return small as T;
}

function isNews<T extends KubeObject>(change: Change<T>): boolean {
  return change.type !== 'modified' || change.previous?.digest !== change.object.digest;
}

function hintsOf({ metadata: { labels = {} } }: KubeObject): Hint[] {
  const app = labels[APP_ID];
  if (app !== undefined) return [{ kind: 'app', id: app }];
  const sandbox = labels[SANDBOX_ID];
  if (sandbox !== undefined) return [{ kind: 'sandbox', id: sandbox }];
  const tenant = labels[TENANT_ID];
  return tenant === undefined ? [] : [{ kind: 'tenant', id: tenant }];
}
