/**
 * What keeps an applied configuration from being a value of its kind, in the words of structured-merge-diff.
 * Source: `sigs.k8s.io/structured-merge-diff/typed`, `validate.go`.
 */
import type { Schema } from '../schema/schema.ts';
import { elementText } from './field-set.ts';
import { goText, isMap, type JsonMap } from './json-value.ts';
import { declared, elementOf, isAssociative, schemaOfField } from './typed.ts';

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

function whyNoElement({ listType, listMapKeys = [] }: Schema, item: unknown): string {
  if (listType === 'set') {
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
    return `associative list without keys has an element that's ${item === null ? 'an explicit null' : 'a map type'}`;
  }
  if (!isMap(item))
    return `associative list with keys may not have ${item === null ? 'a null element' : 'non-map elements'}`;
  const names = listMapKeys.map((key) => JSON.stringify(key)).join(' ');
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

/** What Go calls the type of JSON. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return isMap(value) ? 'map[string]interface {}' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** As Go prints it with `%#v`. */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const fields = Object.keys(value).sort();
  const parts = fields.map((field) => `${JSON.stringify(field)}:${goSyntax((value as JsonMap)[field])}`);
  return `${goType(value)}{${(Array.isArray(value) ? value.map(goSyntax) : parts).join(', ')}}`;
}
