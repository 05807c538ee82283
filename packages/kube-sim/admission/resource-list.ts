/** Quantities by name, as in `requests`, `limits` and `hard`, and what a pod asks for as a whole. */
import type { Container, PodSpec } from '@kubenova/kube/kinds/pod.ts';
import { parseQuantity, type Quantity } from '@kubenova/kube-model/schema/quantity.ts';

export type ResourceList = ReadonlyMap<string, Quantity>;

export const ZERO: Quantity = { nanos: 0n, family: 'decimal' };

export function resourceList(list: object | undefined): ResourceList {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text) ?? ZERO]));
}

const plus = (x: Quantity, y: Quantity) => ({ nanos: x.nanos + y.nanos, family: x.nanos === 0n ? y.family : x.family });
const larger = (x: Quantity, y: Quantity) => (x.nanos >= y.nanos ? x : y);

function combine(a: ResourceList, b: ResourceList, join: (x: Quantity, y: Quantity) => Quantity): ResourceList {
  const joined = new Map(a);
  for (const [name, value] of b) joined.set(name, join(a.get(name) ?? ZERO, value));
  return joined;
}

export const sum = (a: ResourceList, b: ResourceList): ResourceList => combine(a, b, plus);

type AdmittedContainer = Container & { restartPolicy?: string };

/** A pod's spec with what admission reads and writes; what is not yet validated may lack its containers. */
export interface AdmittedPodSpec extends Omit<PodSpec, 'containers' | 'initContainers'> {
  containers?: AdmittedContainer[];
  initContainers?: AdmittedContainer[];
  serviceAccount?: string;
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
  activeDeadlineSeconds?: number;
  resources?: Container['resources'];
}

/** All but ephemeral ones, which ask for nothing. */
export function containersOf({ containers, initContainers }: AdmittedPodSpec): AdmittedContainer[] {
  return [...(containers ?? []), ...(initContainers ?? [])];
}

/**
 * Containers run together, ordinary init containers one after the other, beside those before them that stay (`Always`).
 * Source: `k8s.io/component-helpers/resource.PodRequests`.
 */
export function podResources(spec: AdmittedPodSpec, of: 'requests' | 'limits'): ResourceList {
  const askedBy = ({ resources }: AdmittedContainer) => resourceList(resources?.[of]);
  let together = (spec.containers ?? []).map(askedBy).reduce(sum, new Map());
  let staying: ResourceList = new Map();
  let initial: ResourceList = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = askedBy(container);
    const stays = container.restartPolicy === 'Always';
    if (stays) together = sum(together, own);
    const beside = sum(staying, own);
    if (stays) staying = beside;
    initial = combine(initial, beside, larger);
  }
  return new Map([...combine(together, initial, larger), ...resourceList(spec.resources?.[of])]);
}
