/** `worker`: a Deployment that nothing connects to. */
import type { ComponentType } from '../render/definition.ts';
import { deploymentHealth, replicatedOf } from './deployment.ts';

export const worker: ComponentType = {
  workloadDefinition: { apiVersion: 'apps/v1', kind: 'Deployment' },
  health: deploymentHealth,
  render: (properties, context) => ({
    output: replicatedOf('Deployment', properties, context, { ownLimits: true }),
    outputs: {},
  }),
};
