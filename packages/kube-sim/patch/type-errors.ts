/**
 * What keeps an applied configuration from being a value of its kind, in the words of structured-merge-diff.
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `validate.go`.
 */
import type { Schema } from '../schema/schema.ts';
import { elementText } from './field-set.ts';
import { goText, isMap } from './json-value.ts';
import { declared, elementOf, isAssociative, keysOf, schemaOfField } from './typed.ts';

/** Each as `.spec.replicas: expected numeric (int or float), got string`. */
export function typeErrors(schema: Schema | undefined, value: unknown, path = ''): string[] {
  const told = (what: string): string[] => [path === '' ? what : `${path}: ${what}`];
  if (value === null || schema?.type === undefined) {
    return isMap(value) && schema?.properties ? mapErrors(schema, value, path) : [];
  }
  switch (schema.type) {
    case 'object':
      return isMap(value) ? mapErrors(schema, value, path) : told(`expected map, got &{${goText(value)}}`);
    case 'array':
      return Array.isArray(value) ? listErrors(schema, value, path) : told(`expected list, got &{${goText(value)}}`);
    case 'boolean':
      return typeof value === 'boolean' ? [] : told(`expected boolean, got &{${goText(value)}}`);
    case 'string':
      if (typeof value === 'string' || (schema.format !== undefined && schema.format !== 'byte')) return [];
      return told(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
    default:
      return typeof value === 'number' ? [] : told(`expected numeric (int or float), got ${goType(value)}`);
  }
}

function mapErrors(schema: Schema, map: Record<string, unknown>, path: string): string[] {
  const closed = schema.properties !== undefined && schema.additionalProperties === undefined;
  const errors: string[] = [];
  for (const field of Object.keys(map)) {
    if (closed && !schema.preserveUnknownFields && !declared(schema, field)) {
      return [...errors, `${path}.${field}: field not declared in schema`];
    }
    errors.push(...typeErrors(schemaOfField(schema, field), map[field], `${path}.${field}`));
  }
  return errors;
}

function listErrors(schema: Schema, list: readonly unknown[], path: string): string[] {
  const associative = isAssociative(schema);
  const errors: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const element = associative ? elementOf(schema, item) : `i:${index}`;
    if (element === undefined) return [...errors, `${path}: element ${index}: ${whyNoElement(schema, item)}`];
    const text = elementText(element);
    if (seen.has(element)) errors.push(`${path}: duplicate entries for key ${text}`);
    seen.add(element);
    errors.push(...typeErrors(schema.items, item, `${path}${text}`));
  }
  return errors;
}

function whyNoElement(schema: Schema, item: unknown): string {
  const keys = keysOf(schema);
  if (!keys) {
    if (item === null) return "associative list without keys has an element that's an explicit null";
    if (isMap(item)) return "associative list without keys has an element that's a map type";
    return 'not supported: associative list with lists as elements';
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isMap(item)) return 'associative list with keys may not have non-map elements';
  const names = keys.map((key) => JSON.stringify(key)).join(' ');
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

function goType(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** As Go prints it with `%#v`. */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${fields.map(([name, part]) => `${JSON.stringify(name)}:${goSyntax(part)}`).join(', ')}}`;
}
