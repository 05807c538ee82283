/**
 * EndpointSlices and Endpoints of Services with a selector; one slice a Service, however many pods.
 * Source: `k8s.io/kubernetes/pkg/controller/endpoint` and `endpointslice`.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Endpoints, Service, type ServicePort } from '@kubenova/kube/kinds/core.ts';
import { EndpointSlice } from '@kubenova/kube/kinds/networking.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Change } from '../store/store.ts';
import type { Controller, ControllerContext } from './controller.ts';
import * as owned from './owned.ts';

interface Backend {
  pod: Pod;
  ip: string;
  ready: boolean;
}

const selects = (service: Service, { metadata }: Pod): boolean => {
  const wanted = Object.entries(service.spec?.selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => metadata.labels?.[name] === value);
};

/** The Service that changed, or all that select the pod that did. */
function keysOf({ storage, type, entry, previous }: Change, { client, store }: ControllerContext): string[] {
  if (storage === 'services') return type === 'DELETED' ? [] : [owned.keyOf(entry)];
  if (store.count('services', entry.namespace) === 0) return [];
  const [now, before]: (Pod | undefined)[] = [entry.object, previous?.object];
  const shown = (pod: Pod) =>
    JSON.stringify([
      pod.status?.podIP,
      pod.status?.phase,
      owned.isReady(pod),
      pod.metadata.labels,
      pod.metadata.deletionTimestamp,
    ]);
  if (type === 'MODIFIED' && now && before && shown(now) === shown(before)) return [];
  const services = client.list(Service, entry.namespace);
  const touched = services.filter((one) => [now, before].some((pod) => pod !== undefined && selects(one, pod)));
  return touched.map(({ metadata }) => owned.keyOf(metadata));
}

/** What to write for a Service; undefined when it is none of ours. */
function backendsOf(context: ControllerContext, key: string): { service: Service; backends: Backend[] } | undefined {
  const service = context.client.find(Service, owned.refOf(key));
  if (!service?.spec?.selector || service.metadata.deletionTimestamp || service.spec.type === 'ExternalName')
    return undefined;
  const open = (service.spec as { publishNotReadyAddresses?: boolean }).publishNotReadyAddresses === true;
  const pods = context.client.list(Pod, service.metadata.namespace).filter((pod) => selects(service, pod));
  const backends = pods.flatMap((pod) => {
    const { podIP: ip, phase } = pod.status ?? {};
    const ready = open || (owned.isReady(pod) && pod.metadata.deletionTimestamp === undefined);
    return ip === undefined || phase === 'Succeeded' || phase === 'Failed' ? [] : [{ pod, ip, ready }];
  });
  return { service, backends: backends.sort((a, b) => owned.byAge(a.pod, b.pod)) };
}

/** Named target ports are those of the first pod that has one of the name. */
function portsOf({ spec }: Service, pods: readonly Pod[]): { name?: string; port: number; protocol: string }[] {
  return (spec?.ports ?? []).flatMap(({ name, port, targetPort = port, protocol = 'TCP' }: ServicePort) => {
    const all = pods.flatMap((pod) => pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
    const found =
      typeof targetPort === 'number' ? targetPort : all.find((one) => one.name === targetPort)?.containerPort;
    return found === undefined ? [] : [{ ...(name && { name }), port: found, protocol }];
  });
}

const targetRef = ({ metadata: { name, namespace, uid } }: Pod) => ({ kind: 'Pod', name, namespace, uid });
const nodeName = ({ spec }: Pod) => spec?.nodeName && { nodeName: spec.nodeName };

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  watches: ['services', 'pods'],
  keysOf,
  async reconcile(key, context) {
    const { service, backends } = backendsOf(context, key) ?? {};
    if (service === undefined || backends === undefined) return;
    const { uid = '', namespace, name: serviceName } = service.metadata;
    const name = `${serviceName}-${createHash('sha256').update(uid).digest('hex').slice(0, 5)}`;
    const endpoints = backends.map(({ pod, ip, ready }) => {
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      const conditions = { ready, serving: owned.isReady(pod), terminating };
      return { addresses: [ip], conditions, targetRef: targetRef(pod), ...nodeName(pod) };
    });
    const content = {
      endpoints,
      ports: portsOf(
        service,
        backends.map(({ pod }) => pod),
      ),
    };
    const old = context.client.find(EndpointSlice, { name, namespace });
    if (old !== undefined) {
      const { endpoints: were = [], ports = [] } = old;
      if (!isDeepStrictEqual({ endpoints: were, ports }, content))
        await context.client.update(EndpointSlice, { ...old, ...content });
      return;
    }
    const labels = {
      ...service.metadata.labels,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': serviceName,
    };
    const ownerReferences = [owned.controllerReference(service)];
    const metadata = { name, namespace, labels, ownerReferences };
    const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4' } as const;
    await context.client.create(EndpointSlice, { ...slice, ...content });
  },
};

export const endpointController: Controller = {
  name: 'endpoint-controller',
  watches: ['services', 'pods'],
  keysOf,
  async reconcile(key, context) {
    const { service, backends } = backendsOf(context, key) ?? {};
    if (service === undefined || backends === undefined) return;
    const ref = owned.refOf(key);
    const addresses = (ready: boolean) =>
      backends
        .filter((one) => one.ready === ready)
        .map(({ pod, ip }) => ({ ip, ...nodeName(pod), targetRef: targetRef(pod) }));
    const [up, down] = [addresses(true), addresses(false)];
    const ports = portsOf(
      service,
      backends.map(({ pod }) => pod),
    );
    const subset = {
      ...(up.length > 0 && { addresses: up }),
      ...(down.length > 0 && { notReadyAddresses: down }),
      ports,
    };
    const content = backends.length === 0 ? {} : { subsets: [subset] };
    const old = context.client.find(Endpoints, ref);
    if (old === undefined) {
      const labels = { ...service.metadata.labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
      await context.client.create(Endpoints, {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { ...ref, labels },
        ...content,
      });
    } else if (!isDeepStrictEqual(old.subsets ?? [], content.subsets ?? [])) {
      await context.client.update(Endpoints, { ...old, subsets: undefined, ...content });
    }
  },
};

/** A Service's Endpoints go with it; they have no owner reference, so that nobody else would take them away. */
export const endpointCleanup: Controller = {
  name: 'endpoint-controller',
  watches: ['services'],
  keysOf: ({ type, entry }) => (type === 'DELETED' ? [owned.keyOf(entry)] : []),
  async reconcile(key, { client }) {
    if (client.find(Service, owned.refOf(key)) === undefined) await client.delete(Endpoints, owned.refOf(key));
  },
};
