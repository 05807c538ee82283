/**
 * The columns of the built-in kinds, as data: `Name: source`, where the source is a JSONPath or the name of a cell
 * function, and `?text` stands there when nothing is found. A `*` marks what only `-o wide` shows, `#` a column of type
 * integer, `!` of type boolean. `Name` and `Age` need no source. Descriptions are left out.
 *
 * Source: `kubernetes/pkg/printers/internalversion`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { CELLS } from './cells.ts';
import { ageOf } from './human-duration.ts';
import { jsonPath } from './json-path.ts';

/** What a row shows in one column; undefined leaves it empty. */
export type Cell = (object: KubeObject, now: number) => unknown;

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: Cell;
}

const REPLICATED = '#Desired: .spec.replicas ?0 | #Current: .status.replicas ?0 | #Ready: .status.readyReplicas ?0';
const TEMPLATE = '*Containers: containers | *Images: images';
const SELECTED = `${TEMPLATE} | *Selector: selector`;
const BINDING = 'Name | Role: role | Age | *Users: users | *Groups: groups | *ServiceAccounts: serviceAccounts';
const WEBHOOKS = 'Name | #Webhooks: webhooks | Age';
const POLICY_BINDING = 'Name | PolicyName: .spec.policyName | ParamRef: paramRef | Age';
const VOLUME = 'StorageClass: .spec.storageClassName | VolumeAttributesClass: .spec.volumeAttributesClassName ?<unset>';
const MODE = '*VolumeMode: .spec.volumeMode ?<unset>';

const KINDS: Readonly<Record<string, string>> = {
  pods: `Name | Ready: podReady | Status: podStatus | Restarts: podRestarts | Age
    | *IP: .status.podIPs[0].ip ?<none> | *Node: .spec.nodeName ?<none>
    | *Nominated Node: .status.nominatedNodeName ?<none> | *Readiness Gates: readinessGates`,
  deployments: `Name | Ready: readyReplicas | Up-to-date: .status.updatedReplicas ?0
    | Available: .status.availableReplicas ?0 | Age | ${SELECTED}`,
  replicasets: `Name | ${REPLICATED} | Age | ${SELECTED}`,
  replicationcontrollers: `Name | ${REPLICATED} | Age | ${TEMPLATE} | *Selector: serviceSelector`,
  statefulsets: `Name | Ready: readyReplicas | Age | ${TEMPLATE}`,
  daemonsets: `Name | #Desired: .status.desiredNumberScheduled ?0 | #Current: .status.currentNumberScheduled ?0
    | #Ready: .status.numberReady ?0 | #Up-to-date: .status.updatedNumberScheduled ?0
    | #Available: .status.numberAvailable ?0 | Node Selector: nodeSelector | Age | ${SELECTED}`,
  jobs: `Name | Status: jobStatus | Completions: jobCompletions | Duration: jobDuration | Age | ${SELECTED}`,
  cronjobs: `Name | Schedule: .spec.schedule | Timezone: .spec.timeZone ?<none> | !Suspend: suspended
    | #Active: activeJobs | Last Schedule: lastSchedule | Age | *Containers: cronContainers | *Images: cronImages
    | *Selector: cronSelector`,
  services: `Name | Type: .spec.type | Cluster-IP: .spec.clusterIPs[0] ?<none> | External-IP: externalIp
    | Port(s): servicePorts | Age | *Selector: serviceSelector`,
  endpoints: 'Name | Endpoints: endpoints | Age',
  endpointslices: 'Name | AddressType: .addressType | Ports: slicePorts | Endpoints: sliceEndpoints | Age',
  ingresses: `Name | Class: .spec.ingressClassName ?<none> | Hosts: ingressHosts | Address: loadBalancer
    | Ports: ingressPorts | Age`,
  networkpolicies: 'Name | Pod-Selector: podSelector | Age',
  configmaps: 'Name | Data: dataSize | Age',
  secrets: 'Name | Type: .type | Data: dataSize | Age',
  serviceaccounts: 'Name | Age',
  namespaces: 'Name | Status: .status.phase | Age',
  nodes: `Name | Status: nodeStatus | Roles: nodeRoles | Age | Version: .status.nodeInfo.kubeletVersion
    | *Internal-IP: .status.addresses[?(@.type=="InternalIP")].address ?<none>
    | *External-IP: .status.addresses[?(@.type=="ExternalIP")].address ?<none>
    | *OS-Image: .status.nodeInfo.osImage ?<unknown> | *Kernel-Version: kernelVersion
    | *Container-Runtime: .status.nodeInfo.containerRuntimeVersion ?<unknown>`,
  events: `Last Seen: lastSeen | Type: .type | Reason: .reason | Object: eventObject
    | *Subobject: .involvedObject.fieldPath | *Source: eventSource | Message: eventMessage | *First Seen: firstSeen
    | *Count: eventCount | *Name`,
  resourcequotas: 'Name | Request: quotaRequests | Limit: quotaLimits | Age',
  persistentvolumeclaims: `Name | Status: volumePhase | Volume: .spec.volumeName | Capacity: .status.capacity.storage
    | Access Modes: claimModes | ${VOLUME} | Age | ${MODE}`,
  persistentvolumes: `Name | Capacity: .spec.capacity.storage | Access Modes: volumeModes
    | Reclaim Policy: .spec.persistentVolumeReclaimPolicy | Status: volumePhase | Claim: volumeClaim | ${VOLUME}
    | Reason: .status.reason | Age | ${MODE}`,
  storageclasses: `Name | Provisioner: .provisioner | ReclaimPolicy: .reclaimPolicy ?Delete
    | VolumeBindingMode: .volumeBindingMode ?Immediate | AllowVolumeExpansion: .allowVolumeExpansion ?false | Age`,
  leases: 'Name | Holder: .spec.holderIdentity | Age',
  rolebindings: BINDING,
  clusterrolebindings: BINDING,
  horizontalpodautoscalers: `Name | Reference: scaleTarget | Targets: scaleMetrics | MinPods: minReplicas
    | MaxPods: .spec.maxReplicas ?0 | Replicas: .status.currentReplicas ?0 | Age`,
  poddisruptionbudgets: `Name | Min Available: minAvailable | Max Unavailable: maxUnavailable
    | #Allowed Disruptions: .status.disruptionsAllowed ?0 | Age`,
  priorityclasses: `Name | #Value: .value ?0 | !Global-Default: .globalDefault ?false | Age
    | PreemptionPolicy: .preemptionPolicy`,
  mutatingwebhookconfigurations: WEBHOOKS,
  validatingwebhookconfigurations: WEBHOOKS,
  validatingadmissionpolicies: 'Name | #Validations: validations | ParamKind: paramKind | Age',
  validatingadmissionpolicybindings: POLICY_BINDING,
  customresourcedefinitions: `Name | Scope: .spec.scope | Versions: servedVersions | Created At | *Group: .spec.group
    | *Kind: .spec.names.kind | *ShortNames: shortNames | *!Established: established`,
};

const parsed = new Map<string, readonly Column[]>();

/** The columns of a kind that no CRD defines; `Created At` is all that most of them show. */
export function columnsOf({ plural }: ResourceType): readonly Column[] {
  const known = parsed.get(plural);
  if (known) return known;
  const columns = (KINDS[plural] ?? 'Name | Created At').split('|').map((text) => columnOf(text.trim()));
  parsed.set(plural, columns);
  return columns;
}

const ALWAYS: Readonly<Record<string, Column>> = {
  Name: { name: 'Name', type: 'string', format: 'name', cell: ({ metadata }) => metadata.name },
  Age: { name: 'Age', type: 'string', cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now) },
  'Created At': { name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp },
};

function columnOf(text: string): Column {
  const [, marks = '', name = '', source = '', missing = ''] =
    /^([*#!]*)([^:]+)(?:: (\S+))?(?: \?(.+))?$/.exec(text) ?? [];
  const type = marks.includes('#') ? 'integer' : marks.includes('!') ? 'boolean' : 'string';
  const priority = marks.includes('*') ? 1 : 0;
  const always = ALWAYS[name];
  if (always && source === '') return { ...always, priority };
  if (!source.startsWith('.')) return { name, type, priority, cell: CELLS[source] ?? (() => undefined) };
  const read = jsonPath(source);
  const instead = missing === '0' ? 0 : missing === 'false' ? false : missing;
  return { name, type, priority, cell: (object) => read(object) || instead };
}
