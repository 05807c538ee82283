/** `daemon`: a DaemonSet, and a Service for the ports that are exposed. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ComponentType, Health } from '../render/definition.ts';
import { integer, record, records } from '../render/properties.ts';
import { replicatedOf } from './deployment.ts';
import { containerPorts, exposedService } from './ports.ts';

export const daemon: ComponentType = {
  workloadDefinition: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  health: daemonHealth,
  render(properties, context) {
    const output = replicatedOf('DaemonSet', properties, context, {
      ports: containerPorts(properties, { plain: true }),
      labels: record(properties, 'labels'),
      annotations: record(properties, 'annotations'),
      hostAliases: records(properties, 'hostAliases'),
    });
    return { output, outputs: exposedService('webserviceExpose', properties, context, { plain: true }) };
  },
};

/** Every node that should run it does, with the newest template. */
function daemonHealth(workload: KubeObject): Health {
  const status = record(workload, 'status') ?? {};
  const count = (field: string) => integer(status, field) ?? 0;
  const desired = count('desiredNumberScheduled');
  const complete = ['numberReady', 'updatedNumberScheduled', 'currentNumberScheduled'].every(
    (field) => count(field) === desired,
  );
  const seen = count('observedGeneration') >= (workload.metadata.generation ?? 0);
  return { healthy: complete && seen, message: `Ready:${count('numberReady')}/${desired}` };
}
