/**
 * Tokens of OIDC issuers, as the structured authentication configuration of our real clusters takes them: an https
 * issuer under a CA of its own, one audience, names (`sub`) and groups (`groups`) without a prefix, none of them empty or
 * one of the system's own (`userValidationRules`).
 *
 * An issuer is asked for its keys when the first token of it comes, and again by the next token while it is down; a token
 * of an unknown key makes it be asked anew, which is how keys are rotated. (The real server asks at the start and every
 * ten seconds until it has an answer.) Source: `AuthenticationConfiguration`, `apiserver.config.k8s.io/v1`; OpenID
 * Connect Discovery 1.0.
 */

import type { Clock } from '@kubenova/kube-model/clock.ts';
import { createRemoteJWKSet, customFetch, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import { issuerOf } from './service-account-token.ts';
import { authenticated, type UserInfo } from './user.ts';

export interface IssuerTrust {
  /** Must be https; must equal the tokens' `iss`. */
  readonly issuerUrl: string;
  /** Signs the certificate under which the issuer serves its keys. */
  readonly caPem: string;
  readonly audience: string;
}

const TIMEOUT_MS = 10_000;

interface Issuer extends IssuerTrust {
  readonly agent: Agent;
  keys?: JWTVerifyGetKey;
}

export function createJwtIssuers(clock: Clock) {
  let issuers: readonly Issuer[] = [];
  const replace = async (next: readonly Issuer[]): Promise<void> => {
    const old = issuers;
    issuers = next;
    await Promise.all(old.map(({ agent }) => agent.destroy()));
  };
  return {
    close: () => replace([]),
    /** Replaces all of them. @throws TypeError when one is not https */
    trust(list: readonly IssuerTrust[]): void {
      const wrong = list.find(({ issuerUrl }) => !issuerUrl.startsWith('https://'));
      if (wrong !== undefined) throw new TypeError(`An issuer must be https: ${wrong.issuerUrl}`);
      void replace(list.map((trust) => ({ ...trust, agent: new Agent({ connect: { ca: trust.caPem } }) })));
    },
    /** @returns undefined when no trusted issuer made it @throws Error that says why it is no good */
    async verify(token: string): Promise<UserInfo | undefined> {
      const by = issuerOf(token);
      const issuer = issuers.find(({ issuerUrl }) => issuerUrl === by);
      if (issuer === undefined) return undefined;
      issuer.keys ??= await discover(issuer);
      const { payload } = await jwtVerify(token, issuer.keys, {
        audience: issuer.audience,
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      }).catch((error: Error) => {
        throw new Error(`oidc: verify token: ${error.message}`);
      });
      return userOf(payload);
    },
  };
}

/** @throws Error when the issuer does not answer, or answers as another one */
async function discover({ issuerUrl, agent: dispatcher }: Issuer): Promise<JWTVerifyGetKey> {
  const url = `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { dispatcher, signal }).catch(() => undefined);
  const document = response?.ok ? ((await response.json()) as { issuer?: string; jwks_uri?: string }) : {};
  if (document.issuer !== issuerUrl || document.jwks_uri === undefined) {
    throw new Error('oidc: authenticator not initialized');
  }
  return createRemoteJWKSet(new URL(document.jwks_uri), {
    timeoutDuration: TIMEOUT_MS,
    // Known keys are good until a token names another one, and then they are fetched at once.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: 0,
    [customFetch]: (address: string, init: object) =>
      fetch(address, { ...init, dispatcher }) as unknown as Promise<Response>,
  });
}

function userOf({ sub, groups, jti }: JWTPayload): UserInfo {
  if (sub === undefined) throw new Error('oidc: parse username claims "sub": claim not present');
  const all: unknown[] = [groups ?? []].flat();
  if (!all.every((group) => typeof group === 'string')) {
    throw new Error('oidc: parse groups claim "groups": json: cannot unmarshal value into Go value of type string');
  }
  if (sub === '' || [sub, ...all].some((name) => name.startsWith('system:'))) {
    throw new Error('oidc: error evaluating user info validation rule: names of the system are not for people');
  }
  return authenticated(sub, all, jti && `JTI=${jti}`);
}
