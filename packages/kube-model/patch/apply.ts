/**
 * Server-side apply: a configuration is laid over the object, its manager owns exactly its fields from now on, and what
 * it owned before and nobody else does goes away.
 * Source: Kubernetes, "Server-Side Apply"; `sigs.k8s.io/structured-merge-diff/merge`, `update.go`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { ApiError, badRequest } from '../api-error.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { compareValues } from './compare.ts';
import { difference, type FieldSet, intern, intersection, LEAF, paths, pathText, union } from './field-set.ts';
import { isEmpty, isEqual, isMap, type JsonMap } from './json-value.ts';
import { entriesOf, entryOf, inOrder, isSame, type ManagedFieldsEntry, record } from './managed-fields.ts';
import { mergeTyped, removeFields, withDeclaredFields } from './merge-typed.ts';
import { appliedFields, compareObjects } from './ownable-fields.ts';
import { typeErrors } from './type-errors.ts';
import { fieldsOf } from './typed.ts';

export interface ApplyOptions {
  readonly type: ResourceType;
  /** Undefined when the object is new. */
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly path: readonly string[];
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Applied by everybody and owned by nobody: what keeps `metadata` from being pruned. */
const NAME: FieldSet = { 'f:metadata': { 'f:name': LEAF } };

/**
 * The object as it is after the apply, with its managedFields, before defaults, admission and the strategy. Neither
 * object that comes in is changed; the answer shares parts with both.
 *
 * @throws ApiError 400 for a configuration of another kind or with managedFields, 409 with a cause for each field
 *   that somebody else owns and that it would change, 500 (as the real one) for fields that the kind does not have
 */
export function serverSideApply(options: ApplyOptions): KubeObject {
  const { type, live, applied, manager } = options;
  checkConfiguration(type, applied);
  let result = attempt(options);
  if ('conflicts' in result) {
    // kubectl moves from client-side to server-side apply: what it applied the old way is its own.
    const old = manager === 'kubectl' && live ? lastApplied(type, live) : undefined;
    const { conflicts } = result;
    const left = old ? conflicts.filter(({ path }) => !hasPath(old, path)) : conflicts;
    result = left.length === 0 ? attempt({ ...options, force: true }) : { conflicts: left };
  }
  if ('conflicts' in result) throw conflictError(result.conflicts);
  if (manager !== 'kubectl' || !result.object.metadata.annotations?.[LAST_APPLIED]) return result.object;
  return withLastApplied(result.object, applied);
}

function attempt(options: ApplyOptions): { object: KubeObject } | { conflicts: Conflict[] } {
  const { type, applied, manager, subresource, now, force } = options;
  const live: JsonMap = options.live ?? {};
  const before = trackedBefore(options);
  const last = before.find((entry) => isSame(entry, entryOf(type, manager, 'Apply', subresource, LEAF)));
  const others = before.filter((entry) => entry !== last);
  const fields = appliedFields(type, applied, subresource);
  const self = entryOf(type, manager, 'Apply', subresource, intern(fields), last?.time);

  const merged = mergeTyped(type.schema, live, applied) as KubeObject;
  const owned = [...others, self].reduce((all, entry) => union(all, entry.fieldsV1), NAME);
  const object = last ? prune(type, merged, last.fieldsV1, owned) : merged;
  const { changed, removed } = compareObjects(type, options.live, object, subresource);
  if (changed && !force) {
    const conflictsWith = (entry: ManagedFieldsEntry): Conflict[] =>
      paths(intersection(entry.fieldsV1, changed)).map((path) => ({ entry, path }));
    const conflicts = others.flatMap(conflictsWith);
    if (conflicts.length > 0) return { conflicts };
  }
  const left = changed || removed ? record(others, changed, removed) : others;
  // An apply that changes nothing does not renew the time.
  const same = options.live !== undefined && isEqual(object, live);
  const mine = same ? self : { ...self, time: now };
  const entries = isEmpty(fields) ? [...left] : [...left, mine];
  const { managedFields: _, ...metadata } = object.metadata;
  const owners = entries.length > 0 && { managedFields: entries.sort(inOrder) };
  return { object: { ...object, metadata: { ...metadata, ...owners } } };
}

/** An object that nobody tracks so far belongs to whoever wrote it before the first apply. */
function trackedBefore({ type, live, subresource, now }: ApplyOptions): readonly ManagedFieldsEntry[] {
  const entries = entriesOf(live);
  if (entries.length > 0 || live === undefined) return entries;
  const { changed } = compareObjects(type, undefined, live, subresource);
  return changed ? [entryOf(type, 'before-first-apply', 'Update', subresource, changed, now)] : [];
}

/** Takes out what was applied last time, unless it is applied again, owned by others, or owned by nobody. */
function prune({ schema }: ResourceType, merged: KubeObject, last: FieldSet, owned: FieldSet): KubeObject {
  const named = (set: FieldSet | undefined): FieldSet => withDeclaredFields(schema, set ?? LEAF);
  const all = named(fieldsOf(schema, merged));
  const without = (gone: FieldSet): unknown => removeFields(schema, merged, gone);
  const fieldsWithout = (gone: FieldSet): FieldSet => named(fieldsOf(schema, without(gone)));
  const bare = fieldsWithout(named(last));
  const withOwned = fieldsWithout(difference(all, union(bare, named(owned))));
  return without(intersection(difference(all, withOwned), named(last))) as KubeObject;
}

function checkConfiguration(type: ResourceType, applied: KubeObject): void {
  const { apiVersion = '', kind = '' } = applied;
  const gvk = `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
  if (apiVersion !== apiVersionOf(type) || kind !== type.kind) {
    throw badRequest(`invalid object type: ${gvk}`);
  }
  const given: unknown = applied.metadata?.managedFields;
  if (given !== undefined && given !== null) throw badRequest('metadata.managedFields must be nil');
  const errors = typeErrors(type.schema, applied);
  if (errors.length > 0) {
    const { namespace = '', name = '' } = applied.metadata ?? {};
    const told = errors.length === 1 ? errors[0] : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
    throw new ApiError(500, '', `failed to create typed patch object (${namespace}/${name}; ${gvk}): ${told}`);
  }
}

/** What `kubectl apply` left in its annotation and is still so. */
function lastApplied(type: ResourceType, live: KubeObject): FieldSet | undefined {
  try {
    const old: unknown = JSON.parse(live.metadata.annotations?.[LAST_APPLIED] ?? '');
    if (!isMap(old) || old.apiVersion !== apiVersionOf(type)) return undefined;
    const { changed, removed } = compareValues(type.schema, old, live, type.crd === undefined) ?? {};
    const fields = fieldsOf(type.schema, old) ?? LEAF;
    return difference(difference(fields, changed ?? LEAF), removed ?? LEAF);
  } catch {
    return undefined;
  }
}

function hasPath(set: FieldSet, path: readonly string[]): boolean {
  const only = path.reduceRight((inner: FieldSet, element) => ({ [element]: inner }), LEAF);
  return !isEmpty(intersection(set, only));
}

/** Keeps the annotation true for kubectl that still applies on the client's side. */
function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const { [LAST_APPLIED]: _, ...annotations } = applied.metadata.annotations ?? {};
  const { annotations: given, ...metadata } = applied.metadata;
  const bare = { ...applied, metadata: { ...metadata, ...(given && !isEmpty(annotations) && { annotations }) } };
  const all = { ...object.metadata.annotations, [LAST_APPLIED]: `${sortedJson(bare)}\n` };
  return { ...object, metadata: { ...object.metadata, annotations: all } };
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isMap(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** `"kubectl" with subresource "scale" using apps/v1` */
function managerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const part = subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${part}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const byManager = conflicts.map(({ entry, path }) => ({ manager: managerText(entry), field: pathText(path) }));
  byManager.sort((a, b) => (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0));
  const causes = byManager.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  const told = byManager.map(({ manager, field }, index) => {
    if (conflicts.length === 1) return `conflict with ${manager}: ${field}`;
    return `${manager === byManager[index - 1]?.manager ? '' : `conflicts with ${manager}:\n`}- ${field}`;
  });
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  return new ApiError(409, 'Conflict', `Apply failed with ${count}: ${told.join('\n')}`, { causes });
}
