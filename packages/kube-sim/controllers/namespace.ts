/**
 * What comes with a namespace, and its end: everything in it is deleted, pods first, and its conditions tell what is left
 * and which finalizers hold it. Source: `k8s.io/kubernetes/pkg/controller/namespace/deletion` and `serviceaccount`.
 */
import { isDeepStrictEqual } from 'node:util';
import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { Condition } from '@kubenova/kube/kinds/meta.ts';
import { isApiError } from '../api/api-error.ts';
import { timestamp } from '../clock.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { withCondition } from './owned.ts';

/** By type: what it says when all is well. */
const CONDITIONS: Readonly<Record<string, readonly [reason: string, message: string]>> = {
  NamespaceDeletionDiscoveryFailure: ['ResourcesDiscovered', 'All resources successfully discovered'],
  NamespaceDeletionGroupVersionParsingFailure: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  NamespaceDeletionContentFailure: [
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  NamespaceContentRemaining: ['ContentRemoved', 'All content successfully removed'],
  NamespaceFinalizersRemaining: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
};
const FINALIZER = 'kubernetes';
/** How long to wait before looking again at what finalizers or a grace period hold; any deletion is noticed before. */
const AGAIN_MS = 8_000;

interface Remains {
  errors: string[];
  resources: Map<string, number>;
  finalizers: Map<string, number>;
}

export const namespaceController: Controller = {
  name: 'namespace-controller',
  keysOf({ storage, type, entry }, { store }) {
    const name = storage === 'namespaces' ? entry.name : entry.namespace;
    if (name === '' || (storage === 'namespaces') === (type === 'DELETED')) return [];
    const namespace = storage === 'namespaces' ? entry : store.get('namespaces', '', name);
    return namespace?.object.metadata.deletionTimestamp === undefined ? [] : [name];
  },
  async reconcile(name, context) {
    const namespace = context.client.find(Namespace, { name });
    const finalizers = namespace?.spec?.finalizers ?? [];
    if (namespace?.metadata.deletionTimestamp === undefined || !finalizers.includes(FINALIZER)) return;
    const remains = await empty(context, name);
    const conditions = conditionsOf(namespace.status?.conditions ?? [], remains, timestamp(context.clock));
    let latest = namespace;
    if (conditions !== namespace.status?.conditions || namespace.status?.phase !== 'Terminating') {
      const status = { ...namespace.status, phase: 'Terminating' as const, conditions };
      latest = await context.client.update(Namespace, { ...namespace, status }, 'status');
    }
    if (remains.errors.length > 0) throw new Error(remains.errors.join(', '));
    if (remains.resources.size > 0) return { againInMs: AGAIN_MS };
    const spec = { ...latest.spec, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) };
    await context.client.update(Namespace, { ...latest, spec }, 'finalize');
    return;
  },
};

async function empty({ client, store, resources }: ControllerContext, namespace: string): Promise<Remains> {
  const remains: Remains = { errors: [], resources: new Map(), finalizers: new Map() };
  const removeAll = async (type: ResourceType): Promise<void> => {
    try {
      for (const { name } of store.list(type.storage, { namespace }).entries) {
        await client.delete(type, { name, namespace }, { propagationPolicy: 'Background' });
      }
    } catch (error) {
      if (!isApiError(error)) throw error;
      remains.errors.push(error.message);
    }
    const left = store.list(type.storage, { namespace }).entries;
    if (left.length > 0) remains.resources.set(`${type.plural}.${type.group}`, left.length);
    for (const finalizer of left.flatMap(({ object }) => object.metadata.finalizers ?? [])) {
      remains.finalizers.set(finalizer, (remains.finalizers.get(finalizer) ?? 0) + 1);
    }
  };
  const types = store.storages(namespace).flatMap((storage) => resources.byStorage(storage) ?? []);
  const pods = types.find(({ storage }) => storage === 'pods');
  if (pods !== undefined) await removeAll(pods);
  if (remains.resources.size > 0) return remains;
  for (const type of types) if (type !== pods && type.verbs.includes('delete')) await removeAll(type);
  return remains;
}

/** The same list when they say the same as before. */
function conditionsOf(old: Condition[], { errors, resources, finalizers }: Remains, now: string): Condition[] {
  const list = (counts: Map<string, number>, word: string) =>
    Array.from(counts, ([name, count]) => `${name} ${word} ${count} resource instances`)
      .sort()
      .join(', ');
  const failed = `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(', ')}`;
  const left = `Some resources are remaining: ${list(resources, 'has')}`;
  const held = `Some content in the namespace has finalizers remaining: ${list(finalizers, 'in')}`;
  const trouble = new Map<string, readonly [reason: string, message: string]>([
    ...(errors.length > 0 ? [['NamespaceDeletionContentFailure', ['ContentDeletionFailed', failed]] as const] : []),
    ...(resources.size > 0 ? [['NamespaceContentRemaining', ['SomeResourcesRemain', left]] as const] : []),
    ...(finalizers.size > 0 ? [['NamespaceFinalizersRemaining', ['SomeFinalizersRemain', held]] as const] : []),
  ]);
  const next = Object.entries(CONDITIONS).reduce((conditions: Condition[], [type, fine]) => {
    const [reason, message] = trouble.get(type) ?? fine;
    return withCondition(
      conditions,
      { type, status: trouble.has(type) ? 'True' : 'False', reason, message },
      now,
      true,
    );
  }, old);
  return isDeepStrictEqual(next, old) ? old : next;
}

/** Sees to it that something of a name is in each namespace that stays. */
function inEachNamespace(
  name: string,
  storage: string,
  objectName: string,
  create: Controller['reconcile'],
): Controller {
  return {
    name,
    watches: ['namespaces', storage],
    keysOf({ type, entry, ...change }, { store }) {
      const own = change.storage === storage && type === 'DELETED' && entry.name === objectName;
      const namespace = change.storage === 'namespaces' ? entry.name : own ? entry.namespace : '';
      return namespace === '' || store.get(storage, namespace, objectName) !== undefined ? [] : [namespace];
    },
    async reconcile(namespace, context) {
      const found = context.client.find(Namespace, { name: namespace });
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
      if (context.store.get(storage, namespace, objectName) === undefined) await create(namespace, context);
    },
  };
}

export const serviceAccountController: Controller = inEachNamespace(
  'service-account-controller',
  'serviceaccounts',
  'default',
  async (namespace, { client }) => {
    await client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
  },
);

const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCaPublisher = (rootCa: string): Controller =>
  inEachNamespace('root-ca-cert-publisher', 'configmaps', ROOT_CA, async (namespace, { client }) => {
    const metadata = { name: ROOT_CA, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } };
    await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': rootCa } });
  });
