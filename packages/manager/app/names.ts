/** Checks that the schema of a body cannot express: names that look like ids. */
import { nameProblem } from '@kubenova/domain/names.ts';
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { ProblemError } from '@kubenova/knapi/schemas.ts';
import type { Queryable } from '../store/connect.ts';
import { retiredUntil } from '../store/retired-names.ts';

/** @throws ApiError KN-422 with a pointer to the name */
export function requireName(name: string, pointer = '/name'): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw invalid(pointer, problem);
}

/** One thing wrong with the body. */
export function invalid(pointer: string, detail: string): ApiError {
  return new ApiError('KN-422', `The body is not valid. ${detail}`, { errors: [{ pointer, detail }] });
}

/**
 * Refuses a body for what a check of its content found.
 *
 * @throws ApiError KN-422 with all of it, when there is something
 */
export function requireNone(errors: readonly ProblemError[]): void {
  const [first, ...more] = errors;
  if (first === undefined) return;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more, in errors)`;
  const where = first.pointer === '' ? '' : `${first.pointer}: `;
  throw new ApiError('KN-422', `The body is not valid. ${where}${first.detail}${rest}`, { errors: [...errors] });
}

/**
 * A name that clusters still know people by is not given to somebody else.
 *
 * @param name of a tenant, or `tenant/project`
 * @throws ApiError KN-409
 */
export async function requireFree(db: Queryable, name: string): Promise<void> {
  const until = await retiredUntil(db, name);
  if (until === undefined) return;
  throw conflict(
    `The name ${name} was in use until just now, and Kubernetes tokens of its people are valid until ${until.toISOString()}. Choose another name, or wait until then.`,
  );
}

export function conflict(detail: string): ApiError {
  return new ApiError('KN-409', detail);
}

/** `a, b and c`, for messages that list what is left. */
export function enumerate(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
