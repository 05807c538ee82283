/**
 * Whether a CustomResourceDefinition may be stored: names, versions, and that its schemas are structural. Costs of rules
 * and the types within them are not looked at. Source: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { CelError } from '../cel/cel.ts';
import type { FieldError } from '../field-error.ts';
import { prune } from '../schema/decode.ts';
import { type DefinitionSpec, type DefinitionVersion, type JsonSchema, schemaOf } from './custom.ts';
import { rulesCel } from './custom-rules.ts';
import { compiled, validateValue } from './custom-validation.ts';
import { dns1035Label, dnsSubdomain, Report } from './validation/report.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const MIXED_CASE = 'may have mixed case, but should otherwise match: ';
/** @param crd decoded, with its defaults, and with the storage version in its status */
export function validateDefinition(crd: KubeObject, old?: KubeObject): FieldError[] {
  const report = new Report();
  const { group, names, scope, conversion, ...spec } = crd.spec as DefinitionSpec;
  const versions = spec.versions ?? [];
  const { name } = crd.metadata;
  if (!old && name !== `${names?.plural ?? ''}.${group ?? ''}`) {
    report.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group');
  }
  if (!group) report.required('spec.group');
  else if (dnsSubdomain(group).length > 0) report.by(dnsSubdomain, 'spec.group', group);
  else if (!group.includes('.')) report.invalid('spec.group', group, 'should be a domain with at least one dot');
  if (!scope) report.required('spec.scope');
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    report.unsupported('spec.scope', scope, ['Cluster', 'Namespaced']);
  checkVersions(report, crd, versions);
  checkNames(report, names ?? {});
  if (conversion?.strategy === 'Webhook') {
    if (!conversion.webhook) {
      report.required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook');
      report.required('spec.conversion.conversionReviewVersions');
    }
  } else if (conversion && conversion.strategy !== 'None') {
    report.unsupported('spec.conversion.strategy', conversion.strategy, ['None', 'Webhook']);
  }
  return report.errors;
}

function checkNames(report: Report, names: Partial<DefinitionSpec['names']>): void {
  for (const key of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names[key];
    const field = `spec.names.${key}`;
    if (!value) report.required(field);
    else if (key === 'plural' || key === 'singular') report.by(dns1035Label, field, value);
    else for (const detail of dns1035Label(value.toLowerCase())) report.invalid(field, value, MIXED_CASE + detail);
  }
  for (const key of ['shortNames', 'categories'] as const) {
    for (const [at, value] of (names[key] ?? []).entries()) report.by(dns1035Label, `spec.names.${key}[${at}]`, value);
  }
  if (names.kind && names.kind === names.listKind) {
    report.invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same');
  }
}

function checkVersions(report: Report, crd: KubeObject, versions: readonly DefinitionVersion[]): void {
  const unset = { Deprecated: false, DeprecationWarning: null, Schema: null, Subresources: null };
  const goVersions = versions.map(({ name: Name, served: Served, storage: Storage }) => {
    return { Name, Served, Storage, ...unset, AdditionalPrinterColumns: null, SelectableFields: null };
  });
  /** What all versions have alike, the API server keeps in one place. */
  const place = (key: keyof DefinitionVersion, alike: string, at: number) =>
    versions.every((each) => isDeepStrictEqual(each[key], versions[0]?.[key])) ? alike : `spec.versions[${at}].${key}`;
  for (const [at, version] of versions.entries()) {
    report.by(dns1035Label, `spec.versions[${at}].name`, version.name);
    if (at === 0) report.by(dns1035Label, 'spec.version', version.name);
    const schema = version.schema?.openAPIV3Schema;
    const schemaField = place('schema', 'spec.validation', at);
    if (schema === undefined) report.required(`spec.versions[${at}].schema.openAPIV3Schema`);
    if (at > 0 && !schemaField.includes('[')) continue;
    if (schema !== undefined) checkSchema(report, `${schemaField}.openAPIV3Schema`, schema, 'root');
    checkVersion(report, version, (key, alike) => place(key, alike, at));
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    report.invalid('spec.versions', goVersions, 'must contain unique version names');
  }
  const storage = versions.filter((each) => each.storage);
  if (storage.length !== 1) {
    report.invalid('spec.versions', goVersions, 'must have exactly one version marked as storage version');
  }
  const stored = (crd.status as { storedVersions?: string[] | null } | undefined)?.storedVersions ?? null;
  const last = storage.at(-1)?.name;
  if (stored === null) report.invalid('status.storedVersions', null, 'must have at least one stored version');
  else if (last !== undefined && !stored.includes(last)) {
    report.invalid('status.storedVersions', stored, `must have the storage version ${last}`);
  }
}

function checkVersion(
  report: Report,
  version: DefinitionVersion,
  place: (key: keyof DefinitionVersion, alike: string) => string,
): void {
  const columns = place('additionalPrinterColumns', 'spec.additionalPrinterColumns');
  for (const [at, column] of (version.additionalPrinterColumns ?? []).entries()) {
    if (!column.name) report.required(`${columns}[${at}].name`);
    if (!COLUMN_TYPES.includes(column.type)) {
      report.invalid(`${columns}[${at}].type`, column.type, `must be one of ${COLUMN_TYPES.join(',')}`);
    }
    const path = `${columns}[${at}].JSONPath`;
    if (!column.jsonPath) report.required(path);
    else if (!column.jsonPath.startsWith('.'))
      report.invalid(path, column.jsonPath, 'must be a simple json path starting with .');
  }
  const { scale } = version.subresources ?? {};
  for (const [key, root] of Object.entries({ specReplicasPath: 'spec', statusReplicasPath: 'status' } as const)) {
    const path = scale?.[key as 'specReplicasPath'];
    if (path === undefined) continue;
    const field = `${place('subresources', 'spec.subresources')}.scale.${key}`;
    if (path === '') report.required(field);
    else if (!path.startsWith('.')) report.invalid(field, path, 'must be a simple json path starting with .');
    else if (!path.startsWith(`.${root}.`)) report.invalid(field, path, `should be a json path under .${root}`);
  }
}

type Position = 'root' | 'object fields' | 'array items' | 'map values';

function checkSchema(report: Report, at: string, schema: JsonSchema, position: Position): void {
  const { type, properties, items, additionalProperties: values, pattern } = schema;
  const isOpen =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.$ref !== undefined) report.forbidden(`${at}.$ref`, '$ref is not supported');
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    report.forbidden(`${at}.uniqueItems`, detail);
  }
  if (pattern !== undefined && compiled(pattern) === undefined) {
    report.invalid(
      `${at}.pattern`,
      pattern,
      `must be a valid regular expression, but isn't: ${regexpProblem(pattern)}`,
    );
  }
  if (properties && values) {
    report.forbidden(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  }
  if (type === undefined && position === 'root') report.required(`${at}.type`, 'must not be empty at the root');
  else if (type !== undefined && position === 'root' && type !== 'object') {
    report.invalid(`${at}.type`, type, 'must be object at the root');
  } else if (type === undefined && !isOpen)
    report.required(`${at}.type`, `must not be empty for specified ${position}`);
  else if (type !== undefined && !TYPES.includes(type)) report.unsupported(`${at}.type`, type, TYPES);
  if (type === 'array' && !items) report.required(`${at}.items`, 'must be specified');
  checkList(report, at, schema);
  checkDefault(report, at, schema);
  checkRules(report, at, schema);
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, each] of (schema[key] ?? []).entries()) {
      if (!schema['x-kubernetes-int-or-string'])
        checkJunction(report, `${at}.${key}[${index}]`, each as JsonSchema, at, schema);
    }
  }
  for (const [name, child] of Object.entries(properties ?? {})) {
    const field = `${at}.properties[${name}]`;
    if (position !== 'root' || name !== 'metadata') checkSchema(report, field, child, 'object fields');
    else if (Object.keys(child.properties ?? {}).some((key) => key !== 'name' && key !== 'generateName')) {
      const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
      report.forbidden(field, detail);
    }
  }
  if (items) checkSchema(report, `${at}.items`, items, 'array items');
  if (typeof values === 'object') checkSchema(report, `${at}.additionalProperties`, values, 'map values');
}

/** The commonest mistake as Go's parser puts it. */
function regexpProblem(pattern: string): string {
  const closing = pattern.split('(').length > pattern.split(')').length ? ')' : ']';
  return `error parsing regexp: missing closing ${closing}: \`${pattern}\``;
}

/** What only narrows must not say types, and only speak of fields that are there outside of it. */
function checkJunction(report: Report, at: string, inner: JsonSchema, outerAt: string, outer: JsonSchema): void {
  for (const [name, child] of Object.entries(inner.properties ?? {})) {
    const known = outer.properties?.[name];
    if (child.type !== undefined) report.forbidden(`${at}.properties[${name}].type`, 'must be empty to be structural');
    if (known === undefined && child.type !== undefined) {
      report.required(`${outerAt}.properties[${name}]`, `because it is defined in ${at}.properties[${name}]`);
    }
  }
  if (inner.type !== undefined) report.forbidden(`${at}.type`, 'must be empty to be structural');
}

function checkList(report: Report, at: string, schema: JsonSchema): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] as readonly string[] | undefined;
  if (type === undefined) return;
  const { items } = schema;
  if (schema.type !== 'array')
    report.invalid(`${at}.type`, schema.type, 'must be array if x-kubernetes-list-type is specified');
  if (type !== 'atomic' && type !== 'set' && type !== 'map') {
    report.unsupported(`${at}.x-kubernetes-list-type`, type, ['atomic', 'set', 'map']);
  } else if (type === 'map' && !keys?.length) {
    report.required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map');
    if (items?.type !== 'object') {
      report.invalid(`${at}.items.type`, items?.type, "must be object if parent array's x-kubernetes-list-type is map");
    }
  } else if (type === 'map' && keys?.some((key) => !items?.properties?.[key])) {
    report.invalid(`${at}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties');
  } else if (type === 'map') {
    const detail =
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    for (const key of keys ?? []) {
      if (items?.required?.includes(key) || items?.properties?.[key]?.default !== undefined) continue;
      report.required(`${at}.items.properties[${key}].default`, detail);
    }
  }
}

function checkDefault(report: Report, at: string, json: JsonSchema): void {
  if (json.default === undefined || json.default === null) return;
  const schema = schemaOf(json);
  const field = `${at}.default`;
  if (!isDeepStrictEqual(prune(schema, json.default), json.default)) {
    report.invalid(field, json.default, 'must not have unknown fields');
  }
  for (const error of validateValue(schema, json.default, undefined, '')) report.errors.push({ ...error, field });
}

function checkRules(report: Report, at: string, schema: JsonSchema): void {
  const rules = (schema['x-kubernetes-validations'] ?? []) as { rule: string; message?: string }[];
  for (const [index, { rule, message = '' }] of rules.entries()) {
    const field = `${at}.x-kubernetes-validations[${index}].rule`;
    if (!rule?.trim()) {
      report.required(field, 'rule is not specified');
      continue;
    }
    try {
      rulesCel.compile(rule);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const unset = { MessageExpression: '', Reason: null, FieldPath: '', OptionalOldSelf: null };
      const go = { Rule: rule, Message: message, ...unset };
      report.invalid(field, go, `compilation failed: ${error.message}`);
    }
  }
}
