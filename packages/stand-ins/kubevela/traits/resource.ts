/** `resource`: requests and limits of the component's container, in place of those that it had. */
import type { Properties } from '../model/application.ts';
import type { TraitType } from '../render/definition.ts';
import { record } from '../render/properties.ts';
import { withContainers } from './pod-template.ts';

const DEFAULTS: Properties = { cpu: 1, memory: '2048Mi' };

export const resource: TraitType = {
  patch(workload, properties) {
    const requests = record(properties, 'requests');
    const limits = record(properties, 'limits');
    const plain = properties.cpu !== undefined && properties.memory !== undefined && !requests && !limits;
    const both = plain ? { cpu: properties.cpu, memory: properties.memory } : undefined;
    const wanted = { requests: requests ? amounts(requests) : both, limits: limits ? amounts(limits) : both };
    return withContainers(workload, ([first, ...rest]) => {
      if (!first) return [];
      const resources = { ...record(first, 'resources') };
      if (wanted.requests) resources.requests = wanted.requests;
      if (wanted.limits) resources.limits = wanted.limits;
      return [{ ...first, resources }, ...rest];
    });
  },
};

const amounts = ({ cpu = DEFAULTS.cpu, memory = DEFAULTS.memory }: Properties): Properties => ({ cpu, memory });
