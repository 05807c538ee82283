/**
 * Values as a schema sees them: where ownership goes on into the parts of a value, and where it ends.
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `k8s.io/kube-openapi/pkg/schemaconv`.
 */
import type { Schema } from '../schema/schema.ts';
import { asMember, type FieldSet, type FieldSetDraft, LEAF } from './field-set.ts';
import { isEmpty, isMap, type JsonMap } from './json-value.ts';

/** `leaf`: owned as a whole — scalars, atomic maps and lists. */
export type Shape = 'map' | 'list' | 'leaf';

/** The schema decides; where it leaves the type open (`undefined` or no type), the value does. */
export function shapeOf(schema: Schema | undefined, value: unknown): Shape {
  const type = schema?.type;
  if (type === 'object' || (type === undefined && isMap(value))) return schema?.mapType === 'atomic' ? 'leaf' : 'map';
  if (schema && type === 'array') return isAssociative(schema) ? 'list' : 'leaf';
  return 'leaf';
}

export const isAssociative = ({ listType, patchStrategy }: Schema): boolean =>
  listType === undefined ? patchStrategy?.startsWith('merge') === true : listType !== 'atomic';

/** The names that tell items of a list apart; undefined for a set. */
export function keysOf({ listType, listMapKeys, patchMergeKey }: Schema): readonly string[] | undefined {
  if (listType !== undefined) return listType === 'map' ? listMapKeys : undefined;
  return patchMergeKey === undefined ? undefined : [patchMergeKey];
}

/** The schema of a structure's field; the keys of a map have none of their own. */
export function declared(schema: Schema | undefined, field: string): Schema | undefined {
  const found: unknown = schema?.properties?.[field];
  return typeof found === 'object' && field !== '__proto__' ? (found as Schema) : undefined;
}

/** The schema of a field or of a map's value; undefined when it is open. */
export function schemaOfField(schema: Schema | undefined, field: string): Schema | undefined {
  const found = declared(schema, field);
  if (found) return found;
  return schema?.additionalProperties === true ? undefined : schema?.additionalProperties;
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
export function elementOf(schema: Schema, item: unknown): string | undefined {
  const keys = keysOf(schema);
  if (keys === undefined) return typeof item === 'object' || item === undefined ? undefined : `v:${scalarText(item)}`;
  if (!isMap(item)) return undefined;
  let text = '';
  for (const key of keys.length > 1 ? [...keys].sort() : keys) {
    const value = item[key] ?? schema.items?.properties?.[key]?.default;
    if (value !== undefined) text += `${text === '' ? '' : ','}"${key}":${scalarText(value)}`;
  }
  return text === '' ? undefined : `k:{${text}}`;
}

/** What a manager that applies this value owns. */
export function fieldsOf(schema: Schema | undefined, value: unknown): FieldSet | undefined {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf') return LEAF;
  const fields: FieldSetDraft = {};
  if (shape === 'list' && schema && Array.isArray(value)) {
    for (const item of value) {
      const element = elementOf(schema, item);
      if (element !== undefined) fields[element] = element in fields ? LEAF : asMember(fieldsOf(schema.items, item));
    }
  }
  if (shape === 'map' && isMap(value)) {
    for (const field in value) {
      const node = fieldOf(schema, value, field);
      if (node) fields[`f:${field}`] = node;
    }
  }
  return isEmpty(fields) ? undefined : fields;
}

/** Declared fields are owned through what is in them; keys of a map, nulls and empty maps by themselves. */
export function fieldOf(schema: Schema | undefined, map: JsonMap, field: string): FieldSet | undefined {
  const value = map[field];
  if (value === undefined) return undefined;
  const node = fieldsOf(schemaOfField(schema, field), value);
  const itself = value === null || (isMap(value) && isEmpty(value)) || !declared(schema, field);
  return itself ? asMember(node) : node;
}
