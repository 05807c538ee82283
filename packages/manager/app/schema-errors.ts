/** Ajv's errors as sentences that say what to do, one a place. */

import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import type { ErrorObject } from 'ajv/dist/2020.js';

/** A body can be wrong in thousands of places; a person reads a few. */
const MOST = 50;

/** Keywords that only say that something beneath them failed. */
const ECHOES = new Set(['if', 'propertyNames', 'oneOf', 'anyOf']);

export function explain(errors: readonly ErrorObject[]): ProblemError[] {
  const unions = errors.filter((error) => error.keyword === 'oneOf' || error.keyword === 'anyOf');
  const problems = new Map<string, ProblemError>();
  for (const error of errors) {
    const union = unions.find((candidate) => candidate !== error && isWithin(error, candidate));
    if (union !== undefined) continue;
    const problem = unions.includes(error) ? explainUnion(error, errors) : explainOne(error);
    for (const one of problem) problems.set(`${one.pointer}\n${one.detail}`, one);
  }
  return [...problems.values()].slice(0, MOST);
}

/** Whether an error was raised by a member of a union. */
function isWithin(error: ErrorObject, union: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${union.schemaPath}/`) && isAtOrBelow(error.instancePath, union.instancePath);
}

function isAtOrBelow(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

/** A union without a discriminator: the members' types, or, when objects fit by type, the errors of the best fitting one. */
function explainUnion(union: ErrorObject, errors: readonly ErrorObject[]): ProblemError[] {
  const below = errors.filter((error) => error !== union && isWithin(error, union) && !ECHOES.has(error.keyword));
  if (below.length === 0) {
    return [
      {
        pointer: union.instancePath,
        detail: 'It fits more than one of the forms that are possible here; give only one.',
      },
    ];
  }
  const members = Map.groupBy(below, (error) => memberOf(error, union));
  const fitting = [...members.values()].filter(
    (member) => !member.some((error) => error.keyword === 'type' && error.instancePath === union.instancePath),
  );
  if (fitting.length === 0) return [{ pointer: union.instancePath, detail: `It must be ${typesOf(below)}.` }];
  // The member with the fewest unknown and missing fields at the top is the one that was meant.
  const best = fitting.sort((a, b) => misfits(a, union) - misfits(b, union))[0] ?? [];
  const forms = [...members.values()].map((member) => requiredOf(member)).filter((name) => name !== undefined);
  if (forms.length > 1 && fitting.every((member) => misfits(member, union) > 0)) {
    return [{ pointer: union.instancePath, detail: `Give exactly one of these fields: ${forms.join(', ')}.` }];
  }
  return best.flatMap(explainOne);
}

function memberOf(error: ErrorObject, union: ErrorObject): string {
  return error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0] ?? '';
}

function misfits(member: readonly ErrorObject[], union: ErrorObject): number {
  return member.filter(
    (error) =>
      error.instancePath === union.instancePath && ['required', 'additionalProperties'].includes(error.keyword),
  ).length;
}

/** The one field that a member of a union requires. */
function requiredOf(member: readonly ErrorObject[]): string | undefined {
  for (const error of member) {
    const required = (error.parentSchema as { required?: unknown } | undefined)?.required;
    if (Array.isArray(required) && required.length === 1) return String(required[0]);
  }
  return undefined;
}

function typesOf(errors: readonly ErrorObject[]): string {
  const types = errors.filter((error) => error.keyword === 'type').map((error) => article(String(error.params.type)));
  return [...new Set(types)].join(' or ');
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function explainOne(error: ErrorObject): ProblemError[] {
  if (ECHOES.has(error.keyword)) return [];
  return [{ pointer: pointerOf(error), detail: sentence(error) }];
}

function pointerOf(error: ErrorObject): string {
  const { instancePath, keyword, params } = error;
  const child = childOf(keyword, params);
  const name = child ?? (error.propertyName !== undefined ? error.propertyName : undefined);
  return name === undefined ? instancePath : `${instancePath}/${escapePointer(name)}`;
}

function childOf(keyword: string, params: Record<string, unknown>): string | undefined {
  if (keyword === 'additionalProperties') return String(params.additionalProperty);
  if (keyword === 'required' || keyword === 'dependentRequired') return String(params.missingProperty);
  if (keyword === 'discriminator') return String(params.tag);
  return undefined;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function sentence(error: ErrorObject): string {
  const { keyword, params } = error;
  switch (keyword) {
    case 'additionalProperties':
      return `There is no such field. ${knownFields(error)}`;
    case 'required':
      return 'This field is needed.';
    case 'dependentRequired':
      return `This field is needed when ${String(params.property)} is given.`;
    case 'type':
      return `It must be ${[params.type]
        .flat()
        .map((type) => (type === 'null' ? 'null' : article(String(type))))
        .join(' or ')}.`;
    case 'enum':
      return `It must be one of: ${(params.allowedValues as unknown[]).join(', ')}.`;
    case 'const':
      return `It must be ${JSON.stringify(params.allowedValue)}.`;
    case 'minLength':
      return Number(params.limit) === 1 ? 'It may not be empty.' : `It must have at least ${params.limit} characters.`;
    case 'maxLength':
      return `It may have at most ${params.limit} characters.`;
    case 'minItems':
      return `It must have at least ${params.limit} ${plural(params.limit, 'item')}.`;
    case 'maxItems':
      return `It may have at most ${params.limit} items.`;
    case 'uniqueItems':
      return `It names the same more than once: entries ${params.j} and ${params.i}.`;
    case 'minProperties':
      return `It must have at least ${params.limit} ${plural(params.limit, 'field')}.`;
    case 'maxProperties':
      return `It may have at most ${params.limit} fields.`;
    case 'minimum':
      return `It must be at least ${params.limit}.`;
    case 'maximum':
      return `It may be at most ${params.limit}.`;
    case 'pattern':
      return patternSentence(String(params.pattern));
    case 'format':
      return `It must be a ${String(params.format) === 'uuid' ? 'UUID' : String(params.format)}.`;
    case 'not':
      return notSentence(error.schema);
    case 'discriminator':
      return discriminatorSentence(error);
    default:
      return `It ${error.message ?? 'is not valid'}.`;
  }
}

function plural(count: unknown, word: string): string {
  return count === 1 ? word : `${word}s`;
}

function knownFields(error: ErrorObject): string {
  const properties = (error.parentSchema as { properties?: object } | undefined)?.properties;
  const names = Object.keys(properties ?? {});
  return names.length === 0 ? 'Leave it out.' : `Known are: ${names.join(', ')}.`;
}

/** The patterns that people meet most, in words; any other as it is. */
function patternSentence(pattern: string): string {
  switch (pattern) {
    case '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$':
      return 'It must be lower-case letters, digits and hyphens, beginning and ending with a letter or a digit.';
    case '^[^\\s\\x00-\\x1f\\x7f]([^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f])?$':
      return 'It may hold no control character, and neither begin nor end with a space.';
    case '^[^\\s@]+@[^\\s@]+$':
      return 'It must be an e-mail address, such as ann@example.org.';
    case '^https://[^\\s/@]+(/[^\\s]*)?$':
      return 'It must be an https:// address without a user name in it.';
    case '^https?://[^\\s@]+$':
      return 'It must be an http:// or https:// address without a user name in it.';
    case '^[0-9]{1,6}(ms|s|m)$':
      return 'It must be a time such as 500ms, 30s or 2m.';
    case '^\\s*-----BEGIN CERTIFICATE-----':
      return 'It must be PEM: -----BEGIN CERTIFICATE----- and so on.';
    default:
      return `It must match ${pattern}.`;
  }
}

function notSentence(schema: unknown): string {
  const required = (schema as { required?: unknown } | undefined)?.required;
  return Array.isArray(required) ? `Give only one of: ${required.join(', ')}.` : 'It is not allowed here.';
}

function discriminatorSentence(error: ErrorObject): string {
  const members = (error.parentSchema as { oneOf?: { properties?: Record<string, { const?: unknown }> }[] } | undefined)
    ?.oneOf;
  const tag = String(error.params.tag);
  const kinds = (members ?? []).map((member) => member.properties?.[tag]?.const).filter((kind) => kind !== undefined);
  return error.params.error === 'tag'
    ? `This field is needed; it must be one of: ${kinds.join(', ')}.`
    : `It must be one of: ${kinds.join(', ')}.`;
}
