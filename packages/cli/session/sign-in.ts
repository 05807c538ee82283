/**
 * The OpenID Connect issuer that people sign in at, as this command line's client sees it.
 *
 * KubeNova's own issuer is asked at the Manager's address, the one that the person has named and trusts already: its
 * metadata name endpoints there. An external one is found by its own discovery (OpenID Connect Discovery 1.0).
 */
import type { SignIn } from '@kubenova/knapi/schemas.ts';
import * as oidc from 'openid-client';
import { CommandFailure } from '../output/failure.ts';
import type { SignInSession } from './session-file.ts';

const TIMEOUT_SECONDS = 10;

export interface SignInIssuer {
  readonly config: oidc.Configuration;
  readonly signIn: SignIn;
}

/** @throws CommandFailure when the Manager or the issuer does not answer as one */
export async function discover(managerUrl: string): Promise<SignInIssuer> {
  const signIn = await getJson<SignIn>(`${managerUrl}/api/v1/sign-in`, 'the Manager');
  if (signIn.kind === 'embedded') {
    const metadata = await getJson<oidc.ServerMetadata>(
      `${managerUrl}/.well-known/openid-configuration`,
      "the Manager's issuer",
    );
    if (metadata.issuer !== signIn.issuer) {
      throw new CommandFailure(`${managerUrl} speaks of two issuers: ${signIn.issuer} and ${metadata.issuer}`);
    }
    const config = new oidc.Configuration(metadata, signIn.clientId, undefined, oidc.None());
    config.timeout = TIMEOUT_SECONDS;
    // On loopback the Manager may speak plain http; elsewhere the person has named the address.
    if (managerUrl.startsWith('http://')) oidc.allowInsecureRequests(config);
    return { config, signIn };
  }
  try {
    // The Manager takes a provider over plain http on its own machine alone.
    const isPlain = signIn.issuer.startsWith('http://');
    const options = { timeout: TIMEOUT_SECONDS, execute: isPlain ? [oidc.allowInsecureRequests] : [] };
    const config = await oidc.discovery(new URL(signIn.issuer), signIn.clientId, undefined, oidc.None(), options);
    return { config, signIn };
  } catch (error) {
    throw new CommandFailure(`the sign-in provider ${signIn.issuer} does not answer: ${causeOf(error)}`);
  }
}

/** New tokens for a refresh token; undefined when the issuer has ended the session. */
export async function refresh(issuer: SignInIssuer, refreshToken: string): Promise<SignInSession | undefined> {
  try {
    return sessionOf(await oidc.refreshTokenGrant(issuer.config, refreshToken), refreshToken);
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return undefined;
    throw failureOf(issuer, error);
  }
}

/** Ends the session at the issuer (RFC 7009); false where the issuer has no such endpoint. */
export async function revoke(issuer: SignInIssuer, refreshToken: string): Promise<boolean> {
  if (issuer.config.serverMetadata().revocation_endpoint === undefined) return false;
  try {
    await oidc.tokenRevocation(issuer.config, refreshToken, { token_type_hint: 'refresh_token' });
  } catch (error) {
    throw failureOf(issuer, error);
  }
  return true;
}

/** What is kept of a token response. Issuers that do not rotate refresh tokens send none when renewing. */
export function sessionOf(
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  earlier?: string,
): SignInSession {
  const claims = tokens.claims();
  if (tokens.id_token === undefined || claims === undefined) {
    throw new CommandFailure('the sign-in provider gave no ID token; ask for the scope openid, and sign in again');
  }
  const refreshToken = tokens.refresh_token ?? earlier;
  return {
    kind: 'signIn',
    idToken: tokens.id_token,
    expiresAt: new Date(claims.exp * 1000).toISOString(),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

/** What went wrong at the issuer, for people. What is a bug stays one. */
export function failureOf(issuer: SignInIssuer, error: unknown): unknown {
  if (error instanceof CommandFailure) return error;
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    const why = error.error_description ?? error.error;
    return new CommandFailure(`${issuer.signIn.issuer} refused: ${why}`);
  }
  if (error instanceof oidc.ClientError || error instanceof TypeError || isTimeout(error)) {
    return new CommandFailure(`${issuer.signIn.issuer} does not answer as it should: ${causeOf(error)}`);
  }
  return error;
}

async function getJson<T>(url: string, whose: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000), redirect: 'error' });
  } catch (error) {
    throw new CommandFailure(`${whose} does not answer at ${url}: ${causeOf(error)}`);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok || typeof body !== 'object' || body === null) {
    const detail = typeof body === 'object' && body !== null && 'detail' in body ? `: ${String(body.detail)}` : '';
    throw new CommandFailure(`${whose} answered ${response.status} at ${url}${detail}`);
  }
  return body as T;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name);
}

/** The deepest reason: `fetch failed` says nothing, what is under it does. */
function causeOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message : String(reason);
}
