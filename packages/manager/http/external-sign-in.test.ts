/** People of an outside provider: a small one over https, with an authority of its own, that can be away and change its keys. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';

interface Provider {
  readonly url: string;
  /** What was asked for, path by path. */
  readonly asked: string[];
  metadata: Record<string, unknown>;
  keys: JWK[];
  /** How it answers right now. */
  mood: 'well' | 'broken' | 'silent' | 'chatty';
  token(claims?: JWTPayload): Promise<string>;
  rotate(): Promise<void>;
  close(): Promise<void>;
}

async function startProvider(credentials: { cert: string; key: string }): Promise<Provider> {
  const asked: string[] = [];
  let pair = await generateKeyPair('ES256');
  let kid = 0;
  const server: Server = createServer(credentials, (request, response) => {
    asked.push(request.url ?? '');
    if (provider.mood === 'silent') return;
    if (provider.mood === 'broken') {
      response.writeHead(500).end('broken');
      return;
    }
    const body = request.url === '/keys' ? { keys: provider.keys } : provider.metadata;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(provider.mood === 'chatty' ? `{"a":"${'x'.repeat(2_000_000)}"}` : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = async () => ({ ...(await exportJWK(pair.publicKey)), kid: `key-${kid}`, alg: 'ES256', use: 'sig' });
  const provider: Provider = {
    url,
    asked,
    metadata: { issuer: url, jwks_uri: `${url}/keys` },
    keys: [await publish()],
    mood: 'well',
    token: (claims = {}) =>
      new SignJWT({ sub: 'alice', aud: 'kubenova', roles: ['team-a'], ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: `key-${kid}` })
        .setIssuer(url)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(pair.privateKey),
    async rotate() {
      pair = await generateKeyPair('ES256');
      kid += 1;
      provider.keys = [await publish()];
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return provider;
}

let database: TestDatabase;
let authority: Awaited<ReturnType<typeof createAuthority>>;
let provider: Provider;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  authority = await createAuthority('an outside provider');
  provider = await startProvider(await authority.issue({ commonName: 'provider', ips: ['127.0.0.1'] }));
});
afterAll(async () => {
  await provider.close();
  await database.drop();
});

/** A Manager that has not asked the provider for anything yet. */
async function withManager(test: () => Promise<void>): Promise<void> {
  provider.mood = 'well';
  provider.asked.length = 0;
  manager = await createTestManager(database.url, {
    signIn: {
      kind: 'external',
      issuer: provider.url,
      clientId: 'kubenova',
      scopes: ['openid', 'groups'],
      usernameClaim: 'sub',
      groupsClaim: 'roles',
    },
    signInCa: authority.cert,
  });
  try {
    await test();
  } finally {
    vi.restoreAllMocks();
    await manager.close();
  }
}

const me = async (token: string) => manager.call('GET', '/api/v1/me', { token });

/** As if so much time had passed for whoever keeps an eye on it. */
function later(seconds: number): void {
  const at = performance.now() + seconds * 1000;
  vi.restoreAllMocks();
  vi.spyOn(performance, 'now').mockImplementation(() => at);
}

describe('an outside provider', () => {
  it('says who signs in and in which groups; roles are bound to those', () =>
    withManager(async () => {
      await manager.must('POST', '/api/v1/role-bindings', {
        subject: { kind: 'Group', name: 'team-a' },
        role: 'readOnly',
      });
      const answer = await me(await provider.token());
      expect(answer.body).toMatchObject({ subject: 'user:alice', groups: ['team-a'], grants: [{ role: 'readOnly' }] });
      expect((await me(await provider.token({ roles: [] }))).body.grants).toEqual([]);
    }));

  it('is told to who wants to sign in, and the embedded one is not there', () =>
    withManager(async () => {
      expect((await manager.call('GET', '/api/v1/sign-in', { token: null })).body).toEqual({
        kind: 'external',
        issuer: provider.url,
        clientId: 'kubenova',
        scopes: ['openid', 'groups'],
        flows: ['authorizationCode', 'deviceCode'],
      });
      for (const path of ['/oidc/auth', '/oidc/device', '/oidc/session/end']) {
        expect((await manager.call('GET', path, { token: null })).status).toBe(404);
      }
      // API servers go on trusting the Manager's own issuer.
      const metadata = await manager.call('GET', '/.well-known/openid-configuration', { token: null });
      expect(metadata.body).not.toHaveProperty('authorization_endpoint');
      expect(metadata.body).toHaveProperty('jwks_uri');
    }));

  it('is asked once for its keys by many at once, and not at all for what is no token of its', () =>
    withManager(async () => {
      const tokens = await Promise.all(Array.from({ length: 5 }, () => provider.token()));
      const foreign = [await provider.token({ aud: 'other' }), 'a.b.c', `${tokens[0]?.split('.')[0]}.e30.AA`];
      for (const token of foreign) expect((await me(token)).status).toBe(401);
      expect(provider.asked).toEqual([]);
      for (const answer of await Promise.all(tokens.map(me))) expect(answer.status).toBe(200);
      expect(provider.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
    }));

  it('may change its keys', () =>
    withManager(async () => {
      const before = await provider.token();
      expect((await me(before)).status).toBe(200);
      await provider.rotate();
      const after = await provider.token();
      expect((await me(after)).status, 'too soon to be looked for').toBe(401);
      later(11);
      expect((await me(after)).status).toBe(200);
      expect((await me(before)).status, 'a key that is gone').toBe(401);
    }));

  it.each(['broken', 'silent', 'chatty'] as const)(
    'that is %s is no reason for a wrong answer',
    (mood) =>
      withManager(async () => {
        provider.mood = mood;
        const token = await provider.token();
        const answer = await me(token);
        expect(problem(answer)).toMatchObject({ code: 'KN-503', detail: expect.stringContaining('does not answer') });
        expect(answer.headers['retry-after']).toBeDefined();
        const { length } = provider.asked;
        expect((await me(token)).status).toBe(503);
        expect(provider.asked, 'it is left alone for a while').toHaveLength(length);
        expect((await me(manager.adminToken)).status, 'API tokens go on').toBe(200);
        provider.mood = 'well';
        later(6);
        expect((await me(token)).status).toBe(200);
      }),
    15_000,
  );

  it('that is away later is not missed for its known keys', () =>
    withManager(async () => {
      const token = await provider.token({ exp: Math.floor(Date.now() / 1000) + 900 });
      expect((await me(token)).status).toBe(200);
      provider.mood = 'broken';
      later(3_600);
      expect((await me(token)).status).toBe(200);
    }));

  it('that speaks of another issuer, or serves its keys in the open, is not believed', () =>
    withManager(async () => {
      const { metadata } = provider;
      const wrong: Record<string, unknown>[] = [
        { ...metadata, issuer: 'https://other.test' },
        { ...metadata, issuer: `${provider.url}/` },
        { ...metadata, jwks_uri: 'http://127.0.0.1:1/keys' },
        { ...metadata, jwks_uri: 7 },
        {},
      ];
      for (const [index, one] of wrong.entries()) {
        provider.metadata = one;
        later(10 * (index + 1));
        expect((await me(await provider.token())).status, JSON.stringify(one)).toBe(503);
      }
      provider.metadata = metadata;
    }));

  it('whose certificate is of another authority is not believed', () =>
    withManager(async () => {
      const strange = await createTestManager(database.url, {
        signIn: {
          kind: 'external',
          issuer: provider.url,
          clientId: 'kubenova',
          scopes: ['openid'],
          usernameClaim: 'sub',
          groupsClaim: 'roles',
        },
      });
      const answer = await strange.call('GET', '/api/v1/me', { token: await provider.token() });
      expect(answer.status).toBe(503);
      expect(provider.asked).toEqual([]);
      await strange.close();
    }));

  const subjects: [string, JWTPayload][] = [
    ['an own account', { sub: 'account:admin' }],
    ['the administrator', { sub: 'admin' }],
    ['an API token', { sub: 'token:ci:1' }],
  ];
  it.each(subjects)('cannot speak of %s', (_, claims) =>
    withManager(async () => {
      expect((await me(await provider.token(claims))).status).toBe(401);
    }),
  );
});
