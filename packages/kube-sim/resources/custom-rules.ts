/**
 * `x-kubernetes-validations` of custom objects. Rules that speak of `oldSelf` hold for updates, where the value of before
 * can be told: not in lists that are no maps. Costs are not counted. Source: Kubernetes, "Validation rules".
 */
import { isDeepStrictEqual } from 'node:util';
import { type Cel, CelError, createCel, toCel } from '../admission/cel.ts';
import type { FieldError, FieldErrorKind } from '../api/field-error.ts';
import type { Schema } from '../schema/schema.ts';
import { matching, ROOT } from './custom-validation.ts';

type Rule = NonNullable<Schema['validations']>[number];
type Fields = Record<string, unknown>;

export const rulesCel: Cel = createCel(['self', 'oldSelf']);

const KINDS: Readonly<Record<string, FieldErrorKind>> = {
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required',
  FieldValueDuplicate: 'Duplicate',
};

const known = new WeakMap<Schema, boolean>();

/** Whether there is any rule at or below; the schemas of CRDs have no circles. */
export function hasRules(schema: Schema): boolean {
  let found = known.get(schema);
  if (found === undefined) {
    const { validations = [], items, additionalProperties: values, properties = {} } = schema;
    const below = [
      ...Object.values(properties),
      ...(items ? [items] : []),
      ...(typeof values === 'object' ? [values] : []),
    ];
    found = validations.length > 0 || below.some(hasRules);
    known.set(schema, found);
  }
  return found;
}

export function checkRules(schema: Schema, value: unknown, old: unknown, field: string): FieldError[] {
  if (value === undefined || value === null || !hasRules(schema)) return [];
  const errors: FieldError[] = [];
  const changed = old === undefined || !isDeepStrictEqual(value, old);
  for (const rule of schema.validations ?? []) {
    const isTransition = /\boldSelf\b/.test(rule.rule);
    if (isTransition ? old === undefined : !changed) continue;
    const error = broken(rule, value, old, field);
    if (error) errors.push(error);
  }
  if (Array.isArray(value)) {
    const before = Array.isArray(old) ? old : [];
    for (const [at, item] of value.entries()) {
      if (schema.items)
        errors.push(...checkRules(schema.items, item, matching(schema, item, before), `${field}[${at}]`));
    }
  } else if (typeof value === 'object') {
    const before = (old ?? {}) as Fields;
    for (const [key, each] of Object.entries(value)) {
      const { properties = {}, additionalProperties } = schema;
      const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
      if (typeof child === 'object')
        errors.push(...checkRules(child, each, before[key], field === '' ? key : `${field}.${key}`));
    }
  }
  return errors;
}

function broken(rule: Rule, value: unknown, old: unknown, field: string): FieldError | undefined {
  const variables = { self: toCel(value), ...(old !== undefined && { oldSelf: toCel(old) }) };
  const where = `${field}${rule.fieldPath ?? ''}` || ROOT;
  const path = where.replace(/^\./, '');
  const said = rule.message ?? `failed rule: ${rule.rule}`;
  // Structures are not shown, values are.
  const shown = typeof value === 'object' ? {} : { value };
  try {
    if (rulesCel.compile(rule.rule)(variables) === true) return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return {
      kind: 'Invalid',
      field: path,
      ...shown,
      detail: `${error.message} evaluating rule: ${rule.message ?? rule.rule}`,
    };
  }
  return {
    kind: KINDS[rule.reason ?? ''] ?? 'Invalid',
    field: path,
    ...shown,
    detail: spoken(rule, variables) ?? said,
  };
}

/** An expression that fails, or says nothing in one line, leaves it to the message. */
function spoken({ messageExpression }: Rule, variables: Fields): string | undefined {
  if (messageExpression === undefined) return undefined;
  try {
    const text = rulesCel.compile(messageExpression)(variables);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : undefined;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}
