/**
 * Defaults that a CRD's schema gives. Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`.
 */
import type { Schema } from './schema.ts';

type Fields = Record<string, unknown>;

const withDefaults = new WeakMap<Schema, boolean>();

/** Fills in, in place; a `null` where the schema allows none and has a default counts as missing. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (!hasDefaults(schema) || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applySchemaDefaults(schema.items, item);
    return;
  }
  const object = value as Fields;
  const { properties = {}, additionalProperties } = schema;
  for (const [name, property] of Object.entries(properties)) {
    if (property.default === undefined) continue;
    if (object[name] === undefined || (object[name] === null && property.nullable !== true)) {
      object[name] = structuredClone(property.default);
    }
  }
  for (const key in object) {
    const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof child === 'object') applySchemaDefaults(child, object[key]);
  }
}

/** Whether there is any default at or below; the schemas of CRDs have no circles. */
function hasDefaults(schema: Schema): boolean {
  let known = withDefaults.get(schema);
  if (known === undefined) {
    const { additionalProperties: values, items, properties = {} } = schema;
    const below = [
      ...Object.values(properties),
      ...(items ? [items] : []),
      ...(typeof values === 'object' ? [values] : []),
    ];
    known = below.some((child) => child.default !== undefined || hasDefaults(child));
    withDefaults.set(schema, known);
  }
  return known;
}
