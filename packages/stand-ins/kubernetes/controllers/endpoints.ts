/**
 * EndpointSlices and Endpoints of Services with a selector, by one controller; one slice a Service, however many pods.
 * Source: `k8s.io/kubernetes/pkg/controller/endpoint` and `endpointslice`.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Endpoints, Service, type ServicePort } from '@kubenova/kube/kinds/core.ts';
import { EndpointSlice } from '@kubenova/kube/kinds/networking.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf, type Resource } from '@kubenova/kube/resource.ts';
import { labelSelectorPredicate } from '@kubenova/kube-model/selectors/label.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';
import type { Controller } from './controller.ts';
import * as owned from './owned.ts';

interface Backend {
  readonly pod: Pod;
  readonly ready: boolean;
  /** What both kinds say of it. */
  readonly shown: { ip?: string; nodeName?: string; targetRef: object };
}

function selects({ spec: { selector = {} } = {} }: Service, { metadata }: Pod): boolean {
  return Object.keys(selector).length > 0 && labelSelectorPredicate({ matchLabels: selector })(metadata.labels);
}

function backendsOf(client: LocalClient, service: Service): Backend[] {
  const selected = client.list(Pod, service.metadata.namespace).filter((pod) => selects(service, pod));
  const pods = selected.filter((pod) => !owned.isOver(pod) && pod.status?.podIP !== undefined);
  return pods.sort(owned.byAge).map((pod) => {
    const { name, namespace, uid } = pod.metadata;
    const targetRef = { kind: 'Pod', name, namespace, uid };
    const shown = { ip: pod.status?.podIP, nodeName: pod.spec?.nodeName, targetRef };
    return { pod, ready: owned.isReady(pod) && !owned.isEnding(pod), shown };
  });
}

/** Named target ports are those of the first pod that has one of the name. */
function portsOf({ spec }: Service, backends: readonly Backend[]): object[] {
  const all = backends.flatMap(({ pod }) => pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  return (spec?.ports ?? []).flatMap(({ name, port, targetPort = port, protocol = 'TCP' }: ServicePort) => {
    const named = all.find((one) => one.name === targetPort)?.containerPort;
    const found = typeof targetPort === 'number' ? targetPort : named;
    return found === undefined ? [] : [{ ...(name && { name }), port: found, protocol }];
  });
}

/** Keeps an object of a Service at what its backends make of it. */
async function publish<T extends KubeObject>(
  client: LocalClient,
  resource: Resource<T>,
  metadata: KubeObject['metadata'],
  content: Record<string, unknown>,
): Promise<void> {
  const old = client.find(resource, metadata);
  if (old === undefined) {
    const made = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...content };
    await client.create(resource, made as unknown as T);
  } else if (Object.keys(content).some((field) => !isDeepStrictEqual(old[field] ?? [], content[field]))) {
    await client.update(resource, { ...old, ...content });
  }
}

export const endpointController: Controller = {
  name: 'endpointslice-controller',
  watches: ['services', 'pods'],
  /** The Service that changed, or all that select the pod that did. */
  keysOf({ storage, type, entry, previous }, { client, store }) {
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
  },
  async reconcile(key, { client }) {
    const service = client.find(Service, owned.refOf(key));
    // Endpoints have no owner reference that would take them along.
    if (service === undefined) return client.delete(Endpoints, owned.refOf(key));
    const { selector, type } = service.spec ?? {};
    if (!selector || type === 'ExternalName' || owned.isEnding(service)) return;
    const { name, namespace, labels, uid = '' } = service.metadata;
    const backends = backendsOf(client, service);
    const ports = portsOf(service, backends);

    const slice = {
      name: `${name}-${createHash('sha256').update(uid).digest('hex').slice(0, 5)}`,
      namespace,
      labels: {
        ...labels,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
      ownerReferences: [owned.controllerReference(service)],
    };
    const endpoints = backends.map(({ pod, ready, shown: { ip, ...shown } }) => {
      const conditions = { ready, serving: owned.isReady(pod), terminating: owned.isEnding(pod) };
      return { addresses: [ip], conditions, ...shown };
    });
    await publish(client, EndpointSlice, slice, { addressType: 'IPv4', endpoints, ports });

    const own = { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    const [up, down] = [true, false].map((wanted) =>
      backends.filter(({ ready }) => ready === wanted).map(({ shown }) => shown),
    );
    const subset = { ...(up?.length && { addresses: up }), ...(down?.length && { notReadyAddresses: down }), ports };
    const subsets = backends.length === 0 ? [] : [subset];
    await publish(client, Endpoints, { name, namespace, labels: own }, { subsets });
  },
};
