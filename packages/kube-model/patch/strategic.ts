/**
 * Strategic merge patch: a merge patch that knows which lists are keyed, with directives of its own (`$patch`,
 * `$retainKeys`, `$deleteFromPrimitiveList/…`, `$setElementOrder/…`).
 * Source: Kubernetes, "Update API Objects in Place Using kubectl patch"; `k8s.io/apimachinery/pkg/util/strategicpatch`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, badRequest } from '../api-error.ts';
import type { Schema } from '../schema/schema.ts';
import { goKind, goText, isMap, type JsonMap, own, put } from './json-value.ts';
import { schemaOfField } from './typed.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList';
const ORDER = '$setElementOrder';

const internal = (message: string): ApiError => new ApiError(500, '', message);
const badFormat = (what: string): ApiError => badRequest(`invalid patch format of ${what}`);

/**
 * @param object never changed; parts that the patch leaves alone are shared with the answer
 * @throws ApiError 400 for malformed directives, 500 (as the real one) for items without their merge key
 */
export function applyStrategicPatch(schema: Schema, object: KubeObject, patch: unknown): KubeObject {
  if (!isMap(patch)) {
    throw badRequest(`json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeMap(schema, object, patch) as KubeObject;
}

function mergeMap(schema: Schema | undefined, original: JsonMap, patch: JsonMap): JsonMap {
  if (PATCH in patch) {
    const { [PATCH]: directive, ...rest } = patch;
    if (directive === 'replace') return rest;
    if (directive === 'delete') return {};
    throw unknownPatch(patch);
  }
  const merged: JsonMap = { ...original };
  const fields: JsonMap = { ...patch };
  retainKeys(merged, fields);
  for (const [directive, order] of Object.entries(patch)) {
    if (directive.startsWith(ORDER)) mergeInOrder(schema, merged, fields, directive, order);
  }
  for (const [name, value] of Object.entries(fields)) {
    const isDelete = name.startsWith(DELETE_FROM);
    const field = isDelete ? fieldOfDirective(name, DELETE_FROM) : name;
    const there = own(merged, field);
    const deeper = schemaOfField(schema, field);
    if (value === null) delete merged[field];
    else if (Array.isArray(there) && Array.isArray(value)) {
      put(merged, field, isDelete ? there.filter((item) => !value.includes(item)) : mergeList(deeper, there, value));
    } else if (isDelete) continue;
    else if (isMap(there) && isMap(value)) {
      put(merged, field, strategyOf(deeper) === 'replace' ? value : mergeMap(deeper, there, value));
    } else if (isMap(value) && PATCH in value) delete merged[field];
    else put(merged, field, cleaned(value));
  }
  return merged;
}

const unknownPatch = (patch: JsonMap): ApiError =>
  internal(`unknown patch type: ${goText(patch[PATCH])} in map: ${goText(patch)}`);

const strategyOf = (schema: Schema | undefined): string =>
  schema?.patchStrategy?.split(',').find((strategy) => strategy !== 'retainKeys') ?? '';

function fieldOfDirective(name: string, directive: string): string {
  if (name.startsWith(`${directive}/`)) return name.slice(directive.length + 1);
  throw badFormat(directive === ORDER ? 'setElementOrder list' : 'primitive list');
}

/** A value that is new: without directives and nulls. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !(isMap(item) && PATCH in item)).map(cleaned);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, part]) => part !== null && !(isMap(part) && PATCH in part));
  return Object.fromEntries(kept.map(([field, part]) => [field, cleaned(part)]));
}

function retainKeys(merged: JsonMap, fields: JsonMap): void {
  const { [RETAIN_KEYS]: keys } = fields;
  if (keys === undefined) return;
  delete fields[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw badFormat('retainKeys');
  for (const [field, value] of Object.entries(fields)) {
    const isDirective = field.startsWith(DELETE_FROM) || field.startsWith(ORDER);
    if (value !== null && !isDirective && !keys.includes(field)) throw badFormat('retainKeys');
  }
  for (const field of Object.keys(merged)) if (!keys.includes(field)) delete merged[field];
}

/** Merges one list as its `$setElementOrder` has it; both are then done with. */
function mergeInOrder(
  schema: Schema | undefined,
  merged: JsonMap,
  fields: JsonMap,
  name: string,
  order: unknown,
): void {
  const field = Array.isArray(order) ? fieldOfDirective(name, ORDER) : '';
  const deeper = schemaOfField(schema, field);
  const key = deeper?.patchMergeKey;
  const lists = [order, own(merged, field) ?? [], own(fields, field) ?? []].map((list) => {
    if (Array.isArray(list)) return list as unknown[];
    throw internal(
      `expected a []interface {}, but received a ${isMap(list) ? 'map[string]interface {}' : goKind(list)}`,
    );
  });
  const [ordered = [], original = [], patch = []] = lists;
  delete fields[name];
  delete fields[field];
  if (!Object.hasOwn(merged, field) && patch.length === 0) return;
  const ids = ordered.map((item) => idOf(item, key));
  let at = 0;
  for (const item of patch) {
    if (isMap(item) && PATCH in item) continue;
    at = ids.indexOf(idOf(item, key), at) + 1;
    if (at > 0) continue;
    throw internal(`The order in patch list:\n${goText(patch)}\n doesn't match ${ORDER} list:\n${goText(order)}\n`);
  }
  const list = Object.hasOwn(merged, field) ? mergeList(deeper, original, patch) : (cleaned(patch) as unknown[]);
  // New items take the places of deleted ones.
  const has = (items: readonly unknown[], item: unknown): boolean =>
    items.some((one) => idOf(one, key) === idOf(item, key));
  const [gone, changes] = [patch.filter(isDeletion), patch.filter((item) => !(isMap(item) && PATCH in item))];
  const live = [...original.filter((item) => !has(gone, item)), ...changes.filter((item) => !has(original, item))];
  put(merged, field, arrange(list, ordered, live.slice(0, original.length), key));
}

const isDeletion = (item: unknown): boolean => isMap(item) && item[PATCH] === 'delete';

const idOf = (item: unknown, key: string | undefined): unknown => {
  if (key === undefined) return item;
  if (!isMap(item) || item[key] === undefined) {
    throw internal(`map: ${goText(item)} does not contain declared merge key: ${key}`);
  }
  return item[key];
};

function mergeList(schema: Schema | undefined, original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (strategyOf(schema) !== 'merge') return [...patch];
  const key = schema?.patchMergeKey;
  if (key === undefined) return arrange([...new Set([...original, ...patch])], patch, original, key);
  let merged = [...original];
  const changes: JsonMap[] = [];
  let replaced = false;
  for (const item of patch) {
    if (!isMap(item)) throw internal(`list element types are not identical: ${goText([original, patch])}`);
    if (!(PATCH in item)) changes.push(item);
    else if (item[PATCH] === 'delete') {
      const id = idOf(item, key);
      merged = merged.filter((candidate) => idOf(candidate, key) !== id);
    } else if (item[PATCH] === 'replace') replaced = true;
    else if (item[PATCH] === 'merge') throw internal('merging lists cannot yet be specified in the patch');
    else throw unknownPatch(item);
  }
  if (replaced) return changes;
  for (const change of changes) {
    const id = idOf(change, key);
    const index = merged.findIndex((candidate) => isMap(candidate) && candidate[key] === id);
    const there = merged[index];
    if (isMap(there)) merged[index] = mergeMap(schema?.items, there, change);
    else merged.push(change);
  }
  return arrange(merged, changes, original, key);
}

/** The patch's items in the patch's order; the others stay before those that they were before. */
function arrange(
  list: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  key?: string,
): unknown[] {
  const ids = (items: readonly unknown[]): unknown[] => items.map((item) => idOf(item, key));
  const [wanted, before] = [ids(order), ids(live)];
  const placed = list.map((item) => {
    const id = idOf(item, key);
    return { item, rank: wanted.indexOf(id), was: before.indexOf(id) };
  });
  const first = placed.filter(({ rank }) => rank >= 0).sort((a, b) => a.rank - b.rank);
  const others = placed.filter(({ rank }) => rank < 0).sort((a, b) => a.was - b.was);
  const arranged: unknown[] = [];
  for (const { item, was } of first) {
    while (others[0] && others[0].was >= 0 && others[0].was < was) arranged.push(others.shift()?.item);
    arranged.push(item);
  }
  return [...arranged, ...others.map(({ item }) => item)];
}
