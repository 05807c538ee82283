/** `webservice`: a Deployment, and a Service for the ports that are exposed. */
import type { ComponentType } from '../render/definition.ts';
import { record, records, texts } from '../render/properties.ts';
import { deploymentHealth, replicatedOf } from './deployment.ts';
import { containerPorts, exposedService } from './ports.ts';

export const webservice: ComponentType = {
  workloadDefinition: { apiVersion: 'apps/v1', kind: 'Deployment' },
  health: deploymentHealth,
  render(properties, context) {
    const output = replicatedOf('Deployment', properties, context, {
      ports: containerPorts(properties),
      args: texts(properties, 'args'),
      labels: record(properties, 'labels'),
      annotations: record(properties, 'annotations'),
      hostAliases: records(properties, 'hostAliases'),
      ownLimits: true,
    });
    return { output, outputs: exposedService('webserviceExpose', properties, context) };
  },
};
