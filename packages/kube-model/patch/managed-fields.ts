/**
 * Who owns which field: `metadata.managedFields`. A write that changes a field takes it from whoever had it.
 * Source: Kubernetes, "Server-Side Apply"; `k8s.io/apimachinery/pkg/util/managedfields`.
 *
 * Left out: entries of another version of the kind are read as if they were of this one, which is right for all kinds
 * whose versions differ in content only, and sets are not migrated when a CRD turns a granular field atomic.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { difference, elementText, type FieldSet, intern, LEAF, union } from './field-set.ts';
import { isEmpty, isEqual, isMap } from './json-value.ts';
import { compareObjects } from './ownable-fields.ts';

/** `meta/v1.ManagedFieldsEntry`. Entries are never changed. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

export interface UpdateOptions {
  readonly type: ResourceType;
  /** Undefined for a create. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  /** `fieldManager`, or the first part of the user agent. */
  readonly manager: string;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/**
 * Writes `after.metadata.managedFields` for a create, update or patch (not for an apply, which has done so itself).
 *
 * Call it as the API server does: after decoding and defaults, *before* admission and the strategy. What those set
 * (a Service's clusterIP, a Pod's service account) belongs to nobody.
 */
export function trackUpdate({ type, before, after, manager, subresource, now }: UpdateOptions): void {
  const given = after.metadata.managedFields as unknown;
  delete after.metadata.managedFields;
  const entries = entriesToStart(before, subresource === undefined ? given : undefined);
  // An object whose fields nobody tracks stays so until it is applied.
  if (entries.length === 0 && before !== undefined) return;
  const { changed, removed } = compareObjects(type, before, after, subresource);
  const tracked = changed || removed ? record(entries, changed, removed) : entries;
  if (!changed) {
    if (tracked.length > 0) after.metadata.managedFields = tracked as ManagedFieldsEntry[];
    return;
  }
  const self = entryOf(type, manager, 'Update', subresource, changed, now);
  const previous = tracked.findIndex((entry) => isSame(entry, self));
  const had = tracked[previous]?.fieldsV1 ?? LEAF;
  const fields = union(had, changed);
  const mine = { ...self, fieldsV1: fields === had ? had : intern(fields) };
  const all = tracked.filter((_, index) => index !== previous);
  all.push(mine);
  after.metadata.managedFields = (all.length === 1 ? all : capped(all).sort(inOrder)) as ManagedFieldsEntry[];
}

/** The entries of the object itself; a list that the request brings counts unless it makes no sense. */
function entriesToStart(before: KubeObject | undefined, given: unknown): readonly ManagedFieldsEntry[] {
  const live = entriesOf(before);
  if (given === undefined || given === null || isEqual(given, live)) return live;
  if (!Array.isArray(given) || given.length === 0 || isEqual(given, [{}])) return [];
  try {
    return given.every(isEntry) ? given : live;
  } catch {
    return live;
  }
}

export function entriesOf(object: KubeObject | undefined): readonly ManagedFieldsEntry[] {
  return (object?.metadata.managedFields as ManagedFieldsEntry[] | undefined) ?? [];
}

/** @throws SyntaxError for a key or value that is no JSON */
function isEntry(value: unknown): value is ManagedFieldsEntry {
  const { operation, apiVersion = '', fieldsType, fieldsV1 = {} } = isMap(value) ? value : {};
  if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1') return false;
  return typeof apiVersion === 'string' && apiVersion !== '' && isFieldSet(fieldsV1);
}

function isFieldSet(value: unknown): boolean {
  const isElement = (element: string): boolean => /^([fvki]:|\.$)/.test(element) && elementText(element) !== '';
  return isMap(value) && Object.keys(value).every((element) => isElement(element) && isFieldSet(value[element]));
}

export function entryOf(
  type: ResourceType,
  manager: string,
  operation: 'Apply' | 'Update',
  subresource: string | undefined,
  fieldsV1: FieldSet,
  time?: string,
): ManagedFieldsEntry {
  return {
    manager: manager === '' ? 'unknown' : manager,
    operation,
    apiVersion: apiVersionOf(type),
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource !== undefined && { subresource }),
  };
}

/** One manager has an entry for each operation and subresource and, when it updates, for each version. */
export const isSame = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  (a.subresource ?? '') === (b.subresource ?? '') &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** Takes from every entry what changed and what went; empty entries vanish. */
export function record(
  entries: readonly ManagedFieldsEntry[],
  changed: FieldSet | undefined,
  removed: FieldSet | undefined,
): ManagedFieldsEntry[] {
  const gone = changed && removed ? union(changed, removed) : (changed ?? removed ?? LEAF);
  const left: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const fields = difference(entry.fieldsV1 ?? LEAF, gone);
    if (fields === entry.fieldsV1) left.push(entry);
    else if (!isEmpty(fields)) left.push({ ...entry, fieldsV1: fields });
  }
  return left;
}

const UPDATERS_LIMIT = 10;
const ANCIENT = 'ancient-changes';

/** Merges the oldest updaters until ten are left, one bucket for each version. */
function capped(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  let updaters = 0;
  for (const { operation } of entries) if (operation === 'Update') updaters++;
  if (updaters <= UPDATERS_LIMIT) return entries;
  const oldest = entries.filter(({ operation }) => operation === 'Update').sort(inOrder);
  const kept = new Set(entries);
  const buckets = new Map<string, ManagedFieldsEntry>();
  for (const entry of oldest) {
    if (updaters <= UPDATERS_LIMIT) break;
    const bucket = buckets.get(entry.apiVersion);
    if (bucket) {
      const { subresource: _, ...merged } = { ...entry, fieldsV1: union(entry.fieldsV1, bucket.fieldsV1) };
      kept.delete(bucket);
      kept.delete(entry);
      const ancient = { ...merged, manager: ANCIENT };
      kept.add(ancient);
      buckets.set(entry.apiVersion, ancient);
      updaters--;
    } else buckets.set(entry.apiVersion, entry);
  }
  return [...kept];
}

/** Appliers first, then by age and name. */
export function inOrder(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    byText(a.operation, b.operation) ||
    byText(a.time ?? '', b.time ?? '') ||
    byText(a.manager, b.manager) ||
    byText(a.apiVersion, b.apiVersion) ||
    byText(a.subresource ?? '', b.subresource ?? '')
  );
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
