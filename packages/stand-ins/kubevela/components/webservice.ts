/** `webservice`: a Deployment, and a Service for the ports that are exposed. */
import type { Properties } from '../model/application.ts';
import { label } from '../model/vocabulary.ts';
import type { ComponentType, DraftOutputs, RenderContext } from '../render/definition.ts';
import { RenderError } from '../render/definition.ts';
import { defined, flag, integer, record, records, text, texts } from '../render/properties.ts';
import { type ContainerPort, deploymentHealth, deploymentOf } from './deployment.ts';

export const webservice: ComponentType = {
  workloadDefinition: { apiVersion: 'apps/v1', kind: 'Deployment' },
  health: deploymentHealth,
  render(properties, context) {
    const output = deploymentOf(properties, context, {
      ports: containerPorts(properties),
      args: texts(properties, 'args'),
      labels: record(properties, 'labels'),
      annotations: record(properties, 'annotations'),
      hostAliases: records(properties, 'hostAliases'),
    });
    return { output, outputs: exposedService(properties, context) };
  },
};

function containerPorts(properties: Properties): ContainerPort[] | undefined {
  const ports = records(properties, 'ports');
  if (ports) {
    return ports.map((port) => ({
      containerPort: integer(port, 'containerPort') ?? requiredPort(port),
      protocol: text(port, 'protocol') ?? 'TCP',
      name: portName(port),
    }));
  }
  const port = integer(properties, 'port');
  return port === undefined ? undefined : [{ containerPort: port }];
}

function requiredPort(port: Properties): number {
  const number = integer(port, 'port');
  if (number === undefined) throw new RenderError('parameter.ports.port: incomplete value int');
  return number;
}

function portName(port: Properties): string {
  const protocol = text(port, 'protocol') ?? 'TCP';
  const number = integer(port, 'containerPort') ?? requiredPort(port);
  return text(port, 'name') ?? (protocol === 'TCP' ? `port-${number}` : `port-${number}-${protocol.toLowerCase()}`);
}

function exposedService(properties: Properties, context: RenderContext): DraftOutputs {
  const exposed = (records(properties, 'ports') ?? []).filter((port) => flag(port, 'expose'));
  if (exposed.length === 0) return {};
  const type = text(properties, 'exposeType') ?? 'ClusterIP';
  const ports = exposed.map((port) =>
    defined({
      port: requiredPort(port),
      targetPort: integer(port, 'containerPort') ?? requiredPort(port),
      name: portName(port),
      nodePort: type === 'NodePort' ? integer(port, 'nodePort') : undefined,
      protocol: text(port, 'protocol') ?? 'TCP',
    }),
  );
  return {
    webserviceExpose: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: context.name },
      spec: { selector: { [label.component]: context.name }, ports, type },
    },
  };
}
