/**
 * A Manager at a socket, where people sign in at its embedded provider, with the accounts `alice`, an
 * administrator, and `gone`, one that was disabled, and with the issuer's own key to sign whatever a test wants signed.
 */
import type { KeyObject } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';
import { CLI_CLIENT } from '../identity/sign-in/clients.ts';
import { createTestManager, TEST_ISSUER, type TestManager } from './manager.ts';

export interface SigningIn {
  readonly manager: TestManager;
  readonly port: number;
  /** Targets of the requests that came in. */
  readonly asked: readonly string[];
  /** Both halves of the key that signs. */
  readonly issuerKey: JWK;
  /** An ID token of alice's for the command line: whatever of it is to be otherwise, and by another key than the issuer's. */
  idToken(over?: object, header?: object, key?: KeyObject): Promise<string>;
  close(): Promise<void>;
}

/** What alice's ID token says. */
export function aliceClaims(over: object = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: TEST_ISSUER, sub: 'account:alice', aud: CLI_CLIENT, iat: now - 5, exp: now + 300, groups: [], ...over };
}

export async function createSigningIn(databaseUrl: string): Promise<SigningIn> {
  const manager = await createTestManager(databaseUrl);
  const { services, store } = manager;
  for (const account of ['alice', 'gone']) {
    await store.pool.query(
      `INSERT INTO accounts (name, password_hash, disabled, sessions_from) VALUES ($1, 'none', $2, now() - interval '1 hour')`,
      [account, account === 'gone'],
    );
    await store.pool.query(
      `INSERT INTO role_bindings (subject_kind, subject_name, role, created_by) VALUES ('User', $1, 'admin', 'admin')`,
      [`account:${account}`],
    );
  }
  const [issuerKey] = (await services.issuer.privateJwks()).keys;
  if (issuerKey === undefined) throw new Error('the issuer has no key');
  const asked: string[] = [];
  manager.server.server.on('request', ({ url }) => asked.push(url ?? ''));
  const url = await manager.server.listen({ host: '127.0.0.1', port: 0 });
  return {
    manager,
    port: Number(new URL(url).port),
    asked,
    issuerKey,
    async idToken(over = {}, header = {}, key) {
      return new SignJWT({ ...aliceClaims(over) })
        .setProtectedHeader({ alg: 'ES256', kid: issuerKey.kid, typ: 'JWT', ...header })
        .sign(key ?? (await importJWK(issuerKey, 'ES256')));
    },
    close: () => manager.close(),
  };
}
