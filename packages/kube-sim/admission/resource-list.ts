/** Quantities by name, as in `requests`, `limits` and `hard`, and what a pod asks for as a whole. */
import type { Container, PodSpec } from '@kubenova/kube/kinds/pod.ts';
import { parseQuantity, type Quantity } from '../schema/quantity.ts';

export type ResourceList = ReadonlyMap<string, Quantity>;

export const ZERO: Quantity = { nanos: 0n, family: 'decimal' };
export const countOf = (count: number): Quantity => parseQuantity(count) ?? ZERO;

export function resourceList(list: object | undefined): ResourceList {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text) ?? ZERO]));
}

export function sum(a: ResourceList, b: ResourceList): ResourceList {
  return combine(a, b, (x, y) => ({ nanos: x.nanos + y.nanos, family: x.nanos === 0n ? y.family : x.family }));
}

function combine(a: ResourceList, b: ResourceList, join: (x: Quantity, y: Quantity) => Quantity): ResourceList {
  const joined = new Map(a);
  for (const [name, value] of b) joined.set(name, join(a.get(name) ?? ZERO, value));
  return joined;
}

const largest = (a: ResourceList, b: ResourceList) => combine(a, b, (x, y) => (x.nanos >= y.nanos ? x : y));

/** A pod's spec with what admission reads and writes. */
export interface AdmittedPodSpec extends PodSpec {
  initContainers?: (Container & { restartPolicy?: string })[];
  serviceAccount?: string;
  priority?: number;
  priorityClassName?: string;
  preemptionPolicy?: string;
  resources?: Container['resources'];
}

/**
 * Containers run together, ordinary init containers one after the other, beside those before them that stay (`Always`).
 * Source: `k8s.io/component-helpers/resource.PodRequests`.
 */
export function podResources(spec: AdmittedPodSpec, of: 'requests' | 'limits'): ResourceList {
  let together: ResourceList = new Map();
  for (const container of spec.containers ?? []) together = sum(together, resourceList(container.resources?.[of]));
  let staying: ResourceList = new Map();
  let initial: ResourceList = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = resourceList(container.resources?.[of]);
    if (container.restartPolicy === 'Always') {
      together = sum(together, own);
      staying = sum(staying, own);
    }
    initial = largest(initial, container.restartPolicy === 'Always' ? staying : sum(own, staying));
  }
  return new Map([...largest(together, initial), ...resourceList(spec.resources?.[of])]);
}
