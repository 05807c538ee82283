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
import { isMap, type JsonMap, put } from './json-value.ts';
import { fieldsOf } from './typed.ts';

interface Untracked {
  readonly root: ReadonlySet<string>;
  readonly metadata: ReadonlySet<string>;
}

const ROOT = ['apiVersion', 'kind'];
const METADATA = [
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'],
  ...['generation', 'managedFields', 'resourceVersion'],
];
const untrackedFields = (root: string[], metadata: string[] = []): Untracked => ({
  root: new Set([...ROOT, ...root]),
  metadata: new Set([...METADATA, ...metadata]),
});

const EVERYTHING = untrackedFields([]);
const NOT_STATUS = untrackedFields(['status']);
const STATUS = untrackedFields(['spec']);
const STATUS_ALONE = untrackedFields(['spec', 'metadata']);
const BY_STATUS: Readonly<Record<string, Untracked>> = {
  deployments: untrackedFields(['spec'], ['labels']),
  pods: untrackedFields(['spec'], ['deletionTimestamp', 'ownerReferences']),
};
/** Kinds whose status cannot be written together with metadata, besides custom ones. */
const STRICT = new Set(
  `apiservices csinodes flowschemas prioritylevelconfigurations servicecidrs validatingadmissionpolicies
  volumeattachments`.split(/\s+/),
);

/** What a write cannot own: what the server sets itself, and the part of the object that this way of writing resets. */
function untrackedBy({ plural, crd, subresources }: ResourceType, subresource: string | undefined): Untracked {
  if (subresource === 'status') {
    return crd !== undefined || STRICT.has(plural) ? STATUS_ALONE : (BY_STATUS[plural] ?? STATUS);
  }
  return 'status' in subresources ? NOT_STATUS : EVERYTHING;
}

/** The object without what cannot be owned. */
function ownable(type: ResourceType, object: JsonMap | undefined, subresource: string | undefined): JsonMap {
  const untracked = untrackedBy(type, subresource);
  const without = (map: unknown, names: ReadonlySet<string>): JsonMap => {
    const rest: JsonMap = {};
    if (isMap(map)) for (const field in map) if (!names.has(field)) put(rest, field, map[field]);
    return rest;
  };
  const rest = without(object, untracked.root);
  // Metadata itself is nobody's: it is always there.
  return untracked.root.has('metadata') ? rest : { ...rest, metadata: without(object?.metadata, untracked.metadata) };
}

/** What changed between two states, as far as it can be owned. */
export function compareObjects(
  type: ResourceType,
  before: KubeObject | undefined,
  after: KubeObject,
  subresource: string | undefined,
): Comparison {
  const [was, is] = [ownable(type, before, subresource), ownable(type, after, subresource)];
  return compareValues(type.schema, was, is, type.crd === undefined) ?? {};
}

const METADATA_ITSELF: FieldSet = { 'f:metadata': LEAF };

/** What an applied configuration owns. */
export function appliedFields(type: ResourceType, applied: KubeObject, subresource: string | undefined): FieldSet {
  return difference(fieldsOf(type.schema, ownable(type, applied, subresource)) ?? LEAF, METADATA_ITSELF);
}
