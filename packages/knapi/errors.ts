/**
 * The closed union of errors that the API answers, with their HTTP statuses and titles (RFC 9457).
 *
 * An `ApiError` keeps public text apart from internal detail: `detail` and `errors` go to the caller, `cause` only to
 * the log. It is made where the reason is known and turned into a response once, at the edge.
 */
import type { ProblemCode, ProblemError } from './schemas.ts';

interface ProblemKind {
  status: number;
  title: string;
}

/** Every code, its HTTP status and its title. Codes are stable: clients switch on them. */
export const problemKinds: Record<ProblemCode, ProblemKind> = {
  'KN-400': { status: 400, title: 'The request is malformed' },
  'KN-401': { status: 401, title: 'Authentication is missing or not valid' },
  'KN-403': { status: 403, title: 'The caller may not do this' },
  'KN-404': { status: 404, title: 'There is no such object' },
  'KN-409': { status: 409, title: 'The request conflicts with the state of an object' },
  'KN-412': { status: 412, title: 'The object has changed since it was read' },
  'KN-413': { status: 413, title: 'The body is too large' },
  'KN-415': { status: 415, title: 'The body has an unsupported media type' },
  'KN-422': { status: 422, title: 'The request is well-formed but not valid' },
  'KN-429': { status: 429, title: 'Too many requests' },
  'KN-431': { status: 431, title: 'The header is too large' },
  'KN-500': { status: 500, title: 'Something went wrong inside KubeNova' },
  'KN-503': { status: 503, title: 'KubeNova cannot serve right now' },
};

/** An error with a stable code. `detail` says to the caller what happened and what to do. */
export class ApiError extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly ProblemError[];
  /** When the same request may do better (RFC 9110, section 10.2.3). */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { errors?: readonly ProblemError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The HTTP status that this code answers with. */
  get status(): number {
    return problemKinds[this.code].status;
  }
}

/** The one answer for an object that is missing and for one outside the caller's scope: nothing tells them apart. */
export function notFound(kind: string): ApiError {
  return new ApiError('KN-404', `No such ${kind}, or it is outside your scope. Check the name or id in the path.`);
}
