/** What the columns of built-in kinds show where it is more than the value of a field. */
import type { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { formatLabelSelector, formatLabels, type Labels } from '../selectors/label.ts';
import type { Cell } from './columns.ts';
import { ageOf, humanDuration } from './human-duration.ts';
import { jsonPath } from './json-path.ts';
import { conditionTrue, type PodSummary, summarize } from './pod-cells.ts';

/** Loosely what is at a path, for reading only; tables show what is stored, whatever it is. */
const at = <T>(object: KubeObject, path: string): T | undefined =>
  (jsonPath(path)(object) ?? undefined) as T | undefined;
const list = <T>(object: KubeObject, path: string): readonly T[] => at<readonly T[]>(object, path) ?? [];
const size = (object: KubeObject, path: string): number => Object.keys(at<object>(object, path) ?? {}).length;

/** At most some, and how many more. */
const some = (items: readonly string[], max: number, total = items.length, separator = ','): string =>
  items.slice(0, max).join(separator) + (total > max ? ` + ${total - max} more...` : '');

type Container = { name: string; image?: string };
const names = (template: string) => (object: KubeObject) =>
  list<Container>(object, `${template}.spec.containers`)
    .map(({ name }) => name)
    .join(',');
const images = (template: string) => (object: KubeObject) =>
  list<Container>(object, `${template}.spec.containers`)
    .map(({ image = '' }) => image)
    .join(',');
const selector = (path: string) => (object: KubeObject) => formatLabelSelector(at(object, path));
const labels = (path: string) => (object: KubeObject) => formatLabels(at<Labels>(object, path));
const orElse = (path: string, missing: string) => (object: KubeObject) => String(at(object, path) ?? missing);

type Subject = { kind: string; name: string; namespace?: string };
const subjects = (wanted: string) => (object: KubeObject) =>
  list<Subject>(object, '.subjects')
    .filter(({ kind }) => kind === wanted)
    .map(({ name, namespace = '' }) => (wanted === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');

const ACCESS = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
const accessModes = (path: string) => (object: KubeObject) =>
  Object.entries(ACCESS)
    .flatMap(([mode, short]) => (list<string>(object, path).includes(mode) ? short : []))
    .join(',');

const quota = (limits: boolean) => (object: KubeObject) => {
  const used = at<Labels>(object, '.status.used') ?? {};
  return Object.entries(at<Labels>(object, '.status.hard') ?? {})
    .filter(([resource]) => resource.startsWith('limits.') === limits)
    .map(([resource, hard]) => `${resource}: ${used[resource] ?? '0'}/${hard}`)
    .sort()
    .join(', ');
};

function jobStatus(job: KubeObject): string {
  if (conditionTrue(job, 'Complete')) return 'Complete';
  if (conditionTrue(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const told = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => conditionTrue(job, type));
  return told ?? 'Running';
}

function jobCompletions(job: KubeObject): string {
  const done = at<number>(job, '.status.succeeded') ?? 0;
  const wanted = at<number>(job, '.spec.completions');
  const parallel = at<number>(job, '.spec.parallelism') ?? 0;
  return wanted !== undefined ? `${done}/${wanted}` : `${done}/1${parallel > 1 ? ` of ${parallel}` : ''}`;
}

const jobDuration: Cell = (job, now) => {
  const [started, ended] = [at<string>(job, '.status.startTime'), at<string>(job, '.status.completionTime')];
  return started === undefined ? '' : humanDuration((ended ? Date.parse(ended) : now) - Date.parse(started));
};

function loadBalancer(object: KubeObject): string {
  const ingress = list<{ ip?: string; hostname?: string }>(object, '.status.loadBalancer.ingress');
  return [...new Set(ingress.flatMap(({ ip, hostname }) => ip || hostname || []))].sort().join(',');
}

function externalIp(service: KubeObject): string {
  const type = at<string>(service, '.spec.type');
  if (type === 'ExternalName') return at(service, '.spec.externalName') ?? '';
  const balanced = type === 'LoadBalancer' ? loadBalancer(service) : '';
  const all = [...(balanced === '' ? [] : [balanced]), ...list<string>(service, '.spec.externalIPs')];
  return all.join(',') || (type === 'LoadBalancer' ? '<pending>' : '<none>');
}

function servicePorts(service: KubeObject): string {
  const ports = list<{ port: number; nodePort?: number; protocol?: string }>(service, '.spec.ports').map(
    ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  );
  return ports.join(',') || '<none>';
}

function ingressHosts(ingress: KubeObject): string {
  const rules = list<{ host?: string }>(ingress, '.spec.rules');
  const hosts = rules.flatMap(({ host }) => host || []);
  return hosts.length === 0 ? '*' : some(hosts, 3, Math.max(hosts.length, hosts.length < 3 ? 0 : rules.length));
}

function endpoints(object: KubeObject): string {
  type Subset = { addresses?: { ip: string }[]; ports?: { port: number }[] };
  const found = list<Subset>(object, '.subsets').flatMap(({ addresses = [], ports = [] }) => {
    const hosts = addresses.map(({ ip }) => (ip.includes(':') && ports.length > 0 ? `[${ip}]` : ip));
    return ports.length > 0 ? ports.flatMap(({ port }) => hosts.map((host) => `${host}:${port}`)) : hosts;
  });
  return size(object, '.subsets') === 0 ? '<none>' : some(found, 3);
}

function nodeStatus(node: KubeObject): string {
  const ready = at<string>(node, '.status.conditions[?(@.type=="Ready")].status');
  const word = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady';
  return at(node, '.spec.unschedulable') ? `${word},SchedulingDisabled` : word;
}

function nodeRoles({ metadata }: KubeObject): string {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key === 'kubernetes.io/role' ? value : (/^node-role\.kubernetes\.io\/(.*)/.exec(key)?.[1] ?? ''),
  );
  return [...new Set(roles)].filter(Boolean).sort().join(',') || '<none>';
}

const firstSeen: Cell = (event, now) => ageOf(at(event, '.firstTimestamp') ?? at(event, '.eventTime'), now);

const lastSeen: Cell = (event, now) => {
  const last = at(event, '.series.lastObservedTime') ?? at(event, '.lastTimestamp');
  return last ? ageOf(last, now) : firstSeen(event, now);
};

function eventSource(event: KubeObject): string {
  const component = at(event, '.source.component') || at(event, '.reportingComponent');
  return [component, at(event, '.source.host') || at(event, '.reportingInstance')].filter(Boolean).join(', ');
}

function scaleMetrics(autoscaler: KubeObject): string {
  type Target = { averageUtilization?: number; averageValue?: string; value?: string };
  type Metric = { type: string } & Record<string, { name?: string; target?: Target; current?: Target } | undefined>;
  const current = list<Metric>(autoscaler, '.status.currentMetrics');
  const told = list<Metric>(autoscaler, '.spec.metrics').map((metric, index) => {
    const source = metric.type.charAt(0).toLowerCase() + metric.type.slice(1);
    const { name, target = {} } = metric[source] ?? {};
    const { averageUtilization, averageValue, value }: Target = current[index]?.[source]?.current ?? {};
    const ofResource = source === 'resource' || source === 'containerResource';
    const prefix = ofResource ? `${name}: ` : '';
    if (target.averageValue !== undefined) {
      return `${prefix}${averageValue ?? '<unknown>'}/${target.averageValue}${ofResource || source === 'pods' ? '' : ' (avg)'}`;
    }
    if (!ofResource) return `${value ?? '<unknown>'}/${target.value}`;
    const percent = (share: number | undefined, missing: string) => (share === undefined ? missing : `${share}%`);
    return `${prefix}${percent(averageUtilization, '<unknown>')}/${percent(target.averageUtilization, '<auto>')}`;
  });
  return told.length === 0 ? '<none>' : some(told, 2, told.length, ', ');
}

function servedVersions(definition: KubeObject): string {
  return list<{ name: string; served: boolean; storage: boolean }>(definition, '.spec.versions')
    .flatMap(({ name, served, storage }) => (served ? `${name}${storage ? '(storage)' : ''}` : []))
    .sort()
    .join(',');
}

/** The cells of one row come one after another: the last summary serves them all. */
let latest: { pod: KubeObject; now: number; summary: PodSummary } | undefined;

function summaryOf(pod: KubeObject, now: number): PodSummary {
  if (latest?.pod !== pod || latest.now !== now) latest = { pod, now, summary: summarize(pod as Pod, now) };
  return latest.summary;
}

export const CELLS: Readonly<Record<string, Cell>> = {
  podReady: (pod, now) => summaryOf(pod, now).ready,
  podStatus: (pod, now) => summaryOf(pod, now).status,
  podRestarts: (pod, now) => summaryOf(pod, now).restarts,
  readinessGates: (pod) => {
    const gates = list<{ conditionType: string }>(pod, '.spec.readinessGates');
    const open = gates.filter(({ conditionType }) => conditionTrue(pod, conditionType)).length;
    return gates.length > 0 ? `${open}/${gates.length}` : '<none>';
  },
  readyReplicas: (object) => `${at(object, '.status.readyReplicas') ?? 0}/${at(object, '.spec.replicas') ?? 0}`,
  containers: names('.spec.template'),
  images: images('.spec.template'),
  selector: selector('.spec.selector'),
  nodeSelector: labels('.spec.template.spec.nodeSelector'),
  jobStatus,
  jobCompletions,
  jobDuration,
  suspended: (job) => (at(job, '.spec.suspend') ? 'True' : 'False'),
  activeJobs: (job) => size(job, '.status.active'),
  lastSchedule: (job, now) => {
    const last = at(job, '.status.lastScheduleTime');
    return last === undefined ? '<none>' : ageOf(last, now);
  },
  cronContainers: names('.spec.jobTemplate.spec.template'),
  cronImages: images('.spec.jobTemplate.spec.template'),
  cronSelector: selector('.spec.jobTemplate.spec.selector'),
  externalIp,
  servicePorts,
  serviceSelector: labels('.spec.selector'),
  endpoints,
  slicePorts: (slice) => {
    const ports = list<{ port?: number; name?: string }>(slice, '.ports');
    return (
      some(
        ports.map(({ port, name }) => String(port ?? name ?? '*')),
        3,
      ) || '<unset>'
    );
  },
  sliceEndpoints: (slice) => {
    const found = list<{ addresses: string[] }>(slice, '.endpoints').flatMap(({ addresses }) => addresses);
    return some(found, 3) || '<unset>';
  },
  ingressHosts,
  loadBalancer,
  ingressPorts: (ingress) => (size(ingress, '.spec.tls') > 0 ? '80, 443' : '80'),
  podSelector: selector('.spec.podSelector'),
  dataSize: (object) => size(object, '.data') + size(object, '.binaryData'),
  nodeStatus,
  nodeRoles,
  kernelVersion: (node) => {
    const architecture = at<string>(node, '.status.nodeInfo.architecture');
    const version = at<string>(node, '.status.nodeInfo.kernelVersion') || '<unknown>';
    return architecture ? `${version} (${architecture})` : version;
  },
  lastSeen,
  firstSeen,
  eventObject: (event) =>
    [at<string>(event, '.involvedObject.kind')?.toLowerCase(), at(event, '.involvedObject.name')]
      .filter(Boolean)
      .join('/'),
  eventSource,
  eventMessage: (event) => (at<string>(event, '.message') ?? '').trim(),
  eventCount: (event) => at<number>(event, '.series.count') ?? (at<number>(event, '.count') || 1),
  quotaRequests: quota(false),
  quotaLimits: quota(true),
  volumePhase: (object) => (object.metadata.deletionTimestamp ? 'Terminating' : at(object, '.status.phase')),
  volumeModes: accessModes('.spec.accessModes'),
  claimModes: accessModes('.status.accessModes'),
  volumeClaim: (volume) => {
    const claim = at<{ namespace?: string; name?: string }>(volume, '.spec.claimRef');
    return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '';
  },
  role: (binding) => `${at(binding, '.roleRef.kind')}/${at(binding, '.roleRef.name')}`,
  users: subjects('User'),
  groups: subjects('Group'),
  serviceAccounts: subjects('ServiceAccount'),
  scaleTarget: (object) => `${at(object, '.spec.scaleTargetRef.kind')}/${at(object, '.spec.scaleTargetRef.name')}`,
  scaleMetrics,
  minReplicas: orElse('.spec.minReplicas', '<unset>'),
  minAvailable: orElse('.spec.minAvailable', 'N/A'),
  maxUnavailable: orElse('.spec.maxUnavailable', 'N/A'),
  webhooks: (object) => size(object, '.webhooks'),
  validations: (policy) => size(policy, '.spec.validations'),
  paramKind: (policy) => {
    const kind = at<string>(policy, '.spec.paramKind.kind');
    return kind === undefined ? '<unset>' : `${at(policy, '.spec.paramKind.apiVersion')}/${kind}`;
  },
  paramRef: (binding) => {
    const name = at<string>(binding, '.spec.paramRef.name');
    return name === undefined ? '<unset>' : `${at(binding, '.spec.paramRef.namespace') ?? '*'}/${name}`;
  },
  servedVersions,
  shortNames: (definition) => list<string>(definition, '.spec.names.shortNames').join(','),
  established: (definition) => conditionTrue(definition, 'Established'),
};
