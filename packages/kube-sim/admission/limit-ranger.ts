/** LimitRanges: what containers get that ask for nothing, and bounds. Source: `plugin/pkg/admission/limitranger`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { formatQuantity } from '../schema/quantity.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refused } from './request-matcher.ts';
import { type AdmittedPodSpec, podResources, type ResourceList, resourceList } from './resource-list.ts';

type List = Record<string, string>;
type Limit = {
  type: string;
  min?: List;
  max?: List;
  default?: List;
  defaultRequest?: List;
  maxLimitRequestRatio?: List;
};

export function limitRanger(store: Store): AdmissionPlugin {
  function limitsFor({ type, namespace, subresource, operation, oldObject }: AdmissionRequest): Limit[][] {
    const isPod = type.storage === 'pods';
    if ((!isPod && type.storage !== 'persistentvolumeclaims') || subresource !== undefined) return [];
    if (operation !== 'CREATE' && (isPod || operation !== 'UPDATE' || oldObject?.metadata.deletionTimestamp)) return [];
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
  const defaults = {
    requests: Object.assign({}, ...ofContainers.map((limit) => limit.defaultRequest)) as List,
    limits: Object.assign({}, ...ofContainers.map((limit) => limit.default)) as List,
  };
  const { containers = [], initContainers = [] } = pod.spec as AdmittedPodSpec;
  const told = [...containers, ...initContainers].flatMap((container, index) =>
    (['requests', 'limits'] as const).flatMap((of) => {
      const given = container.resources?.[of];
      const missing = Object.entries(defaults[of]).filter(([name]) => given?.[name] === undefined);
      if (missing.length === 0) return [];
      container.resources = { ...container.resources, [of]: { ...given, ...Object.fromEntries(missing) } };
      const names = missing.map(([name]) => name).sort();
      const what = index < containers.length ? 'container' : 'init container';
      return [`${names.join(', ')} ${of.slice(0, -1)} for ${what} ${container.name}`];
    }),
  );
  if (told.length === 0) return;
  const text = `LimitRanger plugin set: ${told.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': text };
}

function problemsOf(limit: Limit, object: KubeObject): string[] {
  const spec = object.spec as AdmittedPodSpec;
  if (limit.type === 'PersistentVolumeClaim' && object.kind === limit.type) {
    return outside(limit, resourceList(spec.resources?.requests));
  }
  if (object.kind !== 'Pod') return [];
  if (limit.type === 'Pod') return outside(limit, podResources(spec, 'requests'), podResources(spec, 'limits'));
  const containers = limit.type === 'Container' ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])] : [];
  return containers.flatMap(({ resources }) =>
    outside(limit, resourceList(resources?.requests), resourceList(resources?.limits)),
  );
}

/** @param limits absent for what knows no limits, whose maximum holds for requests then */
function outside(
  { type, min, max, maxLimitRequestRatio }: Limit,
  requests: ResourceList,
  limits?: ResourceList,
): string[] {
  const request = ['request', requests] as const;
  const limit = ['limit', limits ?? requests] as const;
  const check = (
    word: string,
    bounds: List | undefined,
    order: readonly (typeof request | typeof limit)[],
    sign: bigint,
  ) =>
    [...resourceList(bounds)].flatMap(([name, bound]) => {
      const told = `${word} ${name} usage per ${type} is ${formatQuantity(bound)}`;
      const [[first, list]] = order as [typeof request];
      if (!list.has(name)) return [`${told}.  No ${first} is specified`];
      const beyond = order
        .map(([what, of]) => ({ what, found: of.get(name) }))
        .find(({ found }) => found && (found.nanos - bound.nanos) * sign > 0n);
      return beyond?.found ? [`${told}, but ${beyond.what} is ${formatQuantity(beyond.found)}`] : [];
    });
  const ratios = [...resourceList(maxLimitRequestRatio)].flatMap(([name, bound]) => {
    const [asked, allowed] = [requests, limits].map((list) => Number(list?.get(name)?.nanos ?? 0n));
    const told = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`;
    if (!asked) return [`${told}, but no request is specified or request is 0`];
    if (!allowed) return [`${told}, but no limit is specified or limit is 0`];
    const ratio = allowed / asked;
    return ratio * 1e9 > Number(bound.nanos) ? [`${told}, but provided ratio is ${ratio.toFixed(6)}`] : [];
  });
  return [
    ...check('minimum', min, limits ? [request, limit] : [request], -1n),
    ...check('maximum', max, limits ? [limit, request] : [request], 1n),
    ...ratios,
  ];
}
