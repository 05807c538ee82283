/**
 * Which fields have owners at all: not those that the server keeps itself, and not those that a way of writing resets (a
 * write of the object its status, a write of the status everything else).
 * Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go`; `GetResetFields` of the strategies in
 * `kubernetes/pkg/registry`. Left out: what `pods/ephemeralcontainers` and `pods/resize` reset.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { type Comparison, compareValues } from './compare.ts';
import { difference, type FieldSet, LEAF } from './field-set.ts';
import { isMap, type JsonMap } from './json-value.ts';
import { fieldsOf } from './typed.ts';

/** Fields of the object, and of its metadata, that a way of writing resets. */
interface Reset {
  readonly root: readonly string[];
  readonly metadata?: readonly string[];
}

const BY_STATUS: Readonly<Record<string, Reset>> = {
  deployments: { root: ['spec'], metadata: ['labels'] },
  pods: { root: ['spec'], metadata: ['deletionTimestamp', 'ownerReferences'] },
};
/** Kinds whose status cannot be written together with metadata, besides custom ones. */
const STRICT = new Set(
  `apiservices csinodes flowschemas prioritylevelconfigurations servicecidrs validatingadmissionpolicies
  volumeattachments`.split(/\s+/),
);

function resetBy({ plural, crd, subresources }: ResourceType, subresource: string | undefined): Reset {
  if (subresource !== 'status') return { root: subresources.status ? ['status'] : [] };
  if (crd !== undefined || STRICT.has(plural)) return { root: ['spec', 'metadata'] };
  return BY_STATUS[plural] ?? { root: ['spec'] };
}

/** The object without what cannot be owned. */
function ownable(type: ResourceType, object: JsonMap | undefined, subresource: string | undefined): JsonMap {
  const reset = resetBy(type, subresource);
  const { apiVersion: _, kind: __, ...rest } = object ?? {};
  const all: JsonMap = isMap(rest.metadata) ? rest.metadata : {};
  const { name, namespace, creationTimestamp, selfLink, uid, clusterName, ...others } = all;
  const { generation, managedFields, resourceVersion, ...metadata } = others;
  for (const field of reset.metadata ?? []) delete metadata[field];
  // Metadata itself is nobody's: it is always there.
  rest.metadata = metadata;
  for (const field of reset.root) delete rest[field];
  return rest;
}

/** What changed between two states, as far as it can be owned. */
export function compareObjects(
  type: ResourceType,
  before: KubeObject | undefined,
  after: KubeObject,
  subresource: string | undefined,
): Comparison {
  const [was, is] = [ownable(type, before, subresource), ownable(type, after, subresource)];
  // A new object is compared with an empty one of Go's, in which these are written too.
  const counts = ([, value]: [string, unknown]): boolean => value !== null && value !== '';
  if (before === undefined && type.crd === undefined) {
    return compareValues(type.schema, was, Object.fromEntries(Object.entries(is).filter(counts)), true) ?? {};
  }
  return compareValues(type.schema, was, is, type.crd === undefined) ?? {};
}

const METADATA_ITSELF: FieldSet = { 'f:metadata': LEAF };

/** What an applied configuration owns. */
export function appliedFields(type: ResourceType, applied: KubeObject, subresource: string | undefined): FieldSet {
  return difference(fieldsOf(type.schema, ownable(type, applied, subresource)) ?? LEAF, METADATA_ITSELF);
}
