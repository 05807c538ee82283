/** Kinds of `coordination.k8s.io/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';

/** Times are MicroTime: RFC 3339 with six digits of a second. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}
export const Lease: Resource<Lease> = namespaced('coordination.k8s.io', 'v1', 'Lease', 'leases');
