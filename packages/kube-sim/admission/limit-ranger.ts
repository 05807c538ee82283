/** LimitRanges: what containers get that ask for nothing, and bounds. Source: `plugin/pkg/admission/limitranger`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { formatQuantity } from '@kubenova/kube-model/schema/quantity.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import { type AdmittedPodSpec, containersOf, podResources, type ResourceList, resourceList } from './resource-list.ts';

type List = Record<string, string>;
type Limit = { type: string } & {
  [field in 'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio']?: List;
};

export function limitRanger(store: Store): AdmissionPlugin {
  /** Pods are bound when they are made, claims also when they grow. */
  function limitsFor({ type, namespace, subresource, operation }: AdmissionRequest): Limit[][] {
    const bound = { pods: ['CREATE'], persistentvolumeclaims: ['CREATE', 'UPDATE'] }[type.storage];
    if (!bound?.includes(operation) || subresource !== undefined) return [];
    const ranges = store.list('limitranges', { namespace }).entries;
    return ranges.map(({ object }) => (object.spec as { limits?: Limit[] } | undefined)?.limits ?? []);
  }
  return {
    name: 'LimitRanger',
    mutate(request) {
      if (request.type.storage !== 'pods' || !request.object) return;
      for (const limits of limitsFor(request)) fillIn(request.object, limits);
    },
    validate(request) {
      for (const limits of limitsFor(request)) {
        const problems = limits.flatMap((limit) => (request.object ? problemsOf(limit, request.object) : []));
        if (problems.length === 0) continue;
        throw refused(request, problems.length === 1 ? problems.join() : `[${problems.join(', ')}]`);
      }
    },
  };
}

function fillIn(pod: KubeObject, limits: readonly Limit[]): void {
  const ofContainers = limits.filter(({ type }) => type === 'Container');
  const defaults: Record<'requests' | 'limits', List> = {
    requests: Object.assign({}, ...ofContainers.map((limit) => limit.defaultRequest)),
    limits: Object.assign({}, ...ofContainers.map((limit) => limit.default)),
  };
  const spec = pod.spec as AdmittedPodSpec;
  const told = containersOf(spec).flatMap((container) =>
    (['requests', 'limits'] as const).flatMap((of) => {
      const given = container.resources?.[of];
      const missing = Object.entries(defaults[of]).filter(([name]) => given?.[name] === undefined);
      if (missing.length === 0) return [];
      container.resources = { ...container.resources, [of]: { ...given, ...Object.fromEntries(missing) } };
      const names = missing.map(([name]) => name).sort();
      const what = spec.initContainers?.includes(container) ? 'init container' : 'container';
      return [`${names.join(', ')} ${of.slice(0, -1)} for ${what} ${container.name}`];
    }),
  );
  if (told.length === 0) return;
  const text = `LimitRanger plugin set: ${told.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': text };
}

function problemsOf(limit: Limit, { kind, spec: anySpec }: KubeObject): string[] {
  const spec = anySpec as AdmittedPodSpec;
  const bounded = limit.type === 'Container' && kind === 'Pod' ? containersOf(spec) : limit.type === kind ? [spec] : [];
  return bounded.flatMap((one) => {
    const of = (side: 'requests' | 'limits') =>
      limit.type === 'Pod' ? podResources(spec, side) : resourceList(one.resources?.[side]);
    return outside(limit, of('requests'), kind === 'Pod' ? of('limits') : undefined);
  });
}

/** @param limits absent for what knows no limits, whose maximum holds for requests then */
function outside(limit: Limit, requests: ResourceList, limits: ResourceList | undefined): string[] {
  const { type, min, max, maxLimitRequestRatio } = limit;
  const request = { what: 'request', list: requests };
  const sides = limits ? [request, { what: 'limit', list: limits }] : [request];
  /** The first side must be said. */
  const check = (word: string, bounds: List | undefined, [first = request, ...others]: typeof sides, sign: bigint) =>
    [...resourceList(bounds)].flatMap(([name, bound]) => {
      const told = `${word} ${name} usage per ${type} is ${formatQuantity(bound)}`;
      if (!first.list.has(name)) return [`${told}.  No ${first.what} is specified`];
      const found = [first, ...others].map(({ what, list }) => ({ what, amount: list.get(name) ?? bound }));
      const beyond = found.find(({ amount }) => (amount.nanos - bound.nanos) * sign > 0n);
      return beyond ? [`${told}, but ${beyond.what} is ${formatQuantity(beyond.amount)}`] : [];
    });
  const ratios = [...resourceList(maxLimitRequestRatio)].flatMap(([name, bound]) => {
    const told = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
    const [asked, allowed] = [requests, limits].map((list) => Number(list?.get(name)?.nanos ?? 0n));
    if (!asked) return [`${told}, but no request is specified or request is 0`];
    if (!allowed) return [`${told}, but no limit is specified or limit is 0`];
    const ratio = allowed / asked;
    return ratio * 1e9 > Number(bound.nanos) ? [`${told}, but provided ratio is ${ratio.toFixed(6)}`] : [];
  });
  return [...check('minimum', min, sides, -1n), ...check('maximum', max, sides.toReversed(), 1n), ...ratios];
}
