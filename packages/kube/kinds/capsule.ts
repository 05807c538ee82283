/** Kinds of Capsule 0.14, `capsule.clastix.io/v1beta2`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped } from './define.ts';
import type { Condition } from './meta.ts';

const GROUP = 'capsule.clastix.io';

export interface Tenant extends KubeObject {
  spec?: {
    owners?: { kind: 'User' | 'Group' | 'ServiceAccount'; name: string }[];
    preventDeletion?: boolean;
    cordoned?: boolean;
    forceTenantPrefix?: boolean;
    nodeSelector?: Record<string, string>;
    namespaceOptions?: { quota?: number; [field: string]: unknown };
    resourceQuotas?: { scope?: 'Tenant' | 'Namespace'; items?: { hard?: Record<string, string> }[] };
    limitRanges?: { items?: Record<string, unknown>[] };
    networkPolicies?: { items?: Record<string, unknown>[] };
    [field: string]: unknown;
  };
  status?: {
    state?: 'Active' | 'Cordoned';
    size?: number;
    namespaces?: string[];
    conditions?: Condition[];
    [field: string]: unknown;
  };
}
export const Tenant: Resource<Tenant> = clusterScoped(GROUP, 'v1beta2', 'Tenant', 'tenants');

export interface CapsuleSubject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  name: string;
}

export interface CapsuleConfiguration extends KubeObject {
  spec?: {
    users?: CapsuleSubject[];
    administrators?: CapsuleSubject[];
    userGroups?: string[];
    forceTenantPrefix?: boolean;
    [field: string]: unknown;
  };
  status?: Record<string, unknown>;
}
export const CapsuleConfiguration: Resource<CapsuleConfiguration> = clusterScoped(
  GROUP,
  'v1beta2',
  'CapsuleConfiguration',
  'capsuleconfigurations',
);
