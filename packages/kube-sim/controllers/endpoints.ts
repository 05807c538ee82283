/**
 * EndpointSlices and Endpoints of Services with a selector; one slice a Service, however many pods.
 * Source: `k8s.io/kubernetes/pkg/controller/endpoint` and `endpointslice`.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Endpoints, Service, type ServicePort } from '@kubenova/kube/kinds/core.ts';
import { EndpointSlice } from '@kubenova/kube/kinds/networking.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf, type Resource } from '@kubenova/kube/resource.ts';
import { labelSelectorPredicate } from '../selectors/label.ts';
import type { Change } from '../store/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import * as owned from './owned.ts';

interface Backend {
  readonly pod: Pod;
  readonly ip: string;
  readonly ready: boolean;
}
type Port = { name?: string; port: number; protocol: string };

function selects({ spec: { selector = {} } = {} }: Service, { metadata }: Pod): boolean {
  return Object.keys(selector).length > 0 && labelSelectorPredicate({ matchLabels: selector })(metadata.labels);
}

/** The Service that changed, or all that select the pod that did. */
function keysOf({ storage, type, entry, previous }: Change, { client, store }: ControllerContext): string[] {
  if (storage === 'services') return [owned.keyOf(entry)];
  if (store.count('services', entry.namespace) === 0) return [];
  const pods: Pod[] = [entry.object, ...(previous ? [previous.object] : [])];
  const [now, before] = pods.map((pod) => {
    const { labels, deletionTimestamp } = pod.metadata;
    return JSON.stringify([pod.status?.podIP, owned.isOver(pod), owned.isReady(pod), labels, deletionTimestamp]);
  });
  if (type === 'MODIFIED' && now === before) return [];
  const touched = client.list(Service, entry.namespace).filter((one) => pods.some((pod) => selects(one, pod)));
  return touched.map(({ metadata }) => owned.keyOf(metadata));
}

/** Named target ports are those of the first pod that has one of the name. */
function portsOf({ spec }: Service, backends: readonly Backend[]): Port[] {
  const all = backends.flatMap(({ pod }) => pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  return (spec?.ports ?? []).flatMap(({ name, port, targetPort = port, protocol = 'TCP' }: ServicePort) => {
    const named = all.find((one) => one.name === targetPort)?.containerPort;
    const found = typeof targetPort === 'number' ? targetPort : named;
    return found === undefined ? [] : [{ ...(name && { name }), port: found, protocol }];
  });
}

/** Keeps an object of a Service at what its backends make of it. */
function publisher<T extends KubeObject>(
  name: string,
  resource: Resource<T>,
  metadataOf: (service: Service) => KubeObject['metadata'],
  contentOf: (backends: readonly Backend[], ports: Port[]) => Partial<T>,
): Controller {
  return {
    name,
    watches: ['services', 'pods'],
    keysOf,
    async reconcile(key, { client }) {
      const service = client.find(Service, owned.refOf(key));
      // Endpoints have no owner reference that would take them along.
      if (service === undefined) return client.delete(Endpoints, owned.refOf(key));
      const { selector, type } = service.spec ?? {};
      if (!selector || type === 'ExternalName' || owned.isEnding(service)) return;
      const { namespace, labels } = service.metadata;
      const pods = client.list(Pod, namespace).filter((pod) => selects(service, pod) && !owned.isOver(pod));
      const backends = pods.sort(owned.byAge).flatMap((pod) => {
        const ready = owned.isReady(pod) && !owned.isEnding(pod);
        return pod.status?.podIP === undefined ? [] : [{ pod, ip: pod.status.podIP, ready }];
      });
      const content: Record<string, unknown> = contentOf(backends, portsOf(service, backends));
      const own = metadataOf(service);
      const metadata = { ...own, namespace, labels: { ...labels, ...own.labels } };
      const old = client.find(resource, metadata);
      if (old === undefined) {
        const made = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...content };
        await client.create(resource, made as unknown as T);
      } else if (Object.keys(content).some((field) => !isDeepStrictEqual(old[field] ?? [], content[field]))) {
        await client.update(resource, { ...old, ...content });
      }
    },
  };
}

const targetRef = ({ metadata: { name, namespace, uid } }: Pod) => ({ kind: 'Pod', name, namespace, uid });

export const endpointSliceController: Controller = publisher(
  'endpointslice-controller',
  EndpointSlice,
  (service) => ({
    name: `${service.metadata.name}-${createHash('sha256').update(`${service.metadata.uid}`).digest('hex').slice(0, 5)}`,
    labels: {
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': service.metadata.name,
    },
    ownerReferences: [owned.controllerReference(service)],
  }),
  (backends, ports) => ({
    addressType: 'IPv4' as const,
    endpoints: backends.map(({ pod, ip, ready }) => ({
      addresses: [ip],
      conditions: { ready, serving: owned.isReady(pod), terminating: owned.isEnding(pod) },
      nodeName: pod.spec?.nodeName,
      targetRef: targetRef(pod),
    })),
    ports,
  }),
);

export const endpointController: Controller = publisher(
  'endpoint-controller',
  Endpoints,
  ({ metadata: { name } }) => ({ name, labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } }),
  (backends, ports) => {
    const addresses = (field: string, wanted: boolean) => {
      const some = backends.filter(({ ready }) => ready === wanted);
      const list = some.map(({ pod, ip }) => ({ ip, nodeName: pod.spec?.nodeName, targetRef: targetRef(pod) }));
      return list.length > 0 && { [field]: list };
    };
    const subset = { ...addresses('addresses', true), ...addresses('notReadyAddresses', false), ports };
    return { subsets: backends.length === 0 ? [] : [subset] };
  },
);
