/** `statefulset`: a StatefulSet, and a Service for the ports that are exposed. */
import type { ComponentType } from '../render/definition.ts';
import { record, records, texts } from '../render/properties.ts';
import { deploymentHealth, replicatedOf } from './deployment.ts';
import { containerPorts, exposedService } from './ports.ts';

export const statefulset: ComponentType = {
  workloadDefinition: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  health: deploymentHealth,
  render(properties, context) {
    const output = replicatedOf('StatefulSet', properties, context, {
      ports: containerPorts(properties),
      args: texts(properties, 'args'),
      labels: record(properties, 'labels'),
      annotations: record(properties, 'annotations'),
      hostAliases: records(properties, 'hostAliases'),
    });
    return { output, outputs: exposedService('statefulsetsExpose', properties, context) };
  },
};
