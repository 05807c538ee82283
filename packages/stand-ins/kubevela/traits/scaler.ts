/** `scaler`: the number of replicas. */
import type { TraitType } from '../render/definition.ts';
import { integer, record } from '../render/properties.ts';

export const scaler: TraitType = {
  patch: (workload, properties) => ({
    ...workload,
    spec: { ...record(workload, 'spec'), replicas: integer(properties, 'replicas') ?? 1 },
  }),
};
