/**
 * What a write has changed, field by field. Both objects are walked once, and parts that they share are skipped.
 *
 * Go's structs shine through: a field that is a struct is there even when JSON leaves it out, so that a new Deployment
 * owns what is in `spec` but not `spec` itself. The OpenAPI tells of such fields by the default `{}`, and of lists that
 * are null rather than absent by `required`.
 *
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `compare.go`.
 */
import type { Schema } from '../schema/schema.ts';
import { type FieldSet, type FieldSetDraft, LEAF } from './field-set.ts';
import { isEmpty, isEqual, isMap, type JsonMap, own } from './json-value.ts';
import { elementOf, schemaOfField, shapeOf } from './typed.ts';

export interface Comparison {
  /** Added or modified. */
  changed?: FieldSet | undefined;
  removed?: FieldSet | undefined;
}

const MODIFIED: Comparison = { changed: LEAF };

/** @param structs of a built-in kind, whose structs are never absent */
export function compareValues(
  schema: Schema | undefined,
  before: unknown,
  after: unknown,
  structs: boolean,
): Comparison | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { changed: wholeOf(schema, after) };
  if (after === undefined) return { removed: wholeOf(schema, before) };
  const shape = shapeOf(schema, after ?? before);
  if (shape !== 'leaf' && isContainer(before) && isContainer(after) && !(isVoid(before) && isVoid(after))) {
    if (shape === 'map') return compareMaps(schema, mapOf(before), mapOf(after), structs);
    if (schema) return compareLists(schema, listOf(before), listOf(after), structs);
  }
  return isEqual(before, after) ? undefined : MODIFIED;
}

const isContainer = (value: unknown): boolean => typeof value === 'object';
const isVoid = (value: unknown): boolean => value === null || isEmpty(value as object);
const mapOf = (value: unknown): JsonMap => (isMap(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function compareMaps(
  schema: Schema | undefined,
  before: JsonMap,
  after: JsonMap,
  structs: boolean,
  ignored?: ReadonlySet<string>,
): Comparison | undefined {
  const found = new Findings();
  for (const field in after) {
    if (ignored?.has(field) || after[field] === undefined) continue;
    const deeper = schemaOfField(schema, field);
    const was = own(before, field) ?? (structs ? zeroOf(schema, deeper, field) : undefined);
    const difference = compareValues(deeper, was === undefined ? own(before, field) : was, after[field], structs);
    if (difference) found.add(`f:${field}`, difference);
  }
  for (const field in before) {
    if (ignored?.has(field) || before[field] === undefined || own(after, field) !== undefined) continue;
    const deeper = schemaOfField(schema, field);
    const is = structs ? zeroOf(schema, deeper, field) : undefined;
    const difference = compareValues(deeper, before[field], is, structs);
    if (difference) found.add(`f:${field}`, difference);
  }
  return found.result();
}

/** What Go has in a field that JSON leaves out. */
function zeroOf(parent: Schema | undefined, schema: Schema | undefined, field: string): unknown {
  if (schema === undefined || (schema.type !== 'object' && schema.type !== 'array')) return undefined;
  if (isMap(schema.default)) return schema.default;
  return parent?.required?.includes(field) ? null : undefined;
}

function compareLists(
  schema: Schema,
  before: readonly unknown[],
  after: readonly unknown[],
  structs: boolean,
): Comparison | undefined {
  const found = new Findings();
  const then = byElement(schema, before);
  const now = byElement(schema, after);
  for (const [element, items] of now) {
    const old = then.get(element) ?? [];
    if (items.length > 1 && old.length > 1) {
      if (!isEqual(items, old)) found.add(element, MODIFIED);
    } else if (items.length > 1) {
      found.add(element, { changed: LEAF, removed: old.length > 0 ? wholeOf(schema.items, old[0]) : undefined });
    } else if (old.length > 1) {
      found.add(element, { changed: wholeOf(schema.items, items[0]), removed: LEAF });
    } else {
      const difference = compareValues(schema.items, old[0], items[0], structs);
      if (difference) found.add(element, difference);
    }
  }
  for (const [element, items] of then) {
    if (!now.has(element)) found.add(element, { removed: items.length > 1 ? LEAF : wholeOf(schema.items, items[0]) });
  }
  return found.result();
}

/** Items by path element; the validation of some kinds lets duplicates pass. */
function byElement(schema: Schema, list: readonly unknown[]): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = elementOf(schema, item);
    if (element === undefined) continue;
    const same = items.get(element);
    if (same) same.push(item);
    else items.set(element, [item]);
  }
  return items;
}

/** A value that came or went, with everything in it. */
function wholeOf(schema: Schema | undefined, value: unknown): FieldSet {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf' || !isContainer(value) || isVoid(value)) return LEAF;
  const fields: FieldSetDraft = { '.': LEAF };
  if (isMap(value)) {
    for (const field in value) {
      if (value[field] !== undefined) fields[`f:${field}`] = wholeOf(schemaOfField(schema, field), value[field]);
    }
  } else if (schema) {
    for (const item of listOf(value)) {
      const element = elementOf(schema, item);
      if (element !== undefined) fields[element] = element in fields ? LEAF : wholeOf(schema.items, item);
    }
  }
  return fields;
}

/** Collects differences; costs nothing while there are none. */
class Findings {
  #changed: FieldSetDraft | undefined;
  #removed: FieldSetDraft | undefined;

  add(element: string, { changed, removed }: Comparison): void {
    if (changed) {
      this.#changed ??= {};
      this.#changed[element] = changed;
    }
    if (removed) {
      this.#removed ??= {};
      this.#removed[element] = removed;
    }
  }

  result(): Comparison | undefined {
    return this.#changed || this.#removed ? { changed: this.#changed, removed: this.#removed } : undefined;
  }
}
