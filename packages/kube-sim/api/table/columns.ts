/**
 * The columns of the built-in kinds, as data. Cells are what the API server puts into them, which is what `kubectl get`
 * prints; wide columns have a priority above 0. Descriptions are left out.
 * Source: `kubernetes/pkg/printers/internalversion`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../../resources/resource-type.ts';
import { formatLabelSelector, formatLabels } from '../../selectors/label.ts';
import { ageOf, humanDuration } from './human-duration.ts';
import { jsonPath } from './json-path.ts';
import { conditionTrue, type PodView, summarize } from './pod-cells.ts';

export type Cell = (object: KubeObject, now: number) => unknown;

export interface Column {
  readonly name: string;
  /** `string` when absent. */
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: Cell;
}

/** The columns of a kind that no CRD defines. */
export function columnsOf(type: ResourceType): readonly Column[] {
  return KINDS[type.plural] ?? [NAME, CREATED];
}

export const NAME: Column = { name: 'Name', format: 'name', cell: ({ metadata }) => metadata.name };

const AGE: Column = { name: 'Age', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) };
const CREATED: Column = { name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp };

const wide = (column: Column): Column => ({ ...column, priority: 1 });

/** What is at a path, or something else where there is nothing. */
const at = (path: string, missing: unknown = ''): Cell => {
  const read = jsonPath(path);
  return (object) => read(object) || missing;
};
const text = (name: string, path: string, missing = ''): Column => ({ name, cell: at(path, missing) });
const number = (name: string, path: string): Column => ({ name, type: 'integer', cell: at(path, 0) });

/** Columns without anything but a name and a function. */
const cell = (name: string, read: Cell, type = 'string'): Column => ({ name, type, cell: read });

const list = <T>(path: string): ((object: KubeObject) => readonly T[]) => {
  const read = jsonPath(path);
  return (object) => {
    const value = read(object);
    return Array.isArray(value) ? value : [];
  };
};

/** How many items or fields there are. */
const sizeOf = (path: string): ((object: KubeObject) => number) => {
  const read = jsonPath(path);
  return (object) => Object.keys(read(object) ?? {}).length;
};

const ratio = (done: string, wanted: string): Cell => {
  const [left, right] = [at(done, 0), at(wanted, 0)];
  return (object, now) => `${left(object, now)}/${right(object, now)}`;
};

/** At most some, and how many more. */
const some = (items: readonly string[], max: number, total = items.length, separator = ','): string =>
  total > max ? `${items.slice(0, max).join(separator)} + ${total - max} more...` : items.join(separator);

const containers = (template: string): Column[] => {
  const read = list<{ name: string; image?: string }>(`${template}.spec.containers`);
  return [
    wide(
      cell('Containers', (object) =>
        read(object)
          .map(({ name }) => name)
          .join(','),
      ),
    ),
    wide(
      cell('Images', (object) =>
        read(object)
          .map(({ image = '' }) => image)
          .join(','),
      ),
    ),
  ];
};

const labelsAt = (name: string, path: string): Column => {
  const read = jsonPath(path);
  return { name, cell: (object) => formatLabels(read(object) as Record<string, string> | undefined) };
};
const selectorAt = (path: string, name = 'Selector'): Column => {
  const read = jsonPath(path);
  return { name, cell: (object) => formatLabelSelector(read(object) as object | undefined) };
};

const subjects = (kind: string): Cell => {
  const read = list<{ kind: string; name: string; namespace?: string }>('.subjects');
  return (object) =>
    read(object)
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ');
};
const BINDING: Column[] = [
  NAME,
  cell('Role', (object, now) => `${at('.roleRef.kind')(object, now)}/${at('.roleRef.name')(object, now)}`),
  AGE,
  wide(cell('Users', subjects('User'))),
  wide(cell('Groups', subjects('Group'))),
  wide(cell('ServiceAccounts', subjects('ServiceAccount'))),
];

const pod =
  (read: (view: PodView) => unknown): Cell =>
  (object) =>
    read(object as PodView);
const podSummary =
  (field: 'status' | 'restarts'): Cell =>
  (object, now) =>
    summarize(object as PodView, now)[field];

function readinessGates({ spec, ...rest }: PodView): string {
  const gates = spec.readinessGates ?? [];
  const open = gates.filter(({ conditionType }) => conditionTrue(rest, conditionType)).length;
  return gates.length > 0 ? `${open}/${gates.length}` : '<none>';
}

function jobStatus(job: KubeObject): string {
  if (conditionTrue(job, 'Complete')) return 'Complete';
  if (conditionTrue(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const told = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => conditionTrue(job, type));
  return told ?? 'Running';
}

const jobCompletions: Cell = (job, now) => {
  const done = at('.status.succeeded', 0)(job, now);
  const wanted = jsonPath('.spec.completions')(job);
  const parallel = Number(at('.spec.parallelism', 0)(job, now));
  return wanted !== undefined ? `${done}/${wanted}` : parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`;
};

const jobDuration: Cell = (job, now) => {
  const started = String(at('.status.startTime')(job, now));
  const ended = String(at('.status.completionTime')(job, now));
  return started === '' ? '' : humanDuration((ended === '' ? now : Date.parse(ended)) - Date.parse(started));
};

const loadBalancer = (object: KubeObject): string[] => {
  const read = list<{ ip?: string; hostname?: string }>('.status.loadBalancer.ingress');
  return [...new Set(read(object).map(({ ip, hostname }) => ip || hostname || ''))].filter(Boolean).sort();
};

const externalIp: Cell = (service, now) => {
  const external = list<string>('.spec.externalIPs')(service);
  switch (at('.spec.type')(service, now)) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer':
      return [...loadBalancer(service), ...external].join(',') || '<pending>';
    case 'ExternalName':
      return at('.spec.externalName')(service, now);
    default:
      return '<unknown>';
  }
};

const servicePorts = (service: KubeObject): string =>
  list<{ port: number; nodePort?: number; protocol?: string }>('.spec.ports')(service)
    .map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || '<none>';

function ingressHosts(ingress: KubeObject): string {
  const rules = list<{ host?: string }>('.spec.rules')(ingress);
  const hosts = rules.flatMap(({ host }) => host || []);
  return hosts.length === 0 ? '*' : some(hosts, 3, Math.max(hosts.length, rules.length));
}

function endpoints(object: KubeObject): string {
  type Subset = { addresses?: { ip: string }[]; ports?: { port: number }[] };
  const subsets = list<Subset>('.subsets')(object);
  const found = subsets.flatMap(({ addresses = [], ports }) =>
    ports?.length
      ? ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`))
      : addresses.map(({ ip }) => ip),
  );
  return subsets.length === 0 ? '<none>' : some(found, 3);
}

function nodeStatus(node: KubeObject): string {
  const conditions = list<{ type: string; status: string }>('.status.conditions')(node);
  const ready = conditions.find(({ type }) => type === 'Ready');
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return jsonPath('.spec.unschedulable')(node) ? `${word},SchedulingDisabled` : word;
}

function nodeRoles({ metadata }: KubeObject): string {
  const PREFIX = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key === 'kubernetes.io/role' ? value : '',
  );
  return [...new Set(roles)].filter(Boolean).sort().join(',') || '<none>';
}

const nodeAddress = (type: string): Cell => at(`.status.addresses[?(@.type=="${type}")].address`, '<none>');

const kernel: Cell = (node, now) => {
  const architecture = at('.status.nodeInfo.architecture')(node, now);
  const version = at('.status.nodeInfo.kernelVersion', '<unknown>')(node, now);
  return architecture === '' ? version : `${version} (${architecture})`;
};

/** Events have other field names in `events.k8s.io`. */
const either =
  (path: string, other: string, missing: unknown = ''): Cell =>
  (object, now) =>
    at(path, undefined)(object, now) ?? at(other, missing)(object, now);

const firstSeen: Cell = (event, now) =>
  ageOf(either('.firstTimestamp', '.deprecatedFirstTimestamp')(event, now) || at('.eventTime')(event, now), now);

const lastSeen: Cell = (event, now) => {
  const repeated = at('.series.lastObservedTime')(event, now);
  const last = repeated || either('.lastTimestamp', '.deprecatedLastTimestamp')(event, now);
  return last ? ageOf(last, now) : firstSeen(event, now);
};

const eventObject: Cell = (event, now) => {
  const kind = String(either('.involvedObject.kind', '.regarding.kind')(event, now)).toLowerCase();
  const name = either('.involvedObject.name', '.regarding.name')(event, now);
  return name ? `${kind}/${name}` : kind;
};

const eventSource: Cell = (event, now) => {
  const component = either('.source.component', '.reportingComponent')(event, now);
  const instance = either('.source.host', '.reportingInstance')(event, now);
  return [component || at('.reportingController')(event, now), instance].filter(Boolean).join(', ');
};

const ACCESS: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const accessModes =
  (path: string): Cell =>
  (object) => {
    const modes = list<string>(path)(object);
    return Object.entries(ACCESS)
      .filter(([mode]) => modes.includes(mode))
      .map(([, short]) => short)
      .join(',');
  };

const volumePhase: Cell = (object, now) =>
  object.metadata.deletionTimestamp === undefined ? at('.status.phase')(object, now) : 'Terminating';
const volumeClass = text('StorageClass', '.spec.storageClassName');
const attributesClass = text('VolumeAttributesClass', '.spec.volumeAttributesClassName', '<unset>');
const volumeMode = wide(text('VolumeMode', '.spec.volumeMode', '<unset>'));

/** What a claim got shows only once it has a volume. */
const bound =
  (read: Cell): Cell =>
  (claim, now) =>
    at('.spec.volumeName')(claim, now) === '' ? '' : read(claim, now);

const quota =
  (limits: boolean): Cell =>
  (object) => {
    const hard = (jsonPath('.status.hard')(object) ?? {}) as Record<string, string>;
    const used = (jsonPath('.status.used')(object) ?? {}) as Record<string, string>;
    return Object.keys(hard)
      .sort()
      .filter((resource) => resource.startsWith('limits.') === limits)
      .map((resource) => `${resource}: ${used[resource] ?? '0'}/${hard[resource]}`)
      .join(', ');
  };

interface MetricTarget {
  readonly averageUtilization?: number;
  readonly averageValue?: string;
  readonly value?: string;
}

function autoscalerTargets(object: KubeObject): string {
  type Metric = { type: string } & Record<string, { name?: string; target?: MetricTarget; current?: MetricTarget }>;
  const current = list<Metric>('.status.currentMetrics')(object);
  const targets = list<Metric>('.spec.metrics')(object).map((metric, index) => {
    const source = metric.type.charAt(0).toLowerCase() + metric.type.slice(1);
    const { name, target = {} } = metric[source] ?? {};
    const now = current[index]?.[source]?.current ?? {};
    if (!source.toLowerCase().endsWith('resource')) {
      if (target.averageValue === undefined) return `${now.value ?? '<unknown>'}/${target.value}`;
      return `${now.averageValue ?? '<unknown>'}/${target.averageValue}${source === 'pods' ? '' : ' (avg)'}`;
    }
    if (target.averageValue !== undefined) return `${name}: ${now.averageValue ?? '<unknown>'}/${target.averageValue}`;
    const percent = (value: number | undefined, missing: string) => (value === undefined ? missing : `${value}%`);
    return `${name}: ${percent(now.averageUtilization, '<unknown>')}/${percent(target.averageUtilization, '<auto>')}`;
  });
  return targets.length === 0 ? '<none>' : some(targets, 2, targets.length, ', ');
}

const paramKind: Cell = (policy) => {
  const { apiVersion, kind } = (jsonPath('.spec.paramKind')(policy) ?? {}) as { apiVersion?: string; kind?: string };
  return kind === undefined ? '<unset>' : `${apiVersion}/${kind}`;
};

const paramRef: Cell = (binding, now) => {
  const name = at('.spec.paramRef.name')(binding, now);
  return name === '' ? '<unset>' : `${at('.spec.paramRef.namespace', '*')(binding, now)}/${name}`;
};

function servedVersions(definition: KubeObject): string {
  return list<{ name: string; served: boolean; storage: boolean }>('.spec.versions')(definition)
    .filter(({ served }) => served)
    .map(({ name, storage }) => (storage ? `${name}(storage)` : name))
    .sort()
    .join(',');
}

function csrCondition(request: KubeObject): string {
  const types = list<{ type: string }>('.status.conditions')(request).map(({ type }) => type);
  const decided = ['Denied', 'Approved'].find((type) => types.includes(type)) ?? 'Pending';
  const issued = jsonPath('.status.certificate')(request) ? ',Issued' : '';
  return `${decided}${types.includes('Failed') ? ',Failed' : ''}${issued}`;
}

const REPLICAS: Column[] = [number('Desired', '.spec.replicas'), number('Current', '.status.replicas')];
const WEBHOOKS: Column[] = [NAME, cell('Webhooks', sizeOf('.webhooks'), 'integer'), AGE];
const POLICY_BINDING: Column[] = [NAME, text('PolicyName', '.spec.policyName'), cell('ParamRef', paramRef), AGE];
const TEMPLATE = '.spec.template';
const JOB_TEMPLATE = '.spec.jobTemplate.spec';

const KINDS: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    NAME,
    cell('Ready', (object, now) => {
      const { ready, containers: total } = summarize(object as PodView, now);
      return `${ready}/${total}`;
    }),
    cell('Status', podSummary('status')),
    cell('Restarts', podSummary('restarts')),
    AGE,
    wide(text('IP', '.status.podIPs[0].ip', '<none>')),
    wide(text('Node', '.spec.nodeName', '<none>')),
    wide(text('Nominated Node', '.status.nominatedNodeName', '<none>')),
    wide(cell('Readiness Gates', pod(readinessGates))),
  ],
  deployments: [
    NAME,
    cell('Ready', ratio('.status.readyReplicas', '.spec.replicas')),
    cell('Up-to-date', at('.status.updatedReplicas', 0)),
    cell('Available', at('.status.availableReplicas', 0)),
    AGE,
    ...containers(TEMPLATE),
    wide(selectorAt('.spec.selector')),
  ],
  replicasets: [
    NAME,
    ...REPLICAS,
    number('Ready', '.status.readyReplicas'),
    AGE,
    ...containers(TEMPLATE),
    wide(selectorAt('.spec.selector')),
  ],
  replicationcontrollers: [
    NAME,
    ...REPLICAS,
    number('Ready', '.status.readyReplicas'),
    AGE,
    ...containers(TEMPLATE),
    wide(labelsAt('Selector', '.spec.selector')),
  ],
  statefulsets: [NAME, cell('Ready', ratio('.status.readyReplicas', '.spec.replicas')), AGE, ...containers(TEMPLATE)],
  daemonsets: [
    NAME,
    number('Desired', '.status.desiredNumberScheduled'),
    number('Current', '.status.currentNumberScheduled'),
    number('Ready', '.status.numberReady'),
    number('Up-to-date', '.status.updatedNumberScheduled'),
    number('Available', '.status.numberAvailable'),
    labelsAt('Node Selector', '.spec.template.spec.nodeSelector'),
    AGE,
    ...containers(TEMPLATE),
    wide(selectorAt('.spec.selector')),
  ],
  jobs: [
    NAME,
    cell('Status', jobStatus),
    cell('Completions', jobCompletions),
    cell('Duration', jobDuration),
    AGE,
    ...containers(TEMPLATE),
    wide(selectorAt('.spec.selector')),
  ],
  cronjobs: [
    NAME,
    text('Schedule', '.spec.schedule'),
    text('Timezone', '.spec.timeZone', '<none>'),
    cell('Suspend', (job) => printed(jsonPath('.spec.suspend')(job)), 'boolean'),
    cell('Active', sizeOf('.status.active'), 'integer'),
    cell('Last Schedule', (job, now) => {
      const last = jsonPath('.status.lastScheduleTime')(job);
      return last === undefined ? '<none>' : ageOf(last, now);
    }),
    AGE,
    ...containers(`${JOB_TEMPLATE}.template`),
    wide(selectorAt(`${JOB_TEMPLATE}.selector`)),
  ],
  controllerrevisions: [
    NAME,
    cell('Controller', ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      if (!owner) return '<none>';
      const [group, version] = owner.apiVersion.split('/');
      return `${owner.kind.toLowerCase()}${version === undefined ? '' : `.${group}`}/${owner.name}`;
    }),
    cell('Revision', at('.revision', 0)),
    AGE,
  ],
  services: [
    NAME,
    text('Type', '.spec.type'),
    text('Cluster-IP', '.spec.clusterIP', '<none>'),
    cell('External-IP', externalIp),
    cell('Port(s)', servicePorts),
    AGE,
    wide(labelsAt('Selector', '.spec.selector')),
  ],
  endpoints: [NAME, cell('Endpoints', endpoints), AGE],
  endpointslices: [
    NAME,
    text('AddressType', '.addressType'),
    cell('Ports', (slice) => {
      const ports = list<{ port?: number; name?: string }>('.ports')(slice);
      return (
        some(
          ports.map(({ port, name }) => String(port ?? name ?? '*')),
          3,
        ) || '<unset>'
      );
    }),
    cell('Endpoints', (slice) => {
      const found = list<{ addresses: string[] }>('.endpoints')(slice).flatMap(({ addresses }) => addresses);
      return some(found, 3) || '<unset>';
    }),
    AGE,
  ],
  ingresses: [
    NAME,
    text('Class', '.spec.ingressClassName', '<none>'),
    cell('Hosts', ingressHosts),
    cell('Address', (ingress) => loadBalancer(ingress).join(',')),
    cell('Ports', (ingress) => (sizeOf('.spec.tls')(ingress) > 0 ? '80, 443' : '80')),
    AGE,
  ],
  networkpolicies: [NAME, selectorAt('.spec.podSelector', 'Pod-Selector'), AGE],
  configmaps: [NAME, cell('Data', (map) => sizeOf('.data')(map) + sizeOf('.binaryData')(map)), AGE],
  secrets: [NAME, text('Type', '.type'), cell('Data', sizeOf('.data')), AGE],
  serviceaccounts: [NAME, AGE],
  namespaces: [NAME, text('Status', '.status.phase'), AGE],
  nodes: [
    NAME,
    cell('Status', nodeStatus),
    cell('Roles', nodeRoles),
    AGE,
    text('Version', '.status.nodeInfo.kubeletVersion'),
    wide(cell('Internal-IP', nodeAddress('InternalIP'))),
    wide(cell('External-IP', nodeAddress('ExternalIP'))),
    wide(text('OS-Image', '.status.nodeInfo.osImage', '<unknown>')),
    wide(cell('Kernel-Version', kernel)),
    wide(text('Container-Runtime', '.status.nodeInfo.containerRuntimeVersion', '<unknown>')),
  ],
  events: [
    cell('Last Seen', lastSeen),
    text('Type', '.type'),
    text('Reason', '.reason'),
    cell('Object', eventObject),
    wide(cell('Subobject', either('.involvedObject.fieldPath', '.regarding.fieldPath'))),
    wide(cell('Source', eventSource)),
    cell('Message', (event, now) => String(either('.message', '.note')(event, now)).trim()),
    wide(cell('First Seen', firstSeen)),
    wide(
      cell(
        'Count',
        (event, now) => at('.series.count')(event, now) || either('.count', '.deprecatedCount', 1)(event, now),
      ),
    ),
    wide(NAME),
  ],
  resourcequotas: [NAME, cell('Request', quota(false)), cell('Limit', quota(true)), AGE],
  persistentvolumeclaims: [
    NAME,
    cell('Status', volumePhase),
    text('Volume', '.spec.volumeName'),
    cell('Capacity', bound(at('.status.capacity.storage'))),
    cell('Access Modes', bound(accessModes('.status.accessModes'))),
    volumeClass,
    attributesClass,
    AGE,
    volumeMode,
  ],
  persistentvolumes: [
    NAME,
    text('Capacity', '.spec.capacity.storage'),
    cell('Access Modes', accessModes('.spec.accessModes')),
    text('Reclaim Policy', '.spec.persistentVolumeReclaimPolicy'),
    cell('Status', volumePhase),
    cell('Claim', (volume) => {
      const claim = jsonPath('.spec.claimRef')(volume) as { namespace?: string; name?: string } | undefined;
      return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '';
    }),
    volumeClass,
    attributesClass,
    text('Reason', '.status.reason'),
    AGE,
    volumeMode,
  ],
  storageclasses: [
    NAME,
    text('Provisioner', '.provisioner'),
    text('ReclaimPolicy', '.reclaimPolicy', 'Delete'),
    text('VolumeBindingMode', '.volumeBindingMode', 'Immediate'),
    cell('AllowVolumeExpansion', at('.allowVolumeExpansion', false)),
    AGE,
  ],
  leases: [NAME, text('Holder', '.spec.holderIdentity'), AGE],
  rolebindings: BINDING,
  clusterrolebindings: BINDING,
  horizontalpodautoscalers: [
    NAME,
    cell('Reference', (object, now) => {
      return `${at('.spec.scaleTargetRef.kind')(object, now)}/${at('.spec.scaleTargetRef.name')(object, now)}`;
    }),
    cell('Targets', autoscalerTargets),
    cell('MinPods', (object) => printed(jsonPath('.spec.minReplicas')(object))),
    cell('MaxPods', at('.spec.maxReplicas', 0)),
    cell('Replicas', at('.status.currentReplicas', 0)),
    AGE,
  ],
  poddisruptionbudgets: [
    NAME,
    cell('Min Available', (budget) => printed(jsonPath('.spec.minAvailable')(budget), 'N/A')),
    cell('Max Unavailable', (budget) => printed(jsonPath('.spec.maxUnavailable')(budget), 'N/A')),
    number('Allowed Disruptions', '.status.disruptionsAllowed'),
    AGE,
  ],
  priorityclasses: [
    NAME,
    number('Value', '.value'),
    cell('Global-Default', at('.globalDefault', false), 'boolean'),
    AGE,
    text('PreemptionPolicy', '.preemptionPolicy'),
  ],
  mutatingwebhookconfigurations: WEBHOOKS,
  validatingwebhookconfigurations: WEBHOOKS,
  validatingadmissionpolicies: [
    NAME,
    cell('Validations', sizeOf('.spec.validations'), 'integer'),
    cell('ParamKind', paramKind),
    AGE,
  ],
  validatingadmissionpolicybindings: POLICY_BINDING,
  customresourcedefinitions: [
    NAME,
    text('Scope', '.spec.scope'),
    cell('Versions', servedVersions),
    CREATED,
    wide(text('Group', '.spec.group')),
    wide(text('Kind', '.spec.names.kind')),
    wide(cell('ShortNames', (definition) => list<string>('.spec.names.shortNames')(definition).join(','))),
    wide(cell('Established', (definition) => conditionTrue(definition, 'Established'), 'boolean')),
  ],
  certificatesigningrequests: [
    NAME,
    AGE,
    text('SignerName', '.spec.signerName', '<none>'),
    text('Requestor', '.spec.username'),
    cell('RequestedDuration', (request) => {
      const seconds = jsonPath('.spec.expirationSeconds')(request);
      return typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>';
    }),
    cell('Condition', csrCondition),
  ],
};

/** Numbers and booleans that may be missing, as text. */
function printed(value: unknown, missing = '<unset>'): string {
  if (value === undefined || value === null) return missing;
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}
