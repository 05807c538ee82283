/** An OIDC issuer on loopback that can change its keys, go away and come back. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { IssuerTrust } from '../jwt-issuers.ts';

export interface TestIssuer {
  readonly trust: IssuerTrust;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  /** `iss`, `aud` and a life of ten minutes unless the claims say otherwise. */
  sign(claims: JWTPayload): Promise<string>;
  rotate(): Promise<void>;
  /** What its discovery document calls it. */
  rename(url: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param tls its certificate for 127.0.0.1, and the authority that signed it
 * @param now the clock of those who check its tokens, in ms
 */
export async function createIssuer(
  tls: { readonly cert: string; readonly key: string; readonly caPem: string },
  now: () => number,
): Promise<TestIssuer> {
  let keys = await generateKeyPair('ES256');
  let kid = 1;
  let asked = 0;
  let port = 0;
  let name: string | undefined;
  const url = (): string => `https://127.0.0.1:${port}`;
  const newServer = () =>
    createServer({ cert: tls.cert, key: tls.key }, async (request, response) => {
      const discovery = request.url === '/.well-known/openid-configuration';
      if (!discovery) asked += 1;
      const jwk = { ...(await exportJWK(keys.publicKey)), kid: `k${kid}`, alg: 'ES256', use: 'sig' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(discovery ? { issuer: name ?? url(), jwks_uri: `${url()}/jwks` } : { keys: [jwk] }));
    });
  let server = newServer();
  const issuer: Omit<TestIssuer, 'trust'> = {
    asked: () => asked,
    async sign(claims) {
      const at = Math.floor(now() / 1000);
      return new SignJWT({ iss: url(), aud: 'kubenova', iat: at, exp: at + 600, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: `k${kid}` })
        .sign(keys.privateKey);
    },
    async rotate() {
      keys = await generateKeyPair('ES256');
      kid += 1;
    },
    rename(other) {
      name = other;
    },
    async start() {
      server = newServer();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  await issuer.start();
  return { ...issuer, trust: { issuerUrl: url(), caPem: tls.caPem, audience: 'kubenova' } };
}
