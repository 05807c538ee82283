/**
 * Tokens of OIDC issuers, as the structured authentication configuration of our real clusters takes them: an https
 * issuer under a CA of its own, one audience, names and groups without a prefix.
 *
 * An issuer is asked for its keys when the first token of it comes, and again by the next token while it is down; a token
 * of an unknown key makes it be asked anew, which is how keys are rotated. (The real server asks at the start and every
 * ten seconds until it has an answer.) Source: `AuthenticationConfiguration`, `apiserver.config.k8s.io/v1`; OpenID
 * Connect Discovery 1.0.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Agent, fetch } from 'undici';
import type { Clock } from '../clock.ts';
import { quotedList } from './policy-rules.ts';
import { issuerOf } from './service-account-token.ts';
import type { UserInfo } from './user.ts';

export interface IssuerTrust {
  /** Must be https; must equal the tokens' `iss`. */
  readonly issuerUrl: string;
  /** Signs the certificate under which the issuer serves its keys. */
  readonly caPem: string;
  readonly audience: string;
  /** `sub` unless said otherwise. */
  readonly usernameClaim?: string;
  /** `groups` unless said otherwise. */
  readonly groupsClaim?: string;
}

export interface JwtIssuers {
  /** Replaces all of them. @throws TypeError when one is not https */
  trust(issuers: readonly IssuerTrust[]): void;
  /** @returns undefined when no trusted issuer made it @throws Error that says why it is no good */
  verify(token: string): Promise<UserInfo | undefined>;
  close(): Promise<void>;
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
const TIMEOUT_MS = 10_000;

interface Issuer {
  readonly trust: IssuerTrust;
  readonly agent: Agent;
  keys?: JWTVerifyGetKey;
}

export function createJwtIssuers(clock: Clock): JwtIssuers {
  let issuers = new Map<string, Issuer>();
  const close = async (): Promise<void> => {
    const agents = [...issuers.values()].map(({ agent }) => agent);
    issuers = new Map();
    await Promise.all(agents.map((agent) => agent.destroy()));
  };
  return {
    close,
    trust(list) {
      const wrong = list.find(({ issuerUrl }) => !issuerUrl.startsWith('https://'));
      if (wrong !== undefined) throw new TypeError(`An issuer must be https: ${wrong.issuerUrl}`);
      void close();
      issuers = new Map(
        list.map((trust) => [trust.issuerUrl, { trust, agent: new Agent({ connect: { ca: trust.caPem } }) }]),
      );
    },
    async verify(token) {
      const issuer = issuers.get(issuerOf(token) ?? '');
      if (issuer === undefined) return undefined;
      const { trust } = issuer;
      issuer.keys ??= await discover(issuer);
      const { payload } = await jwtVerify(token, issuer.keys, {
        issuer: trust.issuerUrl,
        audience: trust.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      }).catch((error: unknown) => {
        throw new Error(`oidc: verify token: ${told(error, trust)}`);
      });
      return userOf(payload, trust);
    },
  };
}

/** @throws Error when the issuer does not answer, or answers as another one */
async function discover({ trust, agent }: Issuer): Promise<JWTVerifyGetKey> {
  const url = `${trust.issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { dispatcher: agent, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    () => undefined,
  );
  if (!response?.ok) throw new Error('oidc: authenticator not initialized');
  const document = (await response.json()) as { issuer?: string; jwks_uri?: string };
  if (document.issuer !== trust.issuerUrl || document.jwks_uri === undefined) {
    throw new Error('oidc: authenticator not initialized');
  }
  return createRemoteJWKSet(new URL(document.jwks_uri), {
    timeoutDuration: TIMEOUT_MS,
    // Known keys are good until a token names another one, and then they are fetched at once.
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: 0,
    [customFetch]: (address: string, init: object) =>
      fetch(address, { ...init, dispatcher: agent }) as unknown as Promise<Response>,
  });
}

function told(error: unknown, { audience }: IssuerTrust): string {
  if (error instanceof errors.JWTExpired) return 'oidc: token is expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    const got = [error.payload.aud ?? []].flat();
    return `oidc: expected audience ${JSON.stringify(audience)} got ${quotedList(got)}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function userOf(claims: JWTPayload, { usernameClaim = 'sub', groupsClaim = 'groups' }: IssuerTrust): UserInfo {
  const username = claims[usernameClaim];
  if (typeof username !== 'string') {
    const why =
      username === undefined ? 'claim not present' : 'json: cannot unmarshal value into Go value of type string';
    throw new Error(`oidc: parse username claims ${JSON.stringify(usernameClaim)}: ${why}`);
  }
  const claimed = claims[groupsClaim] ?? [];
  const groups = typeof claimed === 'string' ? [claimed] : claimed;
  if (!Array.isArray(groups) || groups.some((group) => typeof group !== 'string')) {
    throw new Error(
      `oidc: parse groups claim ${JSON.stringify(groupsClaim)}: json: cannot unmarshal value into Go value of type string`,
    );
  }
  const { jti } = claims;
  return {
    username,
    groups: groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'],
    ...(jti && { extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } }),
  };
}
