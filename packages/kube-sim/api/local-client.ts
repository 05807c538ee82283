/**
 * The API from within: what the built-in controllers call. Reads are synchronous looks into the store; writes take the
 * way of any other (defaults, validation, admission, field ownership) as the given user, but are not asked for rights.
 * Failures are ApiErrors.
 */
import type { KubeObject, ObjectRef } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { UserInfo } from '../auth/user.ts';

export interface LocalClient {
  /** Shared: never change what you get. */
  find<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef): T | undefined;
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): T[];
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>;
  /** With `metadata.resourceVersion` an optimistic lock. */
  update<T extends KubeObject>(resource: Resource<T>, object: T, subresource?: string): Promise<T>;
  /** A merge patch (RFC 7386). */
  patch<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, patch: object, subresource?: string): Promise<T>;
  /** Resolves also when the object is not there. */
  delete(
    resource: Resource,
    ref: ObjectRef,
    options?: { uid?: string; propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'; gracePeriodSeconds?: number },
  ): Promise<void>;
}

export type LocalClientFor = (user: UserInfo) => LocalClient;
