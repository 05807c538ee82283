/**
 * Addresses of Services, from 10.96.0.0/16, and node ports, from 30000 to 32767. Each is handed out in turn, so that two
 * Services that are on their way into the store at once never get the same. Source: Kubernetes, "Service ClusterIP allocation".
 */
import { isIP } from 'node:net';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { invalid } from '../api-error.ts';
import type { FieldError } from '../field-error.ts';
import type { Change, Store } from '../store.ts';

interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  nodePort?: number;
}

interface ServiceSpec {
  type?: string;
  selector?: Record<string, string>;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  allocateLoadBalancerNodePorts?: boolean;
  ports?: ServicePort[];
}

const specOf = (service: KubeObject): ServiceSpec => service.spec as ServiceSpec;

class Allocations {
  readonly addresses = new Map<string, string>();
  readonly ports = new Map<number, string>();
  #address = 10;
  #port = 0;

  constructor(store: Store) {
    for (const { object, uid } of store.list('services').entries) this.#take(specOf(object), uid);
    store.onChange('services', (change) => this.#follow(change));
  }

  #follow({ type, entry, previous }: Change): void {
    if (previous) this.#release(specOf(previous.object));
    if (type !== 'DELETED') this.#take(specOf(entry.object), entry.uid);
  }

  #take({ clusterIP, ports }: ServiceSpec, uid: string): void {
    if (clusterIP && clusterIP !== 'None') this.addresses.set(clusterIP, uid);
    for (const { nodePort } of ports ?? []) if (nodePort) this.ports.set(nodePort, uid);
  }

  #release({ clusterIP, ports }: ServiceSpec): void {
    if (clusterIP) this.addresses.delete(clusterIP);
    for (const { nodePort } of ports ?? []) if (nodePort) this.ports.delete(nodePort);
  }

  address(): string {
    for (;;) {
      this.#address = this.#address >= 65_534 ? 10 : this.#address + 1;
      const address = `10.96.${this.#address >> 8}.${this.#address & 255}`;
      if (!this.addresses.has(address)) return address;
    }
  }

  port(): number {
    for (;;) {
      this.#port = (this.#port + 1) % 2768;
      if (!this.ports.has(30_000 + this.#port)) return 30_000 + this.#port;
    }
  }
}

const allocations = new WeakMap<Store, Allocations>();

function allocationsOf(store: Store): Allocations {
  let found = allocations.get(store);
  if (!found) {
    found = new Allocations(store);
    allocations.set(store, found);
  }
  return found;
}

/** @throws ApiError 422 when what it asks for is another's */
export function allocateServiceFields(service: KubeObject, store: Store, old?: KubeObject): void {
  const spec = specOf(service);
  const given = allocationsOf(store);
  const { uid } = (old ?? service).metadata;
  const errors: FieldError[] = [];
  if (spec.type === 'ExternalName') {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[key];
  } else {
    spec.clusterIP ||= spec.clusterIPs?.[0] ?? given.address();
    spec.clusterIPs ??= [spec.clusterIP];
    const owner = given.addresses.get(spec.clusterIP);
    const taken = owner !== undefined && owner !== uid;
    if (taken || (isIP(spec.clusterIP) && !spec.clusterIP.startsWith('10.96.'))) {
      const outside = `the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`;
      const detail = `failed to allocate IP ${spec.clusterIP}: ${taken ? 'provided IP is already allocated' : outside}`;
      errors.push({ kind: 'Invalid', field: 'spec.clusterIPs', value: spec.clusterIPs, detail });
    }
    // Without a selector nothing says of which family the endpoints are.
    const anyFamily = spec.clusterIP === 'None' && spec.selector === undefined;
    spec.ipFamilies ??= anyFamily ? ['IPv4', 'IPv6'] : ['IPv4'];
    spec.ipFamilyPolicy ??= anyFamily ? 'RequireDualStack' : 'SingleStack';
  }
  const onNodes =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  for (const [at, port] of (spec.ports ?? []).entries()) {
    if (onNodes) port.nodePort ||= given.port();
    else if (old && port.nodePort === specOf(old).ports?.[at]?.nodePort) delete port.nodePort;
    const owner = port.nodePort === undefined ? undefined : given.ports.get(port.nodePort);
    if (owner === undefined || owner === uid) continue;
    const field = `spec.ports[${at}].nodePort`;
    errors.push({ kind: 'Invalid', field, value: port.nodePort, detail: 'provided port is already allocated' });
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata.name, errors);
}

/** An update that leaves out what was allocated keeps it. */
export function keepServiceFields(service: KubeObject, old: KubeObject): void {
  const [spec, was] = [specOf(service), specOf(old)];
  if (spec.type !== 'ExternalName' && was.type !== 'ExternalName') {
    spec.clusterIP ||= was.clusterIP;
    if (spec.clusterIP === was.clusterIP) spec.clusterIPs ??= was.clusterIPs;
    spec.ipFamilies ??= was.ipFamilies;
    spec.ipFamilyPolicy ??= was.ipFamilyPolicy;
  }
  for (const port of spec.ports ?? []) {
    const same = was.ports?.find((each) => each.port === port.port && each.protocol === port.protocol);
    if (!port.nodePort && same?.nodePort) port.nodePort = same.nodePort;
  }
}
