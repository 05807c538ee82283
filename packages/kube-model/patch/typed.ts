/**
 * Values as a schema sees them: where ownership goes on into the parts of a value, and where it ends.
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `k8s.io/kube-openapi/pkg/schemaconv`.
 */
import type { Schema } from '../schema/schema.ts';
import { asMember, type FieldSet, type FieldSetDraft, LEAF } from './field-set.ts';
import { isEmpty, isMap } from './json-value.ts';

/** `leaf`: owned as a whole — scalars, atomic maps and lists. */
export type Shape = 'map' | 'list' | 'leaf';

/** The schema decides; where it leaves the type open (`undefined` or no type), the value does. */
export function shapeOf(schema: Schema | undefined, value: unknown): Shape {
  const type = schema?.type;
  if (type === 'object' || (type === undefined && isMap(value))) return schema?.mapType === 'atomic' ? 'leaf' : 'map';
  return type === 'array' && isAssociative(schema) ? 'list' : 'leaf';
}

export const isAssociative = (schema: Schema | undefined): boolean => (schema?.listType ?? 'atomic') !== 'atomic';

/** The schema of a structure's field; the keys of a map have none of their own. */
export function declared(schema: Schema | undefined, field: string): Schema | undefined {
  const found: unknown = schema?.properties?.[field];
  return typeof found === 'object' && field !== '__proto__' ? (found as Schema) : undefined;
}

/** The schema of a field or of a map's value; undefined when it is open. */
export function schemaOfField(schema: Schema | undefined, field: string): Schema | undefined {
  const others = schema?.additionalProperties;
  return declared(schema, field) ?? (others === true ? undefined : others);
}

/** JSON as Go writes it. */
const scalarText = (value: unknown): string =>
  typeof value === 'string' && /^[ !#-%'-;=?-[\]-~]*$/.test(value)
    ? `"${value}"`
    : JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

/**
 * The path element of an item.
 *
 * @param schema of the list, which is a set or a map
 * @returns undefined when it has none: an item without any of its keys, or of a wrong type
 */
export function elementOf({ listType, listMapKeys = [], items }: Schema, item: unknown): string | undefined {
  if (listType === 'set') return typeof item === 'object' ? undefined : `v:${scalarText(item)}`;
  if (!isMap(item)) return undefined;
  let text = '';
  for (const key of listMapKeys.length > 1 ? [...listMapKeys].sort() : listMapKeys) {
    const value = item[key] ?? items?.properties?.[key]?.default;
    if (value !== undefined) text += `${text === '' ? '' : ','}"${key}":${scalarText(value)}`;
  }
  return text === '' ? undefined : `k:{${text}}`;
}

type Visit = (element: string, schema: Schema | undefined, part: unknown) => void;

/** The fields of a map, or the items of an associative list. */
export function eachPart(schema: Schema | undefined, value: unknown, visit: Visit): void {
  if (isMap(value)) {
    for (const field in value) {
      if (value[field] !== undefined) visit(`f:${field}`, schemaOfField(schema, field), value[field]);
    }
  } else if (Array.isArray(value) && schema) {
    for (const item of value) {
      const element = elementOf(schema, item);
      if (element !== undefined) visit(element, schema.items, item);
    }
  }
}

/**
 * What a manager that applies this value owns. Fields of structures are owned through what is in them; items, keys of a
 * map, nulls and empty maps by themselves.
 */
export function fieldsOf(schema: Schema | undefined, value: unknown): FieldSet | undefined {
  if (shapeOf(schema, value) === 'leaf') return LEAF;
  const fields: FieldSetDraft = {};
  eachPart(schema, value, (element, deeper, part) => {
    const node = element in fields ? LEAF : fieldsOf(deeper, part);
    const isField = element.startsWith('f:') && declared(schema, element.slice(2)) !== undefined;
    if (!isField || part === null || (isMap(part) && isEmpty(part))) fields[element] = asMember(node);
    else if (node) fields[element] = node;
  });
  return isEmpty(fields) ? undefined : fields;
}
