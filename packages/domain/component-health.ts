/**
 * What became of an App's components: their workloads, pods, Services and endpoints, and one condition out of all of it.
 *
 * KubeVela labels what it makes with the component's name, but not the pods: those of `webservice` and `worker` carry it
 * by their definition, those of a chart do not. Pods are therefore assigned through their owners; a ReplicaSet's name is
 * its Deployment's name and the pod's `pod-template-hash`, so ReplicaSets need not be read.
 */
import type { ComponentStatus, Endpoint, ServiceStatus } from '@kubenova/knapi/schemas.ts';
import type { ConditionInput } from './conditions.ts';
import { numberAt, recordsAt, textAt } from './dig.ts';
import { VELA_COMPONENT } from './labels.ts';
import { isRecord, type Manifest } from './manifest.ts';
import { podHealth } from './pod-health.ts';
import { type HealthState, missingWorkload, WORKLOAD_KINDS, workloadHealth } from './workload-health.ts';

/** What was read from an app namespace. */
export interface ObservedObjects {
  /** Deployments, StatefulSets, DaemonSets, Jobs and CronJobs; bare Pods go into `pods` only. */
  workloads: readonly Manifest[];
  pods: readonly Manifest[];
  services: readonly Manifest[];
  ingresses: readonly Manifest[];
}

/** A component as the contract shows it, with what its health means. */
export interface ComponentHealth {
  state: HealthState;
  status: ComponentStatus;
}

/** A workload that an Application asks for. */
interface ExpectedWorkload {
  apiVersion: string;
  kind: string;
  name: string;
}

/** The health of every component of an Application, in its order. */
export function componentHealths(application: Manifest, observed: ObservedObjects): ComponentHealth[] {
  const components = recordsAt(application, 'spec', 'components');
  return components.map((component) => componentHealth(component, observed));
}

/** `WorkloadsReady` out of the components; the message names the first few things that are not as they should be. */
export function workloadsCondition(healths: readonly ComponentHealth[]): ConditionInput {
  const type = 'WorkloadsReady';
  const failing = healths.filter(({ state }) => state === 'failing');
  if (failing.length > 0) return { type, status: 'False', reason: 'Failing', message: summary(failing) };
  const waiting = healths.filter(({ state }) => state === 'progressing');
  if (waiting.length > 0) return { type, status: 'False', reason: 'Progressing', message: summary(waiting) };
  return { type, status: 'True', reason: 'Ready', message: 'Every workload runs as its spec asks for.' };
}

function componentHealth(component: Record<string, unknown>, observed: ObservedObjects): ComponentHealth {
  const name = textAt(component, 'name');
  const own = observed.workloads.filter((object) => belongsTo(object, name));
  const bare = observed.pods.filter((pod) => belongsTo(pod, name) && owner(pod) === undefined);
  const present = [...own, ...bare];
  const missing = expectedWorkloads(component).filter(
    (wanted) => !present.some((object) => object.kind === wanted.kind && object.metadata.name === wanted.name),
  );
  const workloads = [...present.map(workloadHealth), ...missing.map(missingWorkload)];
  const pods = observed.pods.filter((pod) => isPodOf(pod, name, own, bare)).map(podHealth);
  const services = observed.services.filter((object) => belongsTo(object, name));
  const ingresses = observed.ingresses.filter((object) => belongsTo(object, name));
  const state = worst(workloads, pods);
  const speaking = pods.find((pod) => pod.state === 'failing') ?? undefined;
  const message =
    speaking === undefined
      ? (workloads.find((workload) => workload.state !== 'ready')?.status.message ?? '')
      : `Pod ${speaking.status.name}: ${[speaking.status.reason, speaking.status.message].filter(Boolean).join(': ')}`;
  return {
    state,
    status: {
      name,
      type: textAt(component, 'type'),
      healthy: state === 'ready',
      message,
      workloads: workloads.map(({ status }) => status),
      pods: pods.map(({ status }) => status),
      services: services.map(serviceStatus),
      endpoints: [...ingresses.flatMap(ingressEndpoints), ...services.flatMap(loadBalancerEndpoints)],
    },
  };
}

/** A failing pod matters only while its workload is not ready: a finished Job leaves failed attempts behind. */
function worst(workloads: readonly { state: HealthState }[], pods: readonly { state: HealthState }[]): HealthState {
  if (workloads.some(({ state }) => state === 'failing')) return 'failing';
  if (workloads.every(({ state }) => state === 'ready')) return 'ready';
  return pods.some(({ state }) => state === 'failing') ? 'failing' : 'progressing';
}

function expectedWorkloads(component: Record<string, unknown>): ExpectedWorkload[] {
  const type = textAt(component, 'type');
  if (type === 'webservice' || type === 'worker') {
    return [{ apiVersion: 'apps/v1', kind: 'Deployment', name: textAt(component, 'name') }];
  }
  return recordsAt(component, 'properties', 'objects')
    .filter((object) => WORKLOAD_KINDS.has(textAt(object, 'kind')))
    .map((object) => ({
      apiVersion: textAt(object, 'apiVersion'),
      kind: textAt(object, 'kind'),
      name: textAt(object, 'metadata', 'name'),
    }));
}

function belongsTo(object: Manifest, component: string): boolean {
  return object.metadata.labels?.[VELA_COMPONENT] === component;
}

function isPodOf(pod: Manifest, component: string, workloads: readonly Manifest[], bare: readonly Manifest[]): boolean {
  if (bare.includes(pod)) return true;
  const from = owner(pod);
  if (from === undefined) return false;
  if (workloads.some((object) => object.kind === from.kind && object.metadata.name === from.name)) return true;
  // A CronJob's Jobs are not labelled by KubeVela; their names begin with the CronJob's.
  const cron = workloads.some(
    (object) => object.kind === 'CronJob' && from.kind === 'Job' && isRunOf(from.name, object),
  );
  return cron || (belongsTo(pod, component) && from.kind === 'Deployment');
}

function isRunOf(jobName: string, cronJob: Manifest): boolean {
  const prefix = `${cronJob.metadata.name}-`;
  return jobName.startsWith(prefix) && /^[0-9]+$/.test(jobName.slice(prefix.length));
}

function owner(pod: Manifest): { kind: string; name: string } | undefined {
  const reference = (pod.metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (reference === undefined) return undefined;
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (reference.kind === 'ReplicaSet' && hash !== undefined && reference.name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', name: reference.name.slice(0, -hash.length - 1) };
  }
  return { kind: reference.kind, name: reference.name };
}

function serviceStatus(service: Manifest): ServiceStatus {
  return {
    name: service.metadata.name,
    type: textAt(service, 'spec', 'type') || 'ClusterIP',
    clusterIP: textAt(service, 'spec', 'clusterIP'),
    ports: recordsAt(service, 'spec', 'ports').map((port) => ({
      ...(textAt(port, 'name') === '' ? {} : { name: textAt(port, 'name') }),
      port: numberAt(port, 0, 'port'),
      protocol: textAt(port, 'protocol') || 'TCP',
    })),
  };
}

function ingressEndpoints(ingress: Manifest): Endpoint[] {
  const secured = new Set(
    recordsAt(ingress, 'spec', 'tls').flatMap((tls) => (Array.isArray(tls.hosts) ? tls.hosts : [])),
  );
  return recordsAt(ingress, 'spec', 'rules').flatMap((rule) => {
    const host = textAt(rule, 'host');
    if (host === '') return [];
    const scheme = secured.has(host) ? 'https' : 'http';
    return recordsAt(rule, 'http', 'paths').map((path) => ({
      url: `${scheme}://${host}${textAt(path, 'path') || '/'}`,
    }));
  });
}

function loadBalancerEndpoints(service: Manifest): Endpoint[] {
  if (!isRecord(service.spec) || service.spec.type !== 'LoadBalancer') return [];
  const ports = recordsAt(service, 'spec', 'ports');
  return recordsAt(service, 'status', 'loadBalancer', 'ingress').flatMap((ingress) => {
    const host = textAt(ingress, 'hostname') || textAt(ingress, 'ip');
    const shown = host.includes(':') ? `[${host}]` : host;
    return host === '' ? [] : ports.map((port) => ({ url: `tcp://${shown}:${numberAt(port, 0, 'port')}` }));
  });
}

function summary(healths: readonly ComponentHealth[]): string {
  const shown = healths.slice(0, 3).map(({ status }) => `${status.name}: ${status.message || 'not ready yet.'}`);
  const rest = healths.length - shown.length;
  return rest === 0 ? shown.join(' ') : `${shown.join(' ')} And ${rest} more.`;
}
