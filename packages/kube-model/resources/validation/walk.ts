/**
 * Goes through an object along its kind's schema and looks at each structure: required fields and enumerations are in
 * the schema; what else holds for a structure is in a table by component. Most fields of most kinds have nothing to be
 * looked at, which is found out once a structure. Only for built-in kinds other than definitions: theirs have no circles.
 */
import { below } from '../../schema/below.ts';
import { type Fields, isFields, list } from '../../schema/fields.ts';
import type { Schema } from '../../schema/schema.ts';
import { checkLabels, portName, type Report, type Rule } from './report.ts';

/** @param at the structure's own path */
export type Check = (value: Fields, at: string, report: Report) => void;

/** At least; from and to; a rule for text; labels; a port's number or name. */
export type FieldRule = number | readonly [number, number] | Rule | 'labels' | 'port';

interface Property {
  readonly name: string;
  readonly schema: Schema;
  readonly required: string | undefined;
  readonly enum: readonly unknown[] | undefined;
  readonly rule: FieldRule | undefined;
  /** The field in which the items of a list may not be alike. */
  readonly unique: string | undefined;
  readonly descends: boolean;
}

interface Plan {
  readonly check: Check | undefined;
  readonly properties: readonly Property[];
}

export interface Rules {
  /** By component without its prefix, as in `core.v1.Container`. */
  readonly checks: Readonly<Record<string, Check>>;
  /** By component and field: what is said when it is missing, false where the check looks at it and below, null where it may be. */
  readonly required: Readonly<Record<string, string | false | null>>;
  /** Likewise: the order in which the values are told, or false. */
  readonly enums: Readonly<Record<string, readonly string[] | false>>;
  readonly fields: Readonly<Record<string, FieldRule>>;
  readonly unique: Readonly<Record<string, string>>;
}

function apply(rule: FieldRule, value: unknown, field: string, report: Report): void {
  if (rule === 'labels') checkLabels(report, field, value);
  else if (typeof rule === 'number') report.atLeast(rule, field, value);
  else if (typeof rule === 'function') report.by(rule, field, value);
  else if (rule !== 'port') report.between(rule[0], rule[1], field, value);
  else if (typeof value === 'string') report.by(portName, field, value);
  else report.between(1, 65_535, field, value);
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);

export function createWalk(rules: Rules): (schema: Schema, value: Fields, report: Report) => void {
  const plans = new Map<Schema, Plan>();

  function planOf(schema: Schema): Plan {
    let plan = plans.get(schema);
    if (plan) return plan;
    const component = (schema.component ?? '').replace(/^io\.k8s\.(api\.|.*\.apis\.)/, '');
    const properties = Object.entries(schema.properties ?? {})
      .filter(([name]) => name !== 'status' && name !== 'metadata')
      .map(([name, property]): Property => {
        const key = `${component}.${name}`;
        const said = rules.required[key];
        const isRequired = said === undefined && property.properties === undefined && schema.required?.includes(name);
        return {
          name,
          schema: property,
          required: typeof said === 'string' ? said : isRequired ? '' : undefined,
          enum: (rules.enums[key] ?? property.enum ?? property.items?.enum) || undefined,
          rule: rules.fields[key],
          unique: rules.unique[key],
          descends: said !== false && isWorth(property),
        };
      })
      .filter(({ required, rule, unique, descends, ...property }) => {
        return descends || property.enum || required !== undefined || rule !== undefined || unique;
      });
    plan = { check: rules.checks[component], properties };
    plans.set(schema, plan);
    return plan;
  }

  /** Whether there is anything to look at below. */
  function isWorth(schema: Schema): boolean {
    const { items, additionalProperties: values } = schema;
    const { check, properties } = planOf(items ?? (typeof values === 'object' ? values : schema));
    return check !== undefined || properties.length > 0;
  }

  function visit(schema: Schema, value: Fields, at: string, report: Report): void {
    const { check, properties } = planOf(schema);
    check?.(value, at, report);
    for (const { name, required, rule, unique, descends, ...property } of properties) {
      const found = value[name];
      const field = at === '' ? name : `${at}.${name}`;
      if (required !== undefined && isNothing(found)) report.required(field, required);
      else if (rule !== undefined && (found === 0 || !isNothing(found))) apply(rule, found, field, report);
      if (isNothing(found)) continue;
      for (const [index, each] of property.enum ? [found].flat().entries() : []) {
        if (property.enum?.includes(each)) continue;
        report.unsupported(Array.isArray(found) ? `${field}[${index}]` : field, each, property.enum ?? []);
      }
      if (unique) {
        const names = list(found).map((each) => each[unique]);
        report.duplicates(names, (index) => `${field}[${index}].${unique}`);
      }
      if (!descends) continue;
      if (property.schema.properties && isFields(found)) visit(property.schema, found, field, report);
      for (const [key, child, each] of property.schema.properties ? [] : below(property.schema, found)) {
        if (isFields(each)) visit(child, each, `${field}[${key}]`, report);
      }
    }
  }

  return (schema, value, report) => visit(schema, value, '', report);
}
