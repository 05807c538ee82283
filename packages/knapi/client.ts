/** The typed client of the contract, for the CLI, the console and tests. */
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './generated/types.ts';

export type KubeNovaClient = Client<paths>;

/**
 * Makes a client of one Manager.
 *
 * @param options.managerUrl where the Manager listens, such as `http://127.0.0.1:8080`
 * @param options.token an API token or a token of the OIDC issuer
 */
export function createClient(options: { managerUrl: string; token: string }): KubeNovaClient {
  return createFetchClient<paths>({
    baseUrl: options.managerUrl,
    headers: { authorization: `Bearer ${options.token}` },
  });
}
