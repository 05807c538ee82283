/**
 * Who makes a request. A client certificate goes before a token; whatever shows neither is anonymous, and that only where
 * health is asked for, as the clusters of this product are configured. A token that is no good is refused everywhere.
 * Source: Kubernetes, "Authenticating", and `AuthenticationConfiguration` of `apiserver.config.k8s.io/v1`.
 */
import type { Clock } from '@kubenova/kube-model/clock.ts';
import type { Authenticator } from './authenticator.ts';
import { createJwtIssuers, type IssuerTrust } from './jwt-issuers.ts';
import type { Authenticated, ServiceAccountTokens } from './service-account-token.ts';
import { ANONYMOUS, authenticated } from './user.ts';

const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/healthz']);

export interface ClusterAuthenticator extends Authenticator {
  /** What a TokenReview answers: who it is and for which of the audiences, or why not. */
  review(token: string, audiences?: readonly string[]): Promise<Authenticated | { readonly error: string }>;
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

  const review: ClusterAuthenticator['review'] = async (token, audiences = tokens.audiences) => {
    // Issuers know nothing of audiences of the cluster: theirs is fixed, and stands for the API server.
    const own = tokens.audiences.filter((audience) => audiences.includes(audience));
    try {
      const account = await tokens.verify(token, audiences);
      if (account !== undefined) return account;
      const user = own.length === 0 ? undefined : await issuers.verify(token);
      return user === undefined ? { error: 'invalid bearer token' } : { user, audiences: own };
    } catch (error) {
      return { error: `[invalid bearer token, ${error instanceof Error ? error.message : String(error)}]` };
    }
  };

  return {
    review,
    trustIssuers: issuers.trust,
    close: issuers.close,
    async authenticate({ authorization = '', certificate, path = '' }) {
      if (certificate !== undefined) {
        const { commonName, organizations, fingerprint } = certificate;
        const hash = fingerprint?.replaceAll(':', '').toLowerCase();
        return authenticated(commonName, organizations, hash && `X509SHA256=${hash}`);
      }
      // Anything but `Bearer <token>` shows nothing at all; words after the token are ignored.
      const [scheme = '', token = ''] = authorization.trim().split(' ');
      if (scheme.toLowerCase() !== 'bearer' || token === '') return HEALTH_PATHS.has(path) ? ANONYMOUS : undefined;
      const result = await review(token);
      return 'error' in result ? undefined : result.user;
    },
  };
}
