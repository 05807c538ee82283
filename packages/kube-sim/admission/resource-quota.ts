/**
 * ResourceQuotas: what a namespace may hold. Usage is counted from the store at each request, so that it is never stale;
 * `status` is for people and written by a controller. Storage classes are left out. Source: `k8s.io/apiserver/pkg/admission/plugin/resourcequota` and `pkg/quota/v1/evaluator/core`.
 */
import type { Service } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { formatQuantity } from '../schema/quantity.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import {
  type AdmittedPodSpec,
  countOf,
  podResources,
  type ResourceList,
  resourceList,
  sum,
  ZERO,
} from './resource-list.ts';

/** Counted by their bare name too, besides `count/<resource>`. */
const COUNTED: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
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
      const mayGrow = type.storage === 'services' || type.storage === 'persistentvolumeclaims';
      if (operation !== 'CREATE' && !(operation === 'UPDATE' && mayGrow)) return;
      if (store.count('resourcequotas', namespace) === 0) return;
      for (const { object: quota } of store.list('resourcequotas', { namespace }).entries) {
        if (inScope(quota, type.storage, object)) check(request, object, quota, store);
      }
    },
  };
}

const hardOf = (quota: KubeObject) => resourceList((quota.spec as { hard?: object } | undefined)?.hard);
type Scope = { scopeName: string; operator?: string; values?: string[] };

/** Whether an object counts: scopes are about pods, so that a quota that has some limits nothing else. */
function inScope({ spec }: KubeObject, storage: string, object: KubeObject): boolean {
  const { scopes = [], scopeSelector } = (spec ?? {}) as {
    scopes?: string[];
    scopeSelector?: { matchExpressions?: Scope[] };
  };
  const all = [...scopes.map((scopeName): Scope => ({ scopeName })), ...(scopeSelector?.matchExpressions ?? [])];
  if (all.length === 0) return true;
  if (storage !== 'pods') return false;
  const pod = object.spec as AdmittedPodSpec & { activeDeadlineSeconds?: number };
  const { priorityClassName: priority = '', activeDeadlineSeconds } = pod;
  const facts: Readonly<Record<string, boolean>> = {
    Terminating: activeDeadlineSeconds !== undefined,
    BestEffort: podResources(pod, 'requests').size + podResources(pod, 'limits').size === 0,
  };
  return all.every(({ scopeName, operator = 'Exists', values = [] }) => {
    if (scopeName !== 'PriorityClass') return facts[scopeName] ?? facts[scopeName.replace('Not', '')] === false;
    if (operator === 'Exists' || operator === 'DoesNotExist') return (priority !== '') === (operator === 'Exists');
    return values.includes(priority) === (operator === 'In');
  });
}

function check(request: AdmissionRequest, object: KubeObject, quota: KubeObject, store: Store): void {
  const { storage } = request.type;
  const hard = hardOf(quota);
  if (storage === 'pods') {
    const missing = unspecified(object.spec as AdmittedPodSpec, hard);
    if (missing !== '') throw refused(request, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
  }
  const before = request.oldObject ? usage(storage, request.oldObject) : new Map();
  const requested = new Map(
    [...usage(storage, object)]
      .map(([name, { nanos, family }]) => [name, { nanos: nanos - (before.get(name) ?? ZERO).nanos, family }] as const)
      .filter(([name, { nanos }]) => nanos > 0n && hard.has(name)),
  );
  if (requested.size === 0) return;
  const used = quotaUsage(store, quota);
  const exceeded = [...requested]
    .filter(([name, { nanos }]) => (used.get(name) ?? ZERO).nanos + nanos > (hard.get(name) ?? ZERO).nanos)
    .map(([name]) => name)
    .sort();
  if (exceeded.length === 0) return;
  const show = (list: ResourceList) =>
    exceeded.map((name) => `${name}=${formatQuantity(list.get(name) ?? ZERO)}`).join(',');
  const told = `requested: ${show(requested)}, used: ${show(used)}, limited: ${show(hard)}`;
  throw refused(request, `exceeded quota: ${quota.metadata.name}, ${told}`);
}

/** How much is used of everything that a quota limits: its `status.used`. */
export function quotaUsage(store: Store, quota: KubeObject): ResourceList {
  const { namespace = '' } = quota.metadata;
  const used = new Map([...hardOf(quota).keys()].map((name) => [name, ZERO]));
  for (const storage of store.storages(namespace)) {
    const entries = MEASURED.has(storage) ? store.list(storage, { namespace }).entries : [];
    let of: ResourceList = new Map();
    for (const { object } of entries) if (inScope(quota, storage, object)) of = sum(of, usage(storage, object));
    if (!MEASURED.has(storage)) {
      const count = countOf(store.count(storage, namespace));
      of = new Map([[`count/${storage}`, count], ...(COUNTED.has(storage) ? [[storage, count] as const] : [])]);
    }
    for (const [name, value] of of) if (used.has(name)) used.set(name, value);
  }
  return used;
}

function usage(storage: string, object: KubeObject): ResourceList {
  const one = countOf(1);
  const found = new Map([[`count/${storage}`, one]]);
  if (COUNTED.has(storage)) found.set(storage, one);
  if (storage === 'services') {
    const { type, ports = [] } = (object as Service).spec ?? {};
    found.set('services.nodeports', countOf(type === 'NodePort' || type === 'LoadBalancer' ? ports.length : 0));
    found.set('services.loadbalancers', countOf(type === 'LoadBalancer' ? 1 : 0));
  } else if (storage === 'persistentvolumeclaims') {
    const { resources } = object.spec as AdmittedPodSpec;
    found.set('requests.storage', resourceList(resources?.requests).get('storage') ?? ZERO);
  } else if (storage === 'pods') {
    // A pod that has ended is still an object, but uses nothing.
    if (/^(Succeeded|Failed)$/.test((object.status as { phase?: string } | undefined)?.phase ?? '')) return found;
    found.set('pods', one);
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
function unspecified(spec: AdmittedPodSpec, hard: ResourceList): string {
  if (spec.resources) return '';
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return [...hard.keys()]
    .filter((name) => REQUIRED.test(name))
    .sort()
    .flatMap((name) => {
      const resource = name.replace(/^.*\./, '');
      const of = name.startsWith('limits.') ? 'limits' : 'requests';
      const lacking = containers.filter(({ resources }) => resources?.[of]?.[resource] === undefined);
      return lacking.length > 0
        ? [
            `${name} for: ${lacking
              .map((one) => one.name)
              .sort()
              .join(',')}`,
          ]
        : [];
    })
    .join('; ');
}
