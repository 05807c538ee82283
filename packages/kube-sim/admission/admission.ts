/**
 * Admission: what stands between an authorised write and the store. Plugins run in the API server's order, mutating ones
 * first; whatever refuses throws an ApiError. Source: Kubernetes, "Admission Control in Kubernetes".
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { UserInfo } from '../auth/user.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly type: ResourceType;
  /** Absent, not empty, for the object itself. */
  readonly subresource?: string;
  /** '' for cluster-scoped kinds; for a Namespace its own name, as the API server has it. */
  readonly namespace: string;
  readonly name: string;
  /** As it would be stored, and free to be changed in `mutate`; undefined on DELETE and CONNECT. For a subresource whose body is another kind (`scale`, `token`, `eviction`) it is that body. */
  object: KubeObject | undefined;
  /** As it is stored; undefined on CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** `CreateOptions`, `UpdateOptions`, `DeleteOptions`. */
  readonly options: KubeObject | undefined;
  /** Shown to the caller as `Warning` headers. */
  readonly warnings: string[];
}

export interface AdmissionPlugin {
  readonly name: string;
  /** May change `request.object` in place or replace it. */
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
