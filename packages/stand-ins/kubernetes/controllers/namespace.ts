/**
 * What comes with a namespace, and its end: everything in it is deleted, pods first, and its conditions tell what is left
 * and which finalizers hold it. Source: `k8s.io/kubernetes/pkg/controller/namespace/deletion` and `serviceaccount`.
 */
import { isDeepStrictEqual } from 'node:util';
import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { type Fact, isEnding, withFacts } from './owned.ts';

const FINALIZER = 'kubernetes';
/** How long to wait before looking again at what finalizers or a grace period hold; any deletion is noticed before. */
const AGAIN_MS = 8_000;

/** What could not be deleted, by resource; what holds that, by finalizer; and what went wrong. */
interface Remains {
  readonly errors: string[];
  readonly resources: Map<string, number>;
  readonly finalizers: Map<string, number>;
}

export const namespaceController: Controller = {
  name: 'namespace-controller',
  keysOf({ storage, type, entry }, { store }) {
    const name = storage === 'namespaces' ? entry.name : entry.namespace;
    if (name === '' || (storage === 'namespaces') === (type === 'DELETED')) return [];
    const namespace = storage === 'namespaces' ? entry : store.get('namespaces', '', name);
    return namespace !== undefined && isEnding(namespace.object) ? [name] : [];
  },
  async reconcile(name, context) {
    const namespace = context.client.find(Namespace, { name });
    const finalizers = namespace?.spec?.finalizers ?? [];
    if (namespace === undefined || !isEnding(namespace) || !finalizers.includes(FINALIZER)) return;
    const remains = await empty(context, name);
    const conditions = withFacts(namespace.status?.conditions ?? [], factsOf(remains), timestamp(context.clock));
    const status = { ...namespace.status, phase: 'Terminating' as const, conditions };
    let latest = namespace;
    if (!isDeepStrictEqual(status, namespace.status)) {
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
  const types = store.storages(namespace).flatMap((storage) => resources.byStorage(storage) ?? []);
  const isPods = ({ storage }: (typeof types)[number]) => storage === 'pods';
  for (const type of [...types.filter(isPods), ...types.filter((one) => !isPods(one))]) {
    // While there are pods, what they use stays.
    if (remains.resources.has('pods.')) break;
    if (!type.verbs.includes('delete')) continue;
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
  }
  return remains;
}

function factsOf({ errors, resources, finalizers }: Remains): Fact[] {
  const list = (counts: Map<string, number>, word: string) =>
    Array.from(counts, ([name, count]) => `${name} ${word} ${count} resource instances`)
      .sort()
      .join(', ');
  const failed = `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(', ')}`;
  const left = `Some resources are remaining: ${list(resources, 'has')}`;
  const held = `Some content in the namespace has finalizers remaining: ${list(finalizers, 'in')}`;
  const facts: [type: string, trouble: [string, string] | false, fine: [string, string]][] = [
    ['NamespaceDeletionDiscoveryFailure', false, ['ResourcesDiscovered', 'All resources successfully discovered']],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    ],
    [
      'NamespaceDeletionContentFailure',
      errors.length > 0 && ['ContentDeletionFailed', failed],
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    ],
    [
      'NamespaceContentRemaining',
      resources.size > 0 && ['SomeResourcesRemain', left],
      ['ContentRemoved', 'All content successfully removed'],
    ],
    [
      'NamespaceFinalizersRemaining',
      finalizers.size > 0 && ['SomeFinalizersRemain', held],
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    ],
  ];
  return facts.map(([type, trouble, fine]) => {
    const [reason, message] = trouble || fine;
    return [type, trouble !== false, { reason, message }];
  });
}

/** Sees to it that an object is in each namespace that stays. */
function inEachNamespace<T extends KubeObject>(
  controller: string,
  resource: Resource<T>,
  name: string,
  make: (namespace: string) => T,
): Controller {
  const storage = resource.plural;
  return {
    name: controller,
    watches: ['namespaces', storage],
    keysOf({ type, entry, ...change }, { store }) {
      const own = change.storage === storage && type === 'DELETED' && entry.name === name;
      const namespace = change.storage === 'namespaces' ? entry.name : own ? entry.namespace : '';
      return namespace === '' || store.get(storage, namespace, name) !== undefined ? [] : [namespace];
    },
    async reconcile(namespace, { client }) {
      const found = client.find(Namespace, { name: namespace });
      if (found === undefined || isEnding(found) || client.find(resource, { name, namespace })) return;
      await client.create(resource, make(namespace));
    },
  };
}

export const serviceAccountController: Controller = inEachNamespace(
  'service-account-controller',
  ServiceAccount,
  'default',
  (namespace) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }),
);

const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCaPublisher = (rootCa: string): Controller =>
  inEachNamespace('root-ca-cert-publisher', ConfigMap, ROOT_CA, (namespace) => {
    const metadata = { name: ROOT_CA, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': rootCa } };
  });
