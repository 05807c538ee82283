/**
 * Bodies and parameters against the contract's schemas (JSON Schema 2020-12, by Ajv in strict mode).
 *
 * Every schema is compiled at its first use, since a Manager rarely serves all operations. Errors are turned into JSON
 * pointers with sentences; of a union only the member that was meant is spoken of.
 */
import { ApiError } from '@kubenova/knapi/errors.ts';
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import type { JsonSchema } from '@kubenova/knapi/operation.ts';
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { explain } from './schema-errors.ts';

const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  // A union need not repeat the type that all its members have.
  strictTypes: false,
  allErrors: true,
  discriminator: true,
  verbose: true,
});
addFormats.default(ajv, ['uuid', 'date-time']);

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

function validatorOf(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/** What is wrong with a value, as pointers and sentences; empty when it is valid. */
export function schemaProblems(schema: JsonSchema, value: unknown): ProblemError[] {
  const validate = validatorOf(schema);
  return validate(value) ? [] : explain(validate.errors ?? []);
}

/**
 * Checks a body against the schema of an operation.
 *
 * @throws ApiError KN-422 with a JSON pointer for everything that is wrong
 */
export function parseBody(operation: OperationId, body: unknown): unknown {
  const schema = operations[operation].body;
  if (schema === null) return undefined;
  const errors = schemaProblems(schema, body);
  if (errors.length === 0) return body;
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more, in errors)`;
  const first = errors[0];
  const where = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `;
  throw new ApiError('KN-422', `The body is not valid. ${where}${first?.detail ?? ''}${more}`, { errors });
}
