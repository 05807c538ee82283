/**
 * The shape that every Kubernetes object shares.
 * Source: Kubernetes API conventions, "Objects" and `meta/v1.ObjectMeta`.
 */

/** A link to the object that owns this one; the garbage collector deletes what has lost its owners. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `meta/v1.ObjectMeta`, the fields that we read or write. Timestamps are RFC 3339 in UTC. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  managedFields?: unknown[];
}

/** Any object; the typed kinds of `kinds/` extend it with the fields that we use. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** What names one object within a kind; `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  name: string;
  namespace?: string;
}

/**
 * The key of an object in caches and queues: `namespace/name`, or `name` alone when cluster-scoped.
 * Neither part can hold a slash, so that keys are unique.
 */
export function objectKey(ref: ObjectRef): string {
  return ref.namespace === undefined || ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`;
}
