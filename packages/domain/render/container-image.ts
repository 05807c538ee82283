/**
 * `containerImage` as a KubeVela component. Parameter names are those of KubeVela 1.10's definitions.
 *
 * - `webservice` when the container has ports, otherwise `worker`; but `worker` knows neither `args` nor limits that
 *   differ from requests, and then `webservice` without ports gives the same Deployment.
 * - Both set the limits to the requests when only requests are given, and the requests to the limits when only those are.
 * - The trait `gateway` would make a Service of the same name as the one that exposed ports make; it is told to use that.
 */
import type { ContainerImage, ContainerPort } from '@kubenova/knapi/schemas.ts';
import { sameQuantity } from '../quantity.ts';
import type { VelaComponent, VelaTrait } from './component.ts';

type Probe = NonNullable<NonNullable<ContainerImage['probes']>['liveness']>;

/** The one component of a `containerImage` App, without the App's own traits. */
export function containerComponent(name: string, source: ContainerImage): VelaComponent {
  const ports = containerPorts(source);
  const resources = resourceParameters(source);
  const needsWebservice = ports.length > 0 || (source.args ?? []).length > 0 || 'limit' in resources;
  return {
    name,
    type: needsWebservice ? 'webservice' : 'worker',
    properties: {
      image: imageReference(source),
      ...(ports.length === 0 ? {} : { ports: ports.map(portParameters), exposeType: 'ClusterIP' }),
      ...(source.command === undefined ? {} : { cmd: source.command }),
      ...(source.args === undefined || source.args.length === 0 ? {} : { args: source.args }),
      ...(source.env === undefined || source.env.length === 0 ? {} : { env: source.env.map(envParameter) }),
      ...resources,
      ...(source.credentialsSecretRef === undefined ? {} : { imagePullSecrets: [source.credentialsSecretRef.name] }),
      ...(source.probes?.liveness === undefined ? {} : { livenessProbe: probeParameters(source.probes.liveness) }),
      ...(source.probes?.readiness === undefined ? {} : { readinessProbe: probeParameters(source.probes.readiness) }),
    },
    traits: ownTraits(name, source, ports),
  };
}

/** The ports with what they leave out filled in. */
export function containerPorts(source: Pick<ContainerImage, 'ports'>): ContainerPort[] {
  return (source.ports ?? []).map((port) =>
    typeof port === 'number'
      ? { port, protocol: 'TCP' as const, expose: true }
      : { ...port, protocol: port.protocol ?? 'TCP', expose: port.expose ?? true },
  );
}

/** `repository:tag`, `repository@digest`, or the repository alone. */
export function imageReference(source: Pick<ContainerImage, 'image' | 'tag' | 'digest'>): string {
  if (source.digest !== undefined) return `${source.image}@${source.digest}`;
  return source.tag === undefined ? source.image : `${source.image}:${source.tag}`;
}

function ownTraits(name: string, source: ContainerImage, ports: ContainerPort[]): VelaTrait[] {
  const traits: VelaTrait[] = [];
  if (source.replicas !== undefined) traits.push({ type: 'scaler', properties: { replicas: source.replicas } });
  const first = ports[0];
  if (source.host !== undefined && first !== undefined) {
    traits.push({
      type: 'gateway',
      properties: {
        domain: source.host,
        http: { '/': first.port },
        pathType: 'Prefix',
        existingServiceName: name,
      },
    });
  }
  return traits;
}

function portParameters(port: ContainerPort): Record<string, unknown> {
  return {
    port: port.port,
    ...(port.name === undefined ? {} : { name: port.name }),
    protocol: port.protocol,
    expose: port.expose,
  };
}

function envParameter(entry: NonNullable<ContainerImage['env']>[number]): Record<string, unknown> {
  if (entry.secretRef === undefined) return { name: entry.name, value: entry.value ?? '' };
  const { name, key } = entry.secretRef;
  return { name: entry.name, valueFrom: { secretKeyRef: { name, key } } };
}

function resourceParameters(source: ContainerImage): Record<string, unknown> {
  const { requests = {}, limits = {} } = source.resources ?? {};
  const parameters: Record<string, unknown> = {};
  const limit: Record<string, string> = {};
  for (const key of ['cpu', 'memory'] as const) {
    const request = requests[key] ?? limits[key];
    const upper = limits[key];
    if (request === undefined) continue;
    parameters[key] = request;
    if (upper !== undefined && !sameQuantity(request, upper)) limit[key] = upper;
  }
  return Object.keys(limit).length === 0 ? parameters : { ...parameters, limit };
}

function probeParameters(probe: Probe): Record<string, unknown> {
  return { ...probe };
}
