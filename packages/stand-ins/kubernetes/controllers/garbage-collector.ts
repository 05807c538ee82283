/**
 * The garbage collector: objects follow their owners. It keeps no graph, the store knows who names whom. Keys are
 * `storage|namespace|name`. Source: `k8s.io/kubernetes/pkg/controller/garbagecollector`.
 */
import type { KubeObject, OwnerReference } from '@kubenova/kube/object.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isEnding, metaRef } from './owned.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

const holds = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;
const awaitsDependents = (object: KubeObject): boolean => isEnding(object) && holds(object, FOREGROUND);

/** What an owner reference leads to; cluster-scoped objects cannot have namespaced owners. */
function ownerOf({ resources, store }: ControllerContext, namespace: string, reference: OwnerReference) {
  const [version = '', group = ''] = reference.apiVersion.split('/').reverse();
  const type = resources.byKind(group, version, reference.kind);
  if (type === undefined || (type.namespaced && namespace === '')) return 'unknown';
  const entry = store.get(type.storage, type.namespaced ? namespace : '', reference.name);
  return entry?.uid === reference.uid ? { storage: type.storage, entry } : undefined;
}

export const garbageCollector: Controller = {
  name: 'generic-garbage-collector',
  keysOf({ type, storage, entry, previous }, context) {
    const gone = type === 'DELETED';
    const { ownerReferences = [] } = entry.object.metadata;
    const before = gone ? ownerReferences : (previous?.object.metadata.ownerReferences ?? []);
    const changed = gone || JSON.stringify(before) !== JSON.stringify(ownerReferences);
    const waits = isEnding(entry.object) && (holds(entry.object, FOREGROUND) || holds(entry.object, ORPHAN));
    // Owners that waited for it may go now.
    const waiting = (changed ? before : []).flatMap((reference) => {
      const owner = ownerOf(context, entry.namespace, reference);
      return typeof owner === 'object' && awaitsDependents(owner.entry.object) ? [owner] : [];
    });
    const own = !gone && (waits || changed) ? [{ storage, entry }] : [];
    const woken = [...own, ...(gone ? context.store.ownedBy(entry.uid) : []), ...waiting];
    return woken.map((one) => `${one.storage}|${one.entry.namespace}|${one.entry.name}`);
  },
  async reconcile(key, context) {
    const [storage = '', namespace = '', name = ''] = key.split('|');
    const entry = context.store.get(storage, namespace, name);
    const type = context.resources.byStorage(storage);
    if (entry !== undefined && type !== undefined) await collect(context, type, entry);
  },
};

async function collect(context: ControllerContext, type: ResourceType, { object, uid, namespace }: Entry) {
  const { client, store, resources } = context;
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  const dependents = store.ownedBy(uid).flatMap(({ storage, entry }) => {
    const of = resources.byStorage(storage);
    return of === undefined ? [] : [{ of, entry, references: entry.object.metadata.ownerReferences ?? [] }];
  });
  async function patch(of: ResourceType, target: KubeObject, metadata: object): Promise<void> {
    await client.patch(of, metaRef(target), { metadata: { uid: target.metadata.uid, ...metadata } });
  }
  const drop = (finalizer: string) =>
    patch(type, object, { finalizers: finalizers.filter((one) => one !== finalizer) });

  if (isEnding(object)) {
    if (holds(object, ORPHAN)) {
      for (const { of, entry, references } of dependents)
        await patch(of, entry.object, { ownerReferences: references.filter((one) => one.uid !== uid) });
      return drop(ORPHAN);
    }
    if (!holds(object, FOREGROUND)) return;
    const blocking = dependents.filter(({ references }) =>
      references.some((one) => one.uid === uid && one.blockOwnerDeletion),
    );
    if (blocking.length === 0) return drop(FOREGROUND);
    for (const { of, entry } of blocking) if (!isEnding(entry.object)) await collect(context, of, entry);
    return;
  }

  const owners = ownerReferences.map((reference) => ownerOf(context, namespace, reference));
  if (owners.includes('unknown')) return;
  const waiting = owners.map((owner) => typeof owner === 'object' && awaitsDependents(owner.entry.object));
  const solid = ownerReferences.filter((_, index) => owners[index] !== undefined && !waiting[index]);
  if (solid.length === ownerReferences.length) return;
  if (solid.length > 0) return patch(type, object, { ownerReferences: solid });
  const waitedFor = waiting.includes(true);
  if (waitedFor && dependents.some(({ entry }) => awaitsDependents(entry.object))) {
    // A circle of owners that wait for each other: this one no longer blocks.
    const free = ownerReferences.map((one) => ({ ...one, blockOwnerDeletion: false }));
    await patch(type, object, { ownerReferences: free });
  }
  const foreground = holds(object, FOREGROUND) || (waitedFor && dependents.length > 0);
  const propagationPolicy = holds(object, ORPHAN) ? 'Orphan' : foreground ? 'Foreground' : 'Background';
  await client.delete(type, metaRef(object), { uid, propagationPolicy });
}
