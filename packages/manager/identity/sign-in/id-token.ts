/**
 * Checking of ID tokens (OpenID Connect Core 1.0, section 3.1.3.7), the same for every provider: only asymmetric
 * algorithms, so that no public key can pass as a shared secret and `none` is no algorithm; this issuer; this client as
 * the only audience, so that a token for a cluster or another program is refused although the same key signed it.
 */
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { SignedIn, SignInVerifier } from './verifier.ts';

export interface IdTokenRules {
  provider: SignInVerifier['provider'];
  issuer: string;
  /** The clients of ours; a token is for exactly one of them. */
  clientIds: readonly string[];
  algorithms: readonly string[];
  usernameClaim: string;
  groupsClaim: string;
  /** Finds the key that the header names. It may throw an ApiError KN-503 when keys cannot be had. */
  keys: JWTVerifyGetKey;
  now?: () => Date;
}

/** Clocks of two machines may differ by as much. */
const SKEW_SECONDS = 30;
const LONGEST_NAME = 253;
const MOST_GROUPS = 500;

export function createIdTokenVerifier(rules: IdTokenRules): SignInVerifier {
  const now = rules.now ?? (() => new Date());
  return {
    provider: rules.provider,
    async verify(idToken) {
      // What is not for us by its own words is refused before any key is looked for.
      if (!claimsToBeOurs(idToken, rules)) return undefined;
      const currentDate = now();
      try {
        const { payload, protectedHeader } = await jwtVerify(idToken, rules.keys, {
          issuer: rules.issuer,
          audience: [...rules.clientIds],
          algorithms: [...rules.algorithms],
          requiredClaims: ['sub', 'iat', 'exp', 'aud'],
          clockTolerance: SKEW_SECONDS,
          currentDate,
        });
        if (protectedHeader.typ !== undefined && protectedHeader.typ.toUpperCase() !== 'JWT') return undefined;
        return signedIn(payload, rules, currentDate);
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
        throw error;
      }
    },
  };
}

function claimsToBeOurs(idToken: string, rules: IdTokenRules): boolean {
  try {
    const claims = decodeJwt(idToken);
    return claims.iss === rules.issuer && clientOf(claims, rules) !== undefined;
  } catch {
    return false;
  }
}

/** The client that the token is for; undefined when it is for others too, or was given to another. */
function clientOf(claims: JWTPayload, rules: IdTokenRules): string | undefined {
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  const client = rules.clientIds.find((id) => id === audiences[0]);
  if (audiences.length !== 1 || client === undefined) return undefined;
  return claims.azp === undefined || claims.azp === client ? client : undefined;
}

function signedIn(claims: JWTPayload, rules: IdTokenRules, now: Date): SignedIn | undefined {
  const { iat, exp } = claims;
  if (iat === undefined || exp === undefined || iat > now.getTime() / 1000 + SKEW_SECONDS) return undefined;
  const subject = claims[rules.usernameClaim];
  if (!isName(subject) || !maySay(subject, rules.provider)) return undefined;
  // Anybody can claim an address at a provider that does not check it; Kubernetes holds it the same way.
  if (rules.usernameClaim === 'email' && claims.email_verified !== undefined && claims.email_verified !== true) {
    return undefined;
  }
  return {
    subject,
    groups: groupsOf(claims[rules.groupsClaim]),
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
  };
}

/** Subjects of an external provider must not pass as those that KubeNova itself gives out. */
function maySay(subject: string, provider: SignInVerifier['provider']): boolean {
  const isOurs = /^(account|token):/.test(subject) || subject === 'admin' || subject === 'anonymous';
  return provider === 'embedded' ? subject.startsWith('account:') : !isOurs;
}

/** One group may come as a text, many as a list; whatever is no name is no group. */
function groupsOf(claim: unknown): string[] {
  const given: unknown[] = Array.isArray(claim) ? claim : [claim];
  return [...new Set(given.filter(isName))].slice(0, MOST_GROUPS);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME && /^[^\p{Cc}\p{Cs}]+$/u.test(value);
}
