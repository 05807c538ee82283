/** ID tokens of a provider of the installation's own, such as Keycloak, Dex or Entra ID. */
import { createExternalKeys, type ExternalKeysOptions } from './external-keys.ts';
import { createIdTokenVerifier } from './id-token.ts';
import type { SignInVerifier } from './verifier.ts';

export interface ExternalVerifierOptions extends ExternalKeysOptions {
  clientId: string;
  usernameClaim: string;
  groupsClaim: string;
  now?: () => Date;
}

/** Every asymmetric algorithm of RFC 7518 and RFC 8037 that providers use. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export function createExternalVerifier(options: ExternalVerifierOptions): SignInVerifier & { close(): Promise<void> } {
  const keys = createExternalKeys(options);
  const verifier = createIdTokenVerifier({
    provider: 'external',
    issuer: options.issuer,
    clientIds: [options.clientId],
    algorithms: ALGORITHMS,
    usernameClaim: options.usernameClaim,
    groupsClaim: options.groupsClaim,
    keys: keys.find,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  return { ...verifier, close: () => keys.close() };
}
