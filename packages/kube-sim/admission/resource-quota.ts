/**
 * ResourceQuotas: what a namespace may hold. Usage is counted from the store at each request, so that it is never stale;
 * `status` is for people and written by a controller. Storage classes are left out.
 * Source: `k8s.io/apiserver/pkg/admission/plugin/resourcequota` and `pkg/quota/v1/evaluator/core`.
 */
import type { Service } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { formatQuantity, type Quantity } from '@kubenova/kube-model/schema/quantity.ts';
import { labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import {
  type AdmittedPodSpec,
  containersOf,
  podResources,
  type ResourceList,
  resourceList,
  sum,
  ZERO,
} from './resource-list.ts';

/** Kinds that use more than a count of what a quota may limit. */
const MEASURED: ReadonlySet<string> = new Set(['pods', 'services', 'persistentvolumeclaims']);
/** A pod must say these for each container where a quota limits them. */
const REQUIRED = /^(requests\.|limits\.)?(cpu|memory)$/;

export function resourceQuota(store: Store): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    validate(request) {
      const { type, operation, namespace, object, subresource } = request;
      if (namespace === '' || !object || subresource !== undefined) return;
      const mayGrow = MEASURED.has(type.storage) && type.storage !== 'pods';
      if (operation !== 'CREATE' && !(operation === 'UPDATE' && mayGrow)) return;
      if (store.count('resourcequotas', namespace) === 0) return;
      for (const { object: quota } of store.list('resourcequotas', { namespace }).entries) {
        if (inScope(quota, type.storage, object)) check(request, object, quota, store);
      }
    },
  };
}

const amount = (list: ResourceList, name: string): Quantity => list.get(name) ?? ZERO;
const hardOf = (quota: KubeObject) => resourceList((quota.spec as { hard?: object } | undefined)?.hard);

/** Whether an object counts: scopes are about pods, so that a quota that has some limits nothing else. */
function inScope({ spec }: KubeObject, storage: string, object: KubeObject): boolean {
  const { scopes = [], scopeSelector } = (spec ?? {}) as {
    scopes?: string[];
    scopeSelector?: { matchExpressions?: { scopeName: string; operator: string; values?: string[] }[] };
  };
  const wanted = [
    ...scopes.map((key) => ({ key, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []).map(({ scopeName: key, ...rest }) => ({ key, ...rest })),
  ];
  if (wanted.length === 0) return true;
  if (storage !== 'pods') return false;
  const pod = object.spec as AdmittedPodSpec;
  const isBestEffort = podResources(pod, 'requests').size + podResources(pod, 'limits').size === 0;
  // What a pod is, as labels: the operators of scopes are those of label selectors.
  return labelSelectorPredicate({ matchExpressions: wanted })({
    [pod.activeDeadlineSeconds === undefined ? 'NotTerminating' : 'Terminating']: '',
    [isBestEffort ? 'BestEffort' : 'NotBestEffort']: '',
    ...(pod.priorityClassName && { PriorityClass: pod.priorityClassName }),
  });
}

function check(request: AdmissionRequest, object: KubeObject, quota: KubeObject, store: Store): void {
  const { storage } = request.type;
  const hard = hardOf(quota);
  if (storage === 'pods') {
    const missing = unspecified(object.spec as AdmittedPodSpec, hard);
    if (missing.length > 0) {
      throw refused(request, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
    }
  }
  const before: ResourceList = request.oldObject ? usage(storage, request.oldObject) : new Map();
  const requested = new Map<string, Quantity>();
  for (const [name, { nanos, family }] of usage(storage, object)) {
    const more = nanos - amount(before, name).nanos;
    if (more > 0n && hard.has(name)) requested.set(name, { nanos: more, family });
  }
  if (requested.size === 0) return;
  const used = quotaUsage(store, quota);
  const after = sum(used, requested);
  const exceeded = [...requested.keys()].filter((name) => amount(after, name).nanos > amount(hard, name).nanos).sort();
  if (exceeded.length === 0) return;
  const show = (list: ResourceList) =>
    exceeded.map((name) => `${name}=${formatQuantity(amount(list, name))}`).join(',');
  const told = `requested: ${show(requested)}, used: ${show(used)}, limited: ${show(hard)}`;
  throw refused(request, `exceeded quota: ${quota.metadata.name}, ${told}`);
}

/** How much is used of everything that a quota limits: its `status.used`. */
export function quotaUsage(store: Store, quota: KubeObject): ResourceList {
  const { namespace = '' } = quota.metadata;
  const used = new Map([...hardOf(quota).keys()].map((name) => [name, ZERO]));
  for (const storage of store.storages(namespace)) {
    const measured = MEASURED.has(storage) ? store.list(storage, { namespace }).entries : undefined;
    const of = measured
      ?.filter(({ object }) => inScope(quota, storage, object))
      .map(({ object }) => usage(storage, object))
      .reduce(sum, new Map());
    for (const [name, value] of of ?? counted(storage, store.count(storage, namespace))) {
      if (used.has(name)) used.set(name, value);
    }
  }
  return used;
}

const countOf = (count: number): Quantity => ({ nanos: BigInt(count) * 1_000_000_000n, family: 'decimal' });

/** The core group's kinds are counted by their bare names too; of pods, only those that have not ended. */
function counted(storage: string, count: number): Map<string, Quantity> {
  const names = [`count/${storage}`, ...(storage.includes('.') || storage === 'pods' ? [] : [storage])];
  return new Map(names.map((name) => [name, countOf(count)]));
}

function usage(storage: string, object: KubeObject): ResourceList {
  const found = counted(storage, 1);
  if (storage === 'services') {
    const { type, ports = [] } = (object as Service).spec ?? {};
    found.set('services.nodeports', countOf(type === 'NodePort' || type === 'LoadBalancer' ? ports.length : 0));
    found.set('services.loadbalancers', countOf(type === 'LoadBalancer' ? 1 : 0));
  } else if (storage === 'persistentvolumeclaims') {
    const { resources } = object.spec as AdmittedPodSpec;
    found.set('requests.storage', amount(resourceList(resources?.requests), 'storage'));
  } else if (storage === 'pods') {
    // A pod that has ended is still an object, but uses nothing.
    if (/^(Succeeded|Failed)$/.test((object.status as { phase?: string } | undefined)?.phase ?? '')) return found;
    found.set('pods', countOf(1));
    for (const side of ['requests', 'limits'] as const) {
      for (const [name, value] of podResources(object.spec as AdmittedPodSpec, side)) {
        found.set(`${side}.${name}`, value);
        if (side === 'requests') found.set(name, value);
      }
    }
  }
  return found;
}

/** Source: `podEvaluator.Constraints`. */
function unspecified(spec: AdmittedPodSpec, hard: ResourceList): string[] {
  if (spec.resources) return [];
  const required = [...hard.keys()].filter((name) => REQUIRED.test(name)).sort();
  return required.flatMap((name) => {
    const of = name.startsWith('limits.') ? 'limits' : 'requests';
    const resource = name.replace(/^.*\./, '');
    const lacking = containersOf(spec).filter(({ resources }) => resources?.[of]?.[resource] === undefined);
    const names = lacking.map((container) => container.name).sort();
    return names.length > 0 ? [`${name} for: ${names.join(',')}`] : [];
  });
}
