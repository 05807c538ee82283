/**
 * Goes through an object along its kind's schema and looks at each structure: required fields and enumerations are in
 * the schema; what else holds for a structure is in a table by component. Most fields of most kinds have nothing to be
 * looked at, which is found out once a structure.
 */
import type { Schema } from '../../schema/schema.ts';
import { checkLabels, type Fields, isFields, portName, type Report, type Rule } from './report.ts';

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

export interface Rules {
  /** By component without its prefix, as in `core.v1.Container`. */
  readonly checks: Readonly<Record<string, Check>>;
  /** By component and field: what is said when it is missing, false where the check looks at it and below, null where it may be. */
  readonly required: Readonly<Record<string, string | false | null>>;
  /** Likewise: the order in which the values are told, or false. */
  readonly enums: Readonly<Record<string, readonly string[] | false>>;
  readonly fields: Readonly<Record<string, FieldRule>>;
  readonly unique: Readonly<Record<string, string>>;
  /** By component: fields that are looked at first, in this order. */
  readonly order: Readonly<Record<string, string>>;
  /** Components whose check comes after their fields. */
  readonly late: ReadonlySet<string>;
}

function apply(rule: FieldRule, value: unknown, field: string, report: Report): void {
  if (rule === 'labels') checkLabels(report, field, value);
  else if (typeof rule === 'number') report.atLeast(rule, field, value);
  else if (typeof rule === 'function') report.by(rule, field, value);
  else if (rule !== 'port') report.between(rule[0], rule[1], field, value);
  else if (typeof value === 'string') report.by(portName, field, value);
  else report.between(1, 65_535, field, value);
}

const shortName = (schema: Schema) => (schema.component ?? '').replace(/^io\.k8s\.(api\.|.*\.apis\.)/, '');

export function createWalk(rules: Rules): (schema: Schema, value: Fields, report: Report) => void {
  const plans = new Map<Schema, { check: Check | undefined; late: boolean; properties: readonly Property[] }>();
  const worth = new Map<string, boolean>();

  function planOf(schema: Schema) {
    let plan = plans.get(schema);
    if (plan) return plan;
    const component = shortName(schema);
    const properties: Property[] = [];
    const ruled = Object.keys(rules.fields).filter((key) => key.startsWith(`${component}.`));
    // What several rules find is told in their order.
    const first = [
      ...(rules.order[component]?.split(' ') ?? []),
      ...ruled.map((key) => key.slice(component.length + 1)),
    ];
    for (const name of new Set([...first, ...Object.keys(schema.properties ?? {})])) {
      const property = schema.properties?.[name];
      if (property === undefined || name === 'status' || name === 'metadata') continue;
      const key = `${component}.${name}`;
      const isRequired = schema.required?.includes(name) && property.properties === undefined;
      const amended = rules.required[key];
      const saysRequired = amended === undefined ? (isRequired ? '' : false) : (amended ?? false);
      const values = property.enum ?? property.items?.enum;
      const saysEnum = values ? (rules.enums[key] ?? (values as string[])) : false;
      const descends = rules.required[key] !== false && isWorth(property);
      const [rule, unique] = [rules.fields[key], rules.unique[key]];
      if (saysRequired === false && saysEnum === false && rule === undefined && !unique && !descends) continue;
      properties.push({
        name,
        schema: property,
        required: saysRequired === false ? undefined : saysRequired,
        enum: saysEnum === false ? undefined : saysEnum,
        rule,
        unique,
        descends,
      });
    }
    plan = { check: rules.checks[component], late: rules.late.has(component), properties };
    plans.set(schema, plan);
    return plan;
  }

  /** Whether there is anything to look at below; circles are not. */
  function isWorth(schema: Schema): boolean {
    const inner =
      schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : schema);
    if (inner.component === undefined || inner.properties === undefined) return false;
    let found = worth.get(inner.component);
    if (found === undefined) {
      worth.set(inner.component, false);
      const { check, properties } = planOf(inner);
      found = check !== undefined || properties.length > 0;
      worth.set(inner.component, found);
    }
    return found;
  }

  function visit(schema: Schema, value: Fields, at: string, report: Report): void {
    const { check, late, properties } = planOf(schema);
    if (!late) check?.(value, at, report);
    for (const property of properties) {
      const found = value[property.name];
      const field = at === '' ? property.name : `${at}.${property.name}`;
      if (
        found === undefined ||
        found === null ||
        found === '' ||
        found === 0 ||
        (Array.isArray(found) && found.length === 0)
      ) {
        if (property.required !== undefined) report.required(field, property.required);
        else if (found === 0 && property.rule !== undefined) apply(property.rule, found, field, report);
        continue;
      }
      if (property.enum) {
        for (const [index, each] of (Array.isArray(found) ? found : [found]).entries()) {
          if (!property.enum.includes(each))
            report.unsupported(Array.isArray(found) ? `${field}[${index}]` : field, each, property.enum);
        }
      }
      if (property.rule !== undefined) apply(property.rule, found, field, report);
      if (Array.isArray(found)) visitList(property, found, field, report);
      else if (isFields(found) && property.descends) {
        const { additionalProperties: values } = property.schema;
        if (typeof values !== 'object') visit(property.schema, found, field, report);
        else for (const key in found) if (isFields(found[key])) visit(values, found[key], `${field}[${key}]`, report);
      }
    }
    if (late) check?.(value, at, report);
  }

  function visitList(
    { unique, descends, schema }: Property,
    found: readonly unknown[],
    at: string,
    report: Report,
  ): void {
    const seen = new Set<unknown>();
    for (const [index, each] of found.entries()) {
      if (!isFields(each)) continue;
      const name = unique === undefined ? undefined : each[unique];
      if (name !== undefined && name !== '' && seen.has(name)) report.duplicate(`${at}[${index}].${unique}`, name);
      seen.add(name);
      if (descends) visit(schema.items ?? {}, each, `${at}[${index}]`, report);
    }
  }

  return (schema, value, report) => visit(schema, value, '', report);
}
