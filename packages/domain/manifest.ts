/**
 * A Kubernetes object as this package makes and reads it. It is structural on purpose: whatever the Kubernetes client
 * calls its objects fits, and the pure core needs no client to be tested.
 */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: ManifestMetadata;
  [field: string]: unknown;
}

/** The metadata that KubeNova sets or looks at. */
export interface ManifestMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: ManifestOwnerReference[];
  finalizers?: string[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
}

/** As in `metav1.OwnerReference`. */
export interface ManifestOwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** True for a JSON object: neither null, nor an array, nor a scalar. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `Kind namespace/name`, as messages name an object. */
export function objectTitle(object: {
  kind?: unknown;
  metadata?: { name?: unknown; namespace?: unknown } | undefined;
}): string {
  const kind = typeof object.kind === 'string' && object.kind !== '' ? object.kind : 'object';
  const name = object.metadata?.name;
  const namespace = object.metadata?.namespace;
  if (typeof name !== 'string' || name === '') return `${kind} without a name`;
  return typeof namespace === 'string' && namespace !== '' ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}
