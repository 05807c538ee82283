/**
 * The two halves of an apply: laying a configuration over the live object, and taking out what is no longer wanted.
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `merge.go` and `remove.go`.
 */
import type { Schema } from '../schema/schema.ts';
import { asMember, below, type FieldSet, type FieldSetDraft, has } from './field-set.ts';
import { isEmpty, isMap, type JsonMap, own, put } from './json-value.ts';
import { declared, elementOf, schemaOfField, shapeOf } from './typed.ts';

/** Nothing is removed, and the configuration wins. Lists are ordered as the configuration has them. */
export function mergeTyped(schema: Schema | undefined, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const shape = shapeOf(schema, applied === null ? live : applied);
  if (shape === 'leaf' || !isFilled(live)) return applied;
  if (!isFilled(applied)) return applied === null || Array.isArray(applied) === Array.isArray(live) ? live : applied;
  if (shape === 'list' && schema && Array.isArray(live) && Array.isArray(applied)) {
    return mergeLists(schema, live, applied);
  }
  if (!isMap(live) || !isMap(applied)) return applied;
  const merged: JsonMap = { ...live };
  for (const field in applied) {
    put(merged, field, mergeTyped(schemaOfField(schema, field), own(live, field), applied[field]));
  }
  return merged;
}

const isFilled = (value: unknown): value is object => typeof value === 'object' && value !== null && !isEmpty(value);

/** Shared items go where the configuration has them, those of others stay between them. */
function mergeLists(schema: Schema, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const wanted = applied.map((item) => elementOf(schema, item) ?? '');
  const inLive = new Map(live.map((item) => [elementOf(schema, item) ?? '', item]));
  const shared = wanted.filter((element) => inLive.has(element));
  const merged: unknown[] = [];
  let next = 0;
  const take = (): string => {
    const element = wanted[next] ?? '';
    merged.push(mergeTyped(schema.items, inLive.get(element), applied[next++]));
    return element;
  };
  for (const item of live) {
    const element = elementOf(schema, item) ?? '';
    if (!wanted.includes(element)) merged.push(item);
    else if (element === shared[0]) {
      while (take() !== element);
      shared.shift();
    }
  }
  while (next < applied.length) take();
  return merged;
}

/** The value without the members of a set; what is emptied by that becomes null. */
export function removeFields(schema: Schema | undefined, value: unknown, gone: FieldSet): unknown {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf' || !isFilled(value)) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const element = (schema && elementOf(schema, item)) ?? '';
      if (has(gone, element)) continue;
      const deeper = below(gone, element);
      items.push(deeper ? removeFields(schema?.items, item, deeper) : item);
    }
    return items.length > 0 ? items : null;
  }
  const rest: JsonMap = {};
  for (const [field, content] of Object.entries(value)) {
    const element = `f:${field}`;
    if (has(gone, element)) continue;
    const deeper = below(gone, element);
    put(rest, field, deeper ? removeFields(schemaOfField(schema, field), content, deeper) : content);
  }
  return isEmpty(rest) ? null : rest;
}

/** A set in which declared fields count as members when something below them does. */
export function withDeclaredFields(schema: Schema | undefined, set: FieldSet): FieldSet {
  const all: FieldSetDraft = {};
  for (const element in set) {
    const node = set[element];
    if (node === undefined) continue;
    if (!below(set, element)) {
      all[element] = node;
      continue;
    }
    const field = element.startsWith('f:') ? element.slice(2) : undefined;
    const deeper =
      field !== undefined ? schemaOfField(schema, field) : element.startsWith('k:') ? schema?.items : undefined;
    const named = withDeclaredFields(deeper, node);
    all[element] = field !== undefined && declared(schema, field) ? asMember(named) : named;
  }
  return all;
}
