/** Kinds of `networking.k8s.io/v1` and `discovery.k8s.io/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';
import type { LabelSelector, ObjectReference } from './meta.ts';

export interface IngressBackend {
  service?: { name: string; port?: { name?: string; number?: number } };
}

export interface IngressRule {
  host?: string;
  http?: { paths: { path?: string; pathType: string; backend: IngressBackend }[] };
}

export interface Ingress extends KubeObject {
  spec?: {
    ingressClassName?: string;
    defaultBackend?: IngressBackend;
    rules?: IngressRule[];
    tls?: { hosts?: string[]; secretName?: string }[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}
export const Ingress: Resource<Ingress> = namespaced('networking.k8s.io', 'v1', 'Ingress', 'ingresses');

export interface NetworkPolicy extends KubeObject {
  spec?: { podSelector?: LabelSelector; policyTypes?: string[]; ingress?: unknown[]; egress?: unknown[] };
}
export const NetworkPolicy: Resource<NetworkPolicy> = namespaced(
  'networking.k8s.io',
  'v1',
  'NetworkPolicy',
  'networkpolicies',
);

export interface EndpointSlice extends KubeObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
    targetRef?: ObjectReference;
    nodeName?: string;
  }[];
  ports?: { name?: string; port?: number; protocol?: string }[];
}
export const EndpointSlice: Resource<EndpointSlice> = namespaced(
  'discovery.k8s.io',
  'v1',
  'EndpointSlice',
  'endpointslices',
);
