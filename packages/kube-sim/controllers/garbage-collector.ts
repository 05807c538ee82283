/**
 * The garbage collector: objects follow their owners. It keeps no graph, the store knows who names whom. Keys are
 * `storage|namespace|name`. Source: `k8s.io/kubernetes/pkg/controller/garbagecollector`.
 */
import type { KubeObject, OwnerReference } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Entry } from '../store/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { Emit } from './events.ts';
import { metaRef } from './owned.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

const keyOf = (storage: string, { namespace, name }: { namespace: string; name: string }) =>
  `${storage}|${namespace}|${name}`;
const holds = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;
const awaitsDependents = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && holds(object, FOREGROUND);

/** What an owner reference leads to; cluster-scoped objects cannot have namespaced owners. */
function ownerOf({ resources, store }: ControllerContext, namespace: string, reference: OwnerReference) {
  const [group = '', version] = reference.apiVersion.includes('/')
    ? reference.apiVersion.split('/')
    : ['', reference.apiVersion];
  const type = resources.byKind(group, version ?? '', reference.kind);
  if (type === undefined || (type.namespaced && namespace === '')) return 'unknown';
  const entry = store.get(type.storage, type.namespaced ? namespace : '', reference.name);
  return entry?.uid === reference.uid ? { storage: type.storage, entry } : undefined;
}

export function garbageCollector(emit: Emit): Controller {
  return {
    name: 'generic-garbage-collector',
    keysOf({ type, storage, entry, previous }, context) {
      const { ownerReferences = [], deletionTimestamp } = entry.object.metadata;
      const before = type === 'DELETED' ? ownerReferences : (previous?.object.metadata.ownerReferences ?? []);
      const changed = type === 'DELETED' || JSON.stringify(before) !== JSON.stringify(ownerReferences);
      const waits = deletionTimestamp !== undefined && (holds(entry.object, FOREGROUND) || holds(entry.object, ORPHAN));
      const dependents = type === 'DELETED' ? context.store.ownedBy(entry.uid) : [];
      // Owners that waited for it may go now.
      const owners = (changed ? before : []).map((reference) => ownerOf(context, entry.namespace, reference));
      const waiting = owners.flatMap((owner) =>
        typeof owner === 'object' && awaitsDependents(owner.entry.object) ? [owner] : [],
      );
      const own = type !== 'DELETED' && (waits || changed) ? [{ storage, entry }] : [];
      return [...own, ...dependents, ...waiting].map((one) => keyOf(one.storage, one.entry));
    },
    async reconcile(key, context) {
      const [storage = '', namespace = '', name = ''] = key.split('|');
      const entry = context.store.get(storage, namespace, name);
      const type = context.resources.byStorage(storage);
      if (entry !== undefined && type !== undefined) await collect(context, emit, type, entry);
    },
  };
}

async function collect(context: ControllerContext, emit: Emit, type: ResourceType, entry: Entry): Promise<void> {
  const { client, store, resources } = context;
  const { object, uid } = entry;
  const { deletionTimestamp, ownerReferences = [], finalizers = [] } = object.metadata;
  const dependents = store.ownedBy(uid);
  const referencesOf = ({ entry: { object: dependent } }: (typeof dependents)[number]) =>
    dependent.metadata.ownerReferences ?? [];
  const drop = (finalizer: string) =>
    patch(type, object, { finalizers: finalizers.filter((one) => one !== finalizer) });
  async function patch(of: ResourceType, target: KubeObject, metadata: object): Promise<void> {
    await client.patch(of, metaRef(target), { metadata: { uid: target.metadata.uid, ...metadata } });
  }

  if (deletionTimestamp !== undefined && holds(object, ORPHAN)) {
    for (const dependent of dependents) {
      const others = referencesOf(dependent).filter((reference) => reference.uid !== uid);
      const of = resources.byStorage(dependent.storage);
      if (of !== undefined) await patch(of, dependent.entry.object, { ownerReferences: others });
    }
    return drop(ORPHAN);
  }
  if (awaitsDependents(object)) {
    const blocking = dependents.filter((one) =>
      referencesOf(one).some((of) => of.uid === uid && of.blockOwnerDeletion),
    );
    if (blocking.length === 0) return drop(FOREGROUND);
    for (const one of blocking) {
      const of = resources.byStorage(one.storage);
      if (of !== undefined && one.entry.object.metadata.deletionTimestamp === undefined)
        await collect(context, emit, of, one.entry);
    }
    return;
  }
  if (deletionTimestamp !== undefined || ownerReferences.length === 0) return;

  const owners = ownerReferences.map((reference) => ({
    reference,
    owner: ownerOf(context, entry.namespace, reference),
  }));
  for (const { reference, owner } of owners) {
    // An owner that lives elsewhere, or that cannot be one, is worth a word: nobody else tells.
    const elsewhere =
      owner === undefined && store.ownedBy(reference.uid).some((one) => one.entry.namespace !== entry.namespace);
    if (owner !== 'unknown' && !elsewhere) continue;
    const { apiVersion, kind, name } = reference;
    const which = `[${apiVersion}/${kind}, namespace: ${entry.namespace}, name: ${name}, uid: ${reference.uid}]`;
    const message = `ownerRef ${which} does not exist in namespace "${entry.namespace}"`;
    await emit(context, object, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message });
  }
  if (owners.some(({ owner }) => owner === 'unknown')) return;
  const lives = ({ owner }: (typeof owners)[number]) =>
    typeof owner === 'object' && !awaitsDependents(owner.entry.object);
  const solid = owners.filter(lives).map(({ reference }) => reference);
  if (solid.length === ownerReferences.length) return;
  if (solid.length > 0) return patch(type, object, { ownerReferences: solid });
  const waiting = owners.some(({ owner }) => typeof owner === 'object');
  const foreground = holds(object, FOREGROUND) || (waiting && dependents.length > 0);
  if (waiting && dependents.some((one) => awaitsDependents(one.entry.object))) {
    // A circle of owners that wait for each other: this one no longer blocks.
    await patch(type, object, {
      ownerReferences: ownerReferences.map((one) => ({ ...one, blockOwnerDeletion: false })),
    });
  }
  const propagationPolicy = holds(object, ORPHAN) ? 'Orphan' : foreground ? 'Foreground' : 'Background';
  await client.delete(type, metaRef(object), { uid, propagationPolicy });
}
