/** The ports of a container, and the Service for those that are exposed. */
import type { Properties } from '../model/application.ts';
import { label } from '../model/vocabulary.ts';
import type { DraftOutputs, RenderContext } from '../render/definition.ts';
import { RenderError } from '../render/definition.ts';
import { defined, flag, integer, records, text } from '../render/properties.ts';
import type { ContainerPort } from './pod-spec.ts';

/** `daemon` knows no port but the one, and no protocol in its name or its Service. */
export interface PortOptions {
  plain?: boolean;
}

export function containerPorts(properties: Properties, options: PortOptions = {}): ContainerPort[] | undefined {
  const ports = records(properties, 'ports');
  if (ports) {
    return ports.map((port) => ({
      containerPort: targetOf(port, options),
      protocol: text(port, 'protocol') ?? 'TCP',
      name: portName(port, options),
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

function targetOf(port: Properties, { plain }: PortOptions): number {
  return (plain ? undefined : integer(port, 'containerPort')) ?? requiredPort(port);
}

function portName(port: Properties, options: PortOptions): string {
  const protocol = text(port, 'protocol') ?? 'TCP';
  const name = `port-${targetOf(port, options)}`;
  return text(port, 'name') ?? (protocol === 'TCP' || options.plain ? name : `${name}-${protocol.toLowerCase()}`);
}

/** None when no port is exposed. */
export function exposedService(
  key: string,
  properties: Properties,
  context: RenderContext,
  options: PortOptions = {},
): DraftOutputs {
  const exposed = (records(properties, 'ports') ?? []).filter((port) => flag(port, 'expose'));
  if (exposed.length === 0) return {};
  const type = text(properties, 'exposeType') ?? 'ClusterIP';
  const ports = exposed.map((port) =>
    defined({
      port: requiredPort(port),
      targetPort: targetOf(port, options),
      name: portName(port, options),
      nodePort: type === 'NodePort' && !options.plain ? integer(port, 'nodePort') : undefined,
      protocol: options.plain ? undefined : (text(port, 'protocol') ?? 'TCP'),
    }),
  );
  const spec = { selector: { [label.component]: context.name }, ports, type };
  return { [key]: { apiVersion: 'v1', kind: 'Service', metadata: { name: context.name }, spec } };
}
