/**
 * `x-kubernetes-validations` of custom objects. Rules that speak of `oldSelf` hold for updates, where the value of before
 * can be told: not in lists that are no maps. Costs are not counted. Source: Kubernetes, "Validation rules".
 */
import { isDeepStrictEqual } from 'node:util';
import { type Cel, CelError, createCel, toCel } from '../cel/cel.ts';
import type { FieldError, FieldErrorKind } from '../field-error.ts';
import { anywhere, before, below, pathTo } from '../schema/below.ts';
import type { Schema } from '../schema/schema.ts';
import { ROOT } from './custom-validation.ts';

type Rule = NonNullable<Schema['validations']>[number];

export const rulesCel: Cel = createCel(['self', 'oldSelf']);

const KINDS: Readonly<Record<string, FieldErrorKind>> = {
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required',
  FieldValueDuplicate: 'Duplicate',
};

export const hasRules = anywhere(({ validations = [] }) => validations.length > 0);

export function checkRules(schema: Schema, value: unknown, old: unknown, field: string): FieldError[] {
  if (value === undefined || value === null || !hasRules(schema)) return [];
  const changed = old === undefined || !isDeepStrictEqual(value, old);
  const errors = (schema.validations ?? [])
    .filter(({ rule }) => (/\boldSelf\b/.test(rule) ? old !== undefined : changed))
    .flatMap((rule) => broken(rule, value, old, field) ?? []);
  for (const [name, child, each] of below(schema, value)) {
    errors.push(...checkRules(child, each, before(schema, old, name, each), pathTo(field, name)));
  }
  return errors;
}

function broken(rule: Rule, value: unknown, old: unknown, field: string): FieldError | undefined {
  const variables = { self: toCel(value), ...(old !== undefined && { oldSelf: toCel(old) }) };
  const path = (`${field}${rule.fieldPath ?? ''}` || ROOT).replace(/^\./, '');
  // Structures are not shown, values are.
  const shown = { field: path, ...(typeof value !== 'object' && { value }) };
  try {
    if (rulesCel.compile(rule.rule)(variables) === true) return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return { kind: 'Invalid', ...shown, detail: `${error.message} evaluating rule: ${rule.message ?? rule.rule}` };
  }
  const detail = rule.message ?? `failed rule: ${rule.rule}`;
  return { kind: KINDS[rule.reason ?? ''] ?? 'Invalid', ...shown, detail };
}
