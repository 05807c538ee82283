/** Bearer tokens (RFC 6750, section 2.1): one header, one scheme, one token. */
import { ApiError } from '@kubenova/knapi/errors.ts';
import type { FastifyRequest } from 'fastify';
import type { Authenticator } from '../identity/authenticator.ts';
import type { Caller } from '../identity/caller.ts';
import type { Limits } from './limits.ts';

/** @throws ApiError KN-401, or KN-429 when too many from this address were not known */
export async function authenticate(
  request: FastifyRequest,
  authenticator: Authenticator,
  limits: Limits,
): Promise<Caller> {
  const bearer = bearerToken(request);
  const caller = await limits.credential(request.ip, bearer, () => authenticator.authenticate(bearer));
  if (caller === undefined) {
    throw new ApiError('KN-401', 'This token is not known, has expired or was revoked. Get a new one.');
  }
  return caller;
}

function bearerToken(request: FastifyRequest): string {
  // Node keeps only the first of several; all that was sent is in the raw headers.
  const { rawHeaders } = request.raw;
  const headers = rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === 'authorization' && index % 2 === 1,
  );
  const header = headers[0];
  if (header === undefined) {
    throw new ApiError(
      'KN-401',
      'Send the header `Authorization: Bearer <token>` with an API token, or with the ID token of whoever signed in.',
    );
  }
  // Programs on the way may each read another one of several.
  if (headers.length > 1)
    throw new ApiError('KN-401', 'The header Authorization was sent more than once. Send it once.');
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) {
    throw new ApiError('KN-401', 'The header Authorization is malformed. Its form is `Bearer <token>`.');
  }
  return token;
}
