/** Kinds of the core group, `v1`. Each is an interface with the fields that we use and a Resource of the same name. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped, namespaced } from './define.ts';
import type { Condition, ObjectReference } from './meta.ts';

export { Pod } from './pod.ts';

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: 'Active' | 'Terminating'; conditions?: Condition[] };
}
export const Namespace: Resource<Namespace> = clusterScoped('', 'v1', 'Namespace', 'namespaces');

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[]; providerID?: string };
  status?: {
    conditions?: Condition[];
    addresses?: { type: string; address: string }[];
    allocatable?: Record<string, string>;
    capacity?: Record<string, string>;
    nodeInfo?: Record<string, string>;
  };
}
export const Node: Resource<Node> = clusterScoped('', 'v1', 'Node', 'nodes');

export interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}

export interface Service extends KubeObject {
  spec?: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    clusterIP?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] }; conditions?: Condition[] };
}
export const Service: Resource<Service> = namespaced('', 'v1', 'Service', 'services');

/** `binaryData` is base64. */
export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}
export const ConfigMap: Resource<ConfigMap> = namespaced('', 'v1', 'ConfigMap', 'configmaps');

/** `data` is base64; `stringData` is write-only plain text. Its values never go into logs or errors. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}
export const Secret: Resource<Secret> = namespaced('', 'v1', 'Secret', 'secrets');

export interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name: string }[];
  secrets?: ObjectReference[];
}
export const ServiceAccount: Resource<ServiceAccount> = namespaced('', 'v1', 'ServiceAccount', 'serviceaccounts');

/** `core/v1.Event`. */
export interface Event extends KubeObject {
  involvedObject: ObjectReference;
  type?: 'Normal' | 'Warning' | string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  source?: { component?: string; host?: string };
  reportingComponent?: string;
  reportingInstance?: string;
  action?: string;
}
export const Event: Resource<Event> = namespaced('', 'v1', 'Event', 'events');

export interface EndpointSubset {
  addresses?: { ip: string; targetRef?: ObjectReference }[];
  notReadyAddresses?: { ip: string; targetRef?: ObjectReference }[];
  ports?: { name?: string; port: number; protocol?: string }[];
}
export interface Endpoints extends KubeObject {
  subsets?: EndpointSubset[];
}
export const Endpoints: Resource<Endpoints> = namespaced('', 'v1', 'Endpoints', 'endpoints');

export interface PersistentVolumeClaim extends KubeObject {
  spec?: {
    accessModes?: string[];
    storageClassName?: string;
    volumeName?: string;
    resources?: { requests?: Record<string, string> };
  };
  status?: { phase?: 'Pending' | 'Bound' | 'Lost'; conditions?: Condition[] };
}
export const PersistentVolumeClaim: Resource<PersistentVolumeClaim> = namespaced(
  '',
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
);

export interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string>; scopes?: string[] };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}
export const ResourceQuota: Resource<ResourceQuota> = namespaced('', 'v1', 'ResourceQuota', 'resourcequotas');

export interface LimitRange extends KubeObject {
  spec?: { limits?: Record<string, unknown>[] };
}
export const LimitRange: Resource<LimitRange> = namespaced('', 'v1', 'LimitRange', 'limitranges');
