/** What lies below a value that has a schema. The schemas of CRDs, for which this is, have no circles. */
import type { Fields } from './fields.ts';
import type { Schema } from './schema.ts';

/** Whether something holds for a schema or any below it; each is looked at once. */
export function anywhere(holds: (schema: Schema) => boolean): (schema: Schema) => boolean {
  const known = new WeakMap<Schema, boolean>();
  return function isThere(schema: Schema): boolean {
    let found = known.get(schema);
    if (found === undefined) {
      const { items, additionalProperties: values, properties = {} } = schema;
      const children = [...Object.values(properties), items, typeof values === 'object' ? values : undefined];
      found = holds(schema) || children.some((child) => child !== undefined && isThere(child));
      known.set(schema, found);
    }
    return found;
  };
}

/** The items of a list and the fields of an object that have a schema, by position or name. */
export function* below(schema: Schema, value: unknown): Generator<[string | number, Schema, unknown]> {
  if (Array.isArray(value)) {
    if (schema.items) for (const [at, item] of value.entries()) yield [at, schema.items, item];
  } else if (typeof value === 'object' && value !== null) {
    const { properties = {}, additionalProperties } = schema;
    for (const [key, each] of Object.entries(value)) {
      const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      if (typeof child === 'object') yield [key, child, each];
    }
  }
}

/** What it was before, when that can be told: not in lists that are no maps. */
export function before(schema: Schema, old: unknown, name: string | number, value: unknown): unknown {
  if (typeof name === 'string') return (old as Fields | undefined)?.[name];
  if (schema.listType !== 'map' || !Array.isArray(old)) return undefined;
  const keyOf = (item: unknown) => JSON.stringify(mapKey(schema, item));
  return old.find((item) => keyOf(item) === keyOf(value));
}

/** The fields that tell an item of a map list from the others. */
export const mapKey = ({ listMapKeys = [] }: Schema, item: unknown): Fields =>
  Object.fromEntries(listMapKeys.map((key) => [key, (item as Fields | null)?.[key]]));

/** The path of a field or an item as Kubernetes writes it: `spec.ports[0].name`. */
export function pathTo(parent: string, name: string | number): string {
  if (typeof name === 'number') return `${parent}[${name}]`;
  return parent === '' ? name : `${parent}.${name}`;
}
