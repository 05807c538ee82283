/**
 * Who makes a request. A client certificate goes before a token; whatever shows neither is anonymous, and that only where
 * health is asked for, as the clusters of this product are configured. A token that is no good is refused everywhere.
 * Source: Kubernetes, "Authenticating", and `AuthenticationConfiguration` of `apiserver.config.k8s.io/v1`.
 */

import type { Clock } from '../clock.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { createJwtIssuers, type IssuerTrust } from './jwt-issuers.ts';
import { aggregate } from './rbac.ts';
import type { Authenticated, ServiceAccountTokens } from './service-account-token.ts';
import { ANONYMOUS, type UserInfo } from './user.ts';

const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/healthz']);

export interface TokenReviewer {
  /** What a TokenReview answers: who it is and for which of the audiences, or why not. */
  review(token: string, audiences?: readonly string[]): Promise<Authenticated | { readonly error: string }>;
}

export interface ClusterAuthenticator extends Authenticator, TokenReviewer {
  /** Replaces the JWT issuers that are trusted; what they were asked before is forgotten. */
  trustIssuers(issuers: readonly IssuerTrust[]): void;
  /** Lets go of connections to issuers. */
  close(): Promise<void>;
}

export function createAuthenticator(options: {
  readonly tokens: ServiceAccountTokens;
  readonly clock: Clock;
  readonly issuers?: readonly IssuerTrust[];
}): ClusterAuthenticator {
  const { tokens, clock } = options;
  const issuers = createJwtIssuers(clock);
  issuers.trust(options.issuers ?? []);

  const review: TokenReviewer['review'] = async (token, audiences = tokens.audiences) => {
    // Issuers know nothing of audiences of the cluster: theirs is fixed, and stands for the API server.
    const own = tokens.audiences.filter((audience) => audiences.includes(audience));
    const errors: string[] = [];
    try {
      const account = await tokens.verify(token, audiences);
      if (account !== undefined) return account;
      const user = own.length === 0 ? undefined : await issuers.verify(token);
      if (user !== undefined) return { user, audiences: own };
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
    return { error: aggregate(['invalid bearer token', ...errors]) };
  };

  return {
    review,
    trustIssuers: issuers.trust,
    close: issuers.close,
    async authenticate({ authorization, certificate, path }, audiences) {
      if (certificate !== undefined) return certificateUser(certificate);
      const token = bearerToken(authorization);
      if (token === undefined) return path === undefined || HEALTH_PATHS.has(path) ? ANONYMOUS : undefined;
      const result = await review(token, audiences);
      return 'error' in result ? undefined : result.user;
    },
  };
}

function certificateUser({
  commonName,
  organizations,
  fingerprint,
}: NonNullable<Credentials['certificate']>): UserInfo {
  const groups = organizations.includes('system:authenticated')
    ? organizations
    : [...organizations, 'system:authenticated'];
  const id = fingerprint?.replaceAll(':', '').toLowerCase();
  return {
    username: commonName,
    groups,
    ...(id !== undefined && { extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${id}`] } }),
  };
}

/** Anything but `Bearer <token>` shows nothing at all; words after the token are ignored. */
function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme, token] = (authorization ?? '').trim().split(' ');
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined;
}
