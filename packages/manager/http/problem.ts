/** Errors become RFC 9457 problems here, once, at the edge. */
import { ApiError, problemKinds } from '@kubenova/knapi/errors.ts';
import type { Problem } from '@kubenova/knapi/schemas.ts';
import { isDatabaseAway } from '../store/failures.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** Any error as one that may be shown. What is not known to be harmless says nothing of its reason. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isDatabaseAway(error)) {
    return new ApiError(
      'KN-503',
      'The database cannot be reached right now. Nothing was changed; repeat in a moment.',
      {
        cause: error,
      },
    );
  }
  return (
    fromFramework(error) ??
    new ApiError(
      'KN-500',
      'This is not your mistake. Give the instance to whoever runs KubeNova: it finds the reason in the log.',
      { cause: error },
    )
  );
}

/** Fastify's own refusals, by their codes. */
function fromFramework(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('KN-413', 'The body is larger than 1.5 MiB. Make it smaller, or split it.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError('KN-415', 'Send the body as application/json.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError('KN-400', 'The body has another length than Content-Length says.');
    case 'FST_ERR_BAD_URL':
      return new ApiError('KN-400', 'The path is not validly percent-encoded.');
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new ApiError('KN-400', 'The body ended before it was complete.');
    default:
      return undefined;
  }
}

export function problemOf(error: ApiError, requestId: string): Problem {
  const kind = problemKinds[error.code];
  return {
    type: `/problems/${error.code}`,
    title: kind.title,
    status: kind.status,
    code: error.code,
    detail: error.detail,
    instance: requestId,
    ...(error.errors.length === 0 ? {} : { errors: [...error.errors] }),
  };
}
