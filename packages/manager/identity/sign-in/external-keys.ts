/**
 * The keys of an external OpenID Connect provider: found by its discovery when the first token comes, kept, read again
 * every ten minutes and when a token names a key that is not known.
 *
 * A provider that is away is asked again after a few seconds and not before, by one request for all who wait; keys that
 * are known go on being used for a day. Only a token whose key cannot be had is answered with 503, so that people know it
 * is not their token that is wrong. API tokens do not come this way.
 */
import { ApiError } from '@kubenova/knapi/errors.ts';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Agent, fetch } from 'undici';

export interface ExternalKeysOptions {
  issuer: string;
  /** PEM of the authority to trust instead of the system's. */
  ca?: string;
  /** Why keys could not be read, for the log. */
  onError?: (error: unknown) => void;
}

const TIMEOUT_MS = 5_000;
const LARGEST_ANSWER = 1024 * 1024;
const FRESH_MS = 600_000;
const USABLE_MS = 86_400_000;
/** How long after an answer a key that it did not have is not looked for again. */
const UNKNOWN_KEY_PAUSE_MS = 10_000;
/** How long a provider that did not answer is left alone. */
const FAILURE_PAUSE_MS = 5_000;

export interface ExternalKeys {
  /** Throws an ApiError KN-503 when the provider cannot be asked. */
  readonly find: JWTVerifyGetKey;
  close(): Promise<void>;
}

export function createExternalKeys(options: ExternalKeysOptions): ExternalKeys {
  const agent = new Agent({
    connect: { timeout: TIMEOUT_MS, ...(options.ca === undefined ? {} : { ca: options.ca }) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: LARGEST_ANSWER,
  });
  let known: { at: number; find: JWTVerifyGetKey } | undefined;
  let failure: { at: number; error: unknown } | undefined;
  let reading: Promise<void> | undefined;

  async function getObject(url: string): Promise<Record<string, unknown>> {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      dispatcher: agent,
      redirect: 'error',
    });
    const body = response.status === 200 ? await response.json() : undefined;
    if (typeof body !== 'object' || body === null)
      throw new Error(`${url} answered ${response.status} without an object`);
    return body as Record<string, unknown>;
  }

  async function readKeys(): Promise<void> {
    const url = `${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer, jwks_uri: jwksUri } = await getObject(url);
    if (issuer !== options.issuer) throw new Error(`${url} speaks of another issuer than ${options.issuer}`);
    if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) throw new Error(`${url} names no jwks_uri`);
    if (options.issuer.startsWith('https:') && !jwksUri.startsWith('https:')) {
      throw new Error(`${url} names keys that are not served over https`);
    }
    const keys: unknown = await getObject(jwksUri);
    known = { at: performance.now(), find: createLocalJWKSet(keys as JSONWebKeySet) };
  }

  /** At most one request at a time, and none right after a failure. */
  function read(): Promise<void> {
    if (failure !== undefined && performance.now() - failure.at < FAILURE_PAUSE_MS)
      return Promise.reject(failure.error);
    reading ??= readKeys()
      .then(() => {
        failure = undefined;
      })
      .catch((error: unknown) => {
        failure = { at: performance.now(), error };
        options.onError?.(error);
        throw error;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  return {
    async find(header, token) {
      const ageMs = () => (known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.at);
      try {
        if (ageMs() > FRESH_MS) await read();
      } catch (error) {
        if (ageMs() > USABLE_MS) throw away(options.issuer, error);
      }
      if (known === undefined) throw away(options.issuer);
      try {
        return await known.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || ageMs() < UNKNOWN_KEY_PAUSE_MS) throw error;
      }
      await read().catch((error: unknown) => {
        throw away(options.issuer, error);
      });
      return known.find(header, token);
    },
    close: () => agent.destroy(),
  };
}

function away(issuer: string, cause?: unknown): ApiError {
  return new ApiError(
    'KN-503',
    `The sign-in provider ${issuer} does not answer, so that your ID token cannot be checked. Try again in a while; API tokens go on working.`,
    { cause },
  );
}
