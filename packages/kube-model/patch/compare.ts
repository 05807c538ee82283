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
import { eachPart, schemaOfField, shapeOf } from './typed.ts';

export interface Comparison {
  /** Added or modified. */
  readonly changed?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

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
  const areAlike = before === null || after === null || Array.isArray(before) === Array.isArray(after);
  if (shape !== 'leaf' && areAlike && isContainer(before) && isContainer(after) && !(isVoid(before) && isVoid(after))) {
    if (shape === 'list') return compareLists(schema, before, after, structs);
    return compareMaps(schema, isMap(before) ? before : {}, isMap(after) ? after : {}, structs);
  }
  if (isEqual(before, after)) return undefined;
  // Where the type is open, a map may become a scalar and what was in it goes.
  if (shapeOf(schema, before) !== shapeOf(schema, after)) {
    return { changed: wholeOf(schema, after), removed: wholeOf(schema, before) };
  }
  return { changed: LEAF };
}

const isContainer = (value: unknown): boolean => typeof value === 'object';
const isVoid = (value: unknown): boolean => value === null || isEmpty(value as object);

function compareMaps(
  schema: Schema | undefined,
  before: JsonMap,
  after: JsonMap,
  structs: boolean,
): Comparison | undefined {
  let found: Found | undefined;
  const compare = (field: string, was: unknown, is: unknown): void => {
    const deeper = schemaOfField(schema, field);
    const zero = structs && (was === undefined || is === undefined) ? zeroOf(schema, deeper, field) : undefined;
    const difference = compareValues(deeper, was === undefined ? zero : was, is === undefined ? zero : is, structs);
    if (difference) found = add(found, `f:${field}`, difference);
  };
  for (const field in after) if (after[field] !== undefined) compare(field, own(before, field), after[field]);
  for (const field in before) if (own(after, field) === undefined) compare(field, before[field], undefined);
  return found;
}

/** What Go has in a field that JSON leaves out. */
function zeroOf(parent: Schema | undefined, schema: Schema | undefined, field: string): unknown {
  if (schema?.type !== 'object' && schema?.type !== 'array') return undefined;
  return isMap(schema.default) ? schema.default : parent?.required?.includes(field) ? null : undefined;
}

function compareLists(
  schema: Schema | undefined,
  before: unknown,
  after: unknown,
  structs: boolean,
): Comparison | undefined {
  let found: Found | undefined;
  const then = byElement(schema, before);
  const now = byElement(schema, after);
  for (const [element, items] of now) {
    const old = then.get(element) ?? [];
    // Duplicates, which some kinds let pass, are owned as a whole.
    const difference =
      items.length < 2 && old.length < 2
        ? compareValues(schema?.items, old[0], items[0], structs)
        : isEqual(items, old)
          ? undefined
          : { changed: LEAF };
    if (difference) found = add(found, element, difference);
  }
  for (const [element, [item]] of then) {
    if (!now.has(element)) found = add(found, element, { removed: wholeOf(schema?.items, item) });
  }
  return found;
}

function byElement(schema: Schema | undefined, list: unknown): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  eachPart(schema, list, (element, _, item) => {
    const same = items.get(element);
    if (same) same.push(item);
    else items.set(element, [item]);
  });
  return items;
}

/** A value that came or went, with everything in it. */
function wholeOf(schema: Schema | undefined, value: unknown): FieldSet {
  if (shapeOf(schema, value) === 'leaf' || !isContainer(value) || isVoid(value)) return LEAF;
  const fields: FieldSetDraft = { '.': LEAF };
  eachPart(schema, value, (element, deeper, part) => {
    fields[element] = element in fields ? LEAF : wholeOf(deeper, part);
  });
  return fields;
}

interface Found {
  changed?: FieldSetDraft;
  removed?: FieldSetDraft;
}

function add(to: Found | undefined, element: string, { changed, removed }: Comparison): Found {
  const all = to ?? {};
  if (changed) {
    all.changed ??= {};
    all.changed[element] = changed;
  }
  if (removed) {
    all.removed ??= {};
    all.removed[element] = removed;
  }
  return all;
}
