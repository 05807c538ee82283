/** The class of a pod by its requests and limits. Source: Kubernetes, "Pod Quality of Service Classes". */
import { compareQuantities } from '../schema/quantity.ts';

interface PodResources {
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
}

interface Container {
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
}

export function qosClassOf(spec: PodResources): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let none = true;
  let full = true;
  for (const { resources } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const name of ['cpu', 'memory']) {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name];
      if (isSome(limit) || isSome(request)) none = false;
      if (!isSome(limit) || (request !== undefined && compareQuantities(limit, request) !== 0)) full = false;
    }
  }
  return none ? 'BestEffort' : full ? 'Guaranteed' : 'Burstable';
}

const isSome = (quantity: string | undefined) => quantity !== undefined && compareQuantities(quantity, '0') !== 0;
