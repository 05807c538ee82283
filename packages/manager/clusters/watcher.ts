/**
 * Watches of one cluster, each turned into hints: "look at this record again". A hint carries nothing but the name of
 * the record; what happened is found out by the run that it leads to, so a hint that is lost, doubled or late does no
 * harm.
 *
 * Followed is everything that KubeNova keeps by its own hand, so that what somebody deletes or edits is put back within
 * seconds. What Capsule and KubeVela keep, they repair themselves.
 *
 * Caches are for telling what changed, so they keep a digest of each object and not the object: with 10,000 Apps of
 * 5 kB each that is the difference between 50 MB and 3.
 */
import { createHash } from 'node:crypto';
import { findCondition } from '@kubenova/domain/conditions.ts';
import { APP_ID, MANAGED_SELECTOR, SANDBOX_ID, TENANT_ID } from '@kubenova/domain/labels.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Change, type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace, ResourceQuota, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';

export type Hint = { kind: 'app'; id: string } | { kind: 'sandbox'; id: string } | { kind: 'tenant'; id: string };

export interface HintOptions {
  /** Many objects came at once, as after a start: the runs may be spread over a while. */
  bulk: boolean;
}

/** The labels that say whose an object is; the first that it bears counts. */
const OWNERS = { app: APP_ID, sandbox: SANDBOX_ID, tenant: TENANT_ID } as const;

/** @returns how to stop */
export function watchCluster(
  kube: Pick<KubeClient, 'list' | 'watch'>,
  onHint: (hint: Hint, options: HintOptions) => void,
  onError: (error: unknown) => void,
): () => void {
  const watches = [
    // The Agent's reports, and states that somebody deletes or edits.
    watch(kube, ConfigMap, { namespace: SYSTEM_NAMESPACE }, ({ data }) => [data], onHint, onError),
    watch(
      kube,
      Namespace,
      {},
      ({ metadata, status }) => [
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
      ({ spec, status }) => [spec, status?.state, troubleOf(status?.conditions ?? [])],
      onHint,
      onError,
    ),
    watch(kube, RoleBinding, {}, ({ roleRef, subjects }) => [roleRef, subjects], onHint, onError),
    watch(kube, ServiceAccount, {}, () => [], onHint, onError),
    // Sandboxes' quotas; their use changes all the time and is of no interest here.
    watch(kube, ResourceQuota, {}, ({ spec }) => [spec], onHint, onError),
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
    // Whoever takes a label away takes the object from its owner, who has to be told.
    for (const hint of hintsOf(change.object, change.previous)) onHint(hint, { bulk: !synced });
  });
  return informer;
}

/** What Capsule says that it cannot do. */
function troubleOf(conditions: readonly { type: string; status: string; message?: string }[]): string | undefined {
  const ready = findCondition(conditions, 'Ready');
  return ready?.status === 'False' ? ready.message : undefined;
}

/** What is left of an object: its name and version, the label that says whose it is, and a digest of the rest. */
function digested<T extends KubeObject>(object: T, parts: unknown[]): T {
  const { name, namespace, uid, resourceVersion, labels = {}, annotations, deletionTimestamp } = object.metadata;
  const owner = Object.values(OWNERS).find((label) => labels[label] !== undefined);
  const kept: Record<string, string> = owner === undefined ? {} : { [owner]: labels[owner] ?? '' };
  const all = JSON.stringify([labels, annotations, deletionTimestamp, ...parts]);
  const digest = createHash('sha1').update(all).digest('base64').slice(0, 16);
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

function hintsOf(...states: (KubeObject | undefined)[]): Hint[] {
  const hints = new Map<string, Hint>();
  for (const {
    metadata: { labels = {} },
  } of states.filter((state) => state !== undefined)) {
    for (const [kind, label] of Object.entries(OWNERS)) {
      const id = labels[label];
      if (id !== undefined) hints.set(`${kind} ${id}`, { kind: kind as Hint['kind'], id });
    }
  }
  return [...hints.values()];
}
