/**
 * Defaults that a CRD's schema gives. Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`.
 */
import { anywhere, below } from './below.ts';
import type { Schema } from './schema.ts';

const hasDefaults = anywhere(({ properties = {} }) =>
  Object.values(properties).some((property) => property.default !== undefined),
);

/** Fills in, in place; a `null` where the schema allows none and has a default counts as missing. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (!hasDefaults(schema) || typeof value !== 'object' || value === null) return;
  const object = value as Record<string, unknown>;
  for (const [name, property] of Array.isArray(value) ? [] : Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    if (object[name] === undefined || (object[name] === null && property.nullable !== true)) {
      object[name] = structuredClone(property.default);
    }
  }
  for (const [, child, each] of below(schema, value)) applySchemaDefaults(child, each);
}
