import { ok } from '../../app/context.ts';
import type { Handlers } from './handler.ts';

export const issuerHandlers: Handlers<'getIssuerConfiguration' | 'getIssuerKeys'> = {
  getIssuerConfiguration: async (context) => ok(context.services.issuer.discovery()),
  getIssuerKeys: async (context) => ok(await context.services.issuer.jwks()),
};
