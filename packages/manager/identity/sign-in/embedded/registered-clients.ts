/** What the provider knows of the two programs that people sign in with. */
import type { Configuration } from 'oidc-provider';
import { CLI_CLIENT, CONSOLE_CLIENT, SCOPES } from '../clients.ts';

/** @param consoleUrls addresses at which the console is served */
export function clientsOf(consoleUrls: readonly string[]): Configuration['clients'] {
  const shared = {
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
    scope: SCOPES.join(' '),
  } as const;
  return [
    {
      ...shared,
      client_id: CLI_CLIENT,
      client_name: 'The KubeNova command line',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      // On whichever port (RFC 8252, section 7.3).
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    },
    {
      ...shared,
      client_id: CONSOLE_CLIENT,
      client_name: 'The KubeNova console',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: consoleUrls.map((url) => `${url}/console/callback`),
      post_logout_redirect_uris: consoleUrls.map((url) => `${url}/console/`),
    },
  ];
}
