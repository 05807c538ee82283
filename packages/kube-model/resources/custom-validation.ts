/**
 * Custom objects against the schema of their CRD, with the texts of apiextensions. An update is not blamed for what it
 * did not touch. Source: `k8s.io/apiextensions-apiserver/pkg/apiserver/validation`, `k8s.io/kube-openapi/pkg/validation`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError, FieldErrorKind } from '../field-error.ts';
import { before, below, mapKey, pathTo } from '../schema/below.ts';
import { type Fields, fields } from '../schema/fields.ts';
import type { Schema } from '../schema/schema.ts';
import { checkRules, hasRules } from './custom-rules.ts';
import { isFormat } from './formats.ts';
import type { ResourceType } from './resource-type.ts';

/** What the API server calls the object as a whole. */
export const ROOT = '<nil>';
/** After one of these nothing can be said about rules. */
const BLOCKING: readonly FieldErrorKind[] = ['Required', 'TypeInvalid', 'NotSupported', 'TooLong', 'TooMany'];
const INT32 = 2_147_483_647;
const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

export function validateCustom(type: ResourceType, object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...body } = object;
  const errors = validateValue(type.schema, body, old, '');
  const { scalePaths } = type.subresources.scale ?? {};
  for (const path of scalePaths ? [scalePaths.spec, scalePaths.status] : [])
    errors.push(...replicaErrors(object, path));
  if (!hasRules(type.schema)) return errors;
  if (errors.some(({ kind }) => BLOCKING.includes(kind))) {
    return [...errors, { kind: 'Invalid', field: ROOT, value: null, detail: UNCHECKED }];
  }
  return [...errors, ...checkRules(type.schema, object, old, '')];
}

/** What the `scale` subresource could not read. */
function replicaErrors(object: KubeObject, path: string): FieldError[] {
  const keys = path.slice(1).split('.');
  const value = keys.reduce<unknown>((at, key) => fields(at)[key], object) ?? 0;
  const error = { kind: 'Invalid', field: path, value } as const;
  if (!Number.isInteger(value)) {
    const found = typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : jsonType(value);
    const detail = `${path} accessor error: ${value} is of the type ${found}, expected int64`;
    return [{ ...error, value: 0, detail }];
  }
  if (Number(value) < 0) return [{ ...error, detail: 'should be a non-negative integer' }];
  return Number(value) > INT32 ? [{ ...error, detail: `should be less than or equal to ${INT32}` }] : [];
}

const jsonType = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
};

/** @param field path of the value; '' for the object itself */
export function validateValue(schema: Schema, value: unknown, old: unknown, field: string): FieldError[] {
  if (
    value === undefined ||
    (value === null && schema.nullable) ||
    (old !== undefined && isDeepStrictEqual(value, old))
  ) {
    return [];
  }
  const errors: FieldError[] = [];
  const add = (kind: FieldErrorKind, shown: unknown, detail: string, at = field) =>
    void errors.push({ kind, field: at, value: shown, detail });
  const inBody = (shown: unknown, words: string) => add('Invalid', shown, `${field} in body ${words}`);

  const fits = checkType(schema, value, field, add);
  if (fits) checkCombinations(schema, value, field, errors);
  if (schema.enum && !schema.enum.some((each) => isDeepStrictEqual(each, value))) {
    const supported = schema.enum.map((each) => JSON.stringify(each)).join(', ');
    add('NotSupported', value, `supported values: ${supported}`);
  }
  if (!fits) return errors;
  if (typeof value === 'string') {
    const { maxLength, minLength, pattern, format } = schema;
    const length = [...value].length;
    if (maxLength !== undefined && length > maxLength) add('TooLong', value, `may not be more than ${maxLength} bytes`);
    if (minLength !== undefined && length < minLength) inBody(value, `should be at least ${minLength} chars long`);
    else if (pattern !== undefined && !compiled(pattern)?.test(value)) inBody(value, `should match '${pattern}'`);
    if (format !== undefined && !isFormat(format, value)) {
      add('TypeInvalid', value, `${field} in body must be of type ${format}: ${JSON.stringify(value)}`);
    }
  } else if (typeof value === 'number') checkNumber(schema, value, inBody);
  else if (Array.isArray(value)) {
    const { maxItems, minItems } = schema;
    if (maxItems !== undefined && value.length > maxItems) {
      add('TooMany', undefined, `${value.length}: must have at most ${itemsOf(maxItems)}`);
    }
    if (minItems !== undefined && value.length < minItems)
      inBody(value.length, `should have at least ${minItems} items`);
    for (const [name, child, each] of below(schema, value)) {
      errors.push(...validateValue(child, each, before(schema, old, name, each), pathTo(field, name)));
    }
    checkDuplicates(schema, value, field, add);
  } else if (typeof value === 'object' && value !== null) {
    errors.push(...fieldErrors(schema, value as Fields, field));
    for (const [name, child, each] of below(schema, value)) {
      errors.push(...validateValue(child, each, before(schema, old, name, each), pathTo(field, name)));
    }
  }
  return errors;
}

const itemsOf = (count: number) => `${count} ${count === 1 ? 'item' : 'items'}`;

type Add = (kind: FieldErrorKind, shown: unknown, detail: string, at?: string) => void;

function checkType(schema: Schema, value: unknown, field: string, add: Add): boolean {
  const { type, format } = schema;
  const found = jsonType(value);
  const mismatch = (wanted: string, name = found) => {
    add('TypeInvalid', name, `${field} in body must be of type ${wanted}: ${JSON.stringify(name)}`);
    return false;
  };
  if (schema.intOrString) return found === 'integer' || found === 'string' || mismatch('integer,string');
  if (type === undefined || type === found) {
    if (format === 'int32' && typeof value === 'number' && Math.abs(value) > INT32) {
      add('Invalid', '', `Checked value must be of type integer with format int32 in ${field}`, ROOT);
    }
    return true;
  }
  if (type === 'number' && found === 'integer') return true;
  if (type !== 'integer' || found !== 'number') return mismatch(type);
  const told = format === undefined ? mismatch(type) : mismatch(format, 'float64');
  add(
    'Invalid',
    '',
    `Checked value must be of type integer ${format ? `with format ${format}` : '(default format)'} in ${field}`,
    ROOT,
  );
  return told;
}

function checkNumber(schema: Schema, value: number, inBody: (shown: unknown, words: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    inBody(value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    inBody(value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    inBody(value, `should be a multiple of ${multipleOf}`);
}

function checkDuplicates(schema: Schema, value: readonly unknown[], field: string, add: Add): void {
  if (schema.listType !== 'set' && schema.listType !== 'map') return;
  const seen = new Set<string>();
  for (const [at, item] of value.entries()) {
    const shown = schema.listType === 'set' ? item : mapKey(schema, item);
    const key = JSON.stringify(shown);
    if (seen.has(key)) add('Duplicate', shown, '', `${field}[${at}]`);
    seen.add(key);
  }
}

/** How many fields there are, and which are missing. */
function fieldErrors(schema: Schema, value: Fields, field: string): FieldError[] {
  const { required = [], maxProperties, minProperties } = schema;
  const errors: FieldError[] = [];
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties) {
    errors.push({ kind: 'TooMany', field, detail: `${count}: must have at most ${itemsOf(maxProperties)}` });
  }
  if (minProperties !== undefined && count < minProperties) {
    const detail = `${field} in body should have at least ${minProperties} properties`;
    errors.push({ kind: 'Invalid', field, value: count, detail });
  }
  for (const key of required) {
    const isOwn = field === '' && (key === 'apiVersion' || key === 'kind' || key === 'metadata');
    if (value[key] === undefined && !isOwn) errors.push({ kind: 'Required', field: pathTo(field, key), detail: '' });
  }
  return errors;
}

/** `anyOf` and its kin: the alternatives' own errors are told of the first one only. */
function checkCombinations(schema: Schema, value: unknown, field: string, errors: FieldError[]): void {
  const { allOf, anyOf, oneOf, not } = schema;
  if (!allOf && !anyOf && !oneOf && !not) return;
  const say = (words: string, more: readonly FieldError[] = []) =>
    void errors.push({ kind: 'Invalid', field: ROOT, value: '', detail: `"${field}" must ${words}` }, ...more);
  const outcomes = (schemas: readonly Schema[]) => schemas.map((each) => validateValue(each, value, undefined, field));
  const good = (all: readonly FieldError[][]) => all.filter((each) => each.length === 0).length;
  const any = anyOf && outcomes(anyOf);
  if (any && good(any) === 0) say('validate at least one schema (anyOf)', any[0]);
  const one = oneOf && outcomes(oneOf);
  if (one && good(one) !== 1) {
    const found = good(one) === 0 ? 'Found none valid' : `Found ${good(one)} valid alternatives`;
    say(`validate one and only one schema (oneOf). ${found}`, good(one) === 0 ? one[0] : []);
  }
  const all = allOf && outcomes(allOf);
  if (all && good(all) < all.length) say('validate all the schemas (allOf)', all.flat());
  if (not && validateValue(not, value, undefined, field).length === 0) say('not validate the schema (not)');
}

const patterns = new Map<string, RegExp | undefined>();

/** Go's syntax is nearly JavaScript's, and is turned into it; undefined when it is none. */
export function compiled(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) {
    try {
      const insensitive = pattern.startsWith('(?i)');
      const text = (insensitive ? pattern.slice(4) : pattern).replaceAll('(?P<', '(?<');
      const anchored = text.replaceAll('\\z', '$').replaceAll('\\A', '^');
      patterns.set(pattern, new RegExp(anchored, insensitive ? 'i' : ''));
    } catch {
      patterns.set(pattern, undefined);
    }
  }
  return patterns.get(pattern);
}
