/**
 * Where and how people sign in: at KubeNova's own provider, or at an external one. Exactly one of them, since what a token
 * says of a person (`sub`, groups) means something only together with who says it.
 */
import type { SignIn } from '@kubenova/knapi/schemas.ts';
import type { Queryable } from '../../store/connect.ts';
import type { Issuer } from '../issuer.ts';
import type { Sealer } from '../sealing.ts';
import { baseUrl } from './base-url.ts';
import { CLI_CLIENT, SCOPES } from './clients.ts';
import { createEmbedded, type Embedded } from './embedded/embedded.ts';
import { createEmbeddedVerifier } from './embedded-verifier.ts';
import { createExternalVerifier } from './external-verifier.ts';
import type { SignInVerifier } from './verifier.ts';

export type SignInConfig = { kind: 'embedded' } | ExternalSignInConfig;

export interface ExternalSignInConfig {
  kind: 'external';
  issuer: string;
  clientId: string;
  scopes: readonly string[];
  usernameClaim: string;
  groupsClaim: string;
  /** Path of a PEM file: the authority of the provider's certificate. */
  caFile?: string;
}

export interface SignInOptions {
  config: SignInConfig;
  /** PEM, of an external provider's `caFile`. */
  ca?: string;
  db: Queryable;
  issuer: Issuer;
  sealer: Sealer;
  /** Where people find the Manager, and with it the console, beside the issuer's address. */
  managerUrls: readonly string[];
  onError: (error: unknown) => void;
}

export interface SignInService {
  readonly verifier: SignInVerifier;
  /** The answer to who wants to sign in. */
  readonly description: SignIn;
  /** The embedded provider; absent where there is an external one. */
  readonly embedded: Embedded | undefined;
  /**
   * What the issuer's metadata says of the sign-in beside what API servers read (OpenID Connect Discovery 1.0, section 3).
   *
   * @param calledAt scheme and host that the caller used
   */
  metadata(calledAt: string): Record<string, unknown>;
  close(): Promise<void>;
}

export function createSignIn(options: SignInOptions): SignInService {
  const { config } = options;
  return config.kind === 'external' ? external(config, options) : embedded(options);
}

function external(config: ExternalSignInConfig, options: SignInOptions): SignInService {
  const { issuer, clientId, usernameClaim, groupsClaim, scopes } = config;
  const verifier = createExternalVerifier({
    issuer,
    clientId,
    usernameClaim,
    groupsClaim,
    onError: options.onError,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return {
    verifier,
    description: {
      kind: 'external',
      issuer,
      clientId,
      scopes: [...scopes],
      flows: ['authorizationCode', 'deviceCode'],
    },
    embedded: undefined,
    metadata: () => ({}),
    close: () => verifier.close(),
  };
}

function embedded(options: SignInOptions): SignInService {
  const { db, issuer, sealer, managerUrls, onError } = options;
  return {
    verifier: createEmbeddedVerifier({ issuer }),
    description: {
      kind: 'embedded',
      issuer: issuer.url,
      clientId: CLI_CLIENT,
      scopes: [...SCOPES],
      flows: ['authorizationCode', 'deviceCode'],
    },
    embedded: createEmbedded({ db, issuer, sealer, consoleUrls: [...new Set([issuer.url, ...managerUrls])], onError }),
    metadata: (calledAt) => endpoints(baseUrl(issuer.url, calledAt)),
    close: async () => {},
  };
}

/** Written down here too, so that API servers that read the metadata do not wait for the provider to be made. */
function endpoints(base: string): Record<string, unknown> {
  return {
    jwks_uri: `${base}/oidc/jwks`,
    authorization_endpoint: `${base}/oidc/auth`,
    token_endpoint: `${base}/oidc/token`,
    revocation_endpoint: `${base}/oidc/token/revocation`,
    device_authorization_endpoint: `${base}/oidc/device/auth`,
    end_session_endpoint: `${base}/oidc/session/end`,
    response_types_supported: ['code'],
    response_modes_supported: ['form_post', 'fragment', 'query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
    scopes_supported: [...SCOPES],
  };
}
