/** Parameters of path, query and headers, checked against the contract and given their types. */

import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { JsonSchema, Operation } from '@kubenova/knapi/operation.ts';
import { schemaProblems } from '../app/schema.ts';

export interface Parameters {
  query: Record<string, unknown>;
  ifMatch?: string;
  idempotencyKey?: string;
  waitMs: number;
}

const LONGEST_WAIT_MS = 300_000;

/** @throws ApiError KN-400 that names each parameter that is wrong */
export function checkPath(operation: Operation, parameters: Record<string, string>): void {
  check(operation.pathParameters, typed(operation.pathParameters, parameters));
}

/** @throws ApiError KN-400 */
export function readParameters(
  operation: Operation,
  rawQuery: Record<string, unknown>,
  rawHeaders: IncomingHttpHeaders,
): Parameters {
  const query = typed(operation.queryParameters, rawQuery);
  check(operation.queryParameters, query);
  check(operation.headerParameters, rawHeaders);
  // A header that the operation does not know must not be taken for one that it heeds.
  const known = propertiesOf(operation.headerParameters);
  const header = (name: string) => (name in known ? rawHeaders[name] : undefined);
  const ifMatch = header('if-match');
  const idempotencyKey = header('idempotency-key');
  return {
    query,
    ...(typeof ifMatch === 'string' ? { ifMatch } : {}),
    ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}),
    waitMs: typeof query.wait === 'string' ? milliseconds(query.wait) : 0,
  };
}

function check(schema: JsonSchema, values: object): void {
  const problems = schemaProblems(schema, values);
  if (problems.length === 0) return;
  const errors = problems.map(({ pointer, detail }) => ({
    pointer: pointer.replace(/^\//, ''),
    detail: unfielded(detail),
  }));
  throw new ApiError('KN-400', `The parameter ${errors[0]?.pointer ?? ''} is not valid. ${errors[0]?.detail ?? ''}`, {
    errors,
  });
}

/** The sentences are about fields of bodies; of parameters the same is true. */
function unfielded(detail: string): string {
  return detail
    .replace('There is no such field.', 'There is no such parameter.')
    .replace('This field', 'This parameter');
}

function propertiesOf(schema: JsonSchema): Record<string, { type?: unknown }> {
  return (schema.properties ?? {}) as Record<string, { type?: unknown }>;
}

/** Parameters arrive as texts; integers are made of those that look like some. */
function typed(schema: JsonSchema, raw: Record<string, unknown>): Record<string, unknown> {
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      const isInteger = properties[name]?.type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value);
      return [name, isInteger ? Number(value) : value];
    }),
  );
}

function milliseconds(text: string): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? 'ms'] ?? 1;
  return Math.min(Number(match?.[1] ?? 0) * unit, LONGEST_WAIT_MS);
}
