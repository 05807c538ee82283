import { ok } from '../../app/context.ts';
import { listSigningKeys, rotateSigningKey } from '../../app/signing-keys.ts';
import { type Handlers, plain } from './handler.ts';

export const issuerHandlers: Handlers<
  'getIssuerConfiguration' | 'getIssuerKeys' | 'listSigningKeys' | 'rotateSigningKey'
> = {
  getIssuerConfiguration: async ({ services, call }) =>
    ok({ ...services.issuer.discovery(), ...services.signIn.metadata(call.origin) }),
  getIssuerKeys: async (context) => ok(await context.services.issuer.jwks()),
  listSigningKeys: plain(listSigningKeys),
  rotateSigningKey: plain(rotateSigningKey),
};
