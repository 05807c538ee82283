import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { createIssuer, type Issuer } from './issuer.ts';
import { createSealer } from './sealing.ts';

const sealer = createSealer({ keys: new Map([[0, Buffer.alloc(32, 5)]]), current: 0 });
const claims = {
  subject: 'kubenova:admin',
  audience: 'kubenova:north',
  groups: ['kubenova-users', 'acme-devs'],
  ttlSeconds: 600,
};

let database: TestDatabase;
let store: Store;
let now: Date;
let issuer: Issuer;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  await store.pool.query('TRUNCATE signing_keys');
  now = new Date();
  issuer = createIssuer({ db: store.db, sealer, url: 'https://issuer.test/', now: () => now });
  await issuer.ensureKey();
});

const verify = async (token: string, audience = 'kubenova:north') =>
  jwtVerify(token, createLocalJWKSet(await issuer.jwks()), {
    issuer: 'https://issuer.test',
    audience,
    currentDate: now,
  });

describe('a token for a cluster', () => {
  it('is verified by what the issuer publishes', async () => {
    const { token, expiresAt } = await issuer.mint(claims);
    const { payload, protectedHeader } = await verify(token);
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' });
    expect(payload).toMatchObject({ iss: 'https://issuer.test', sub: 'kubenova:admin', groups: claims.groups });
    expect(payload.exp).toBe(expiresAt.getTime() / 1000);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is for one cluster', async () => {
    const { token } = await issuer.mint(claims);
    await expect(verify(token, 'kubenova:south')).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
  });

  it('ends, after a day at most', async () => {
    const { token, expiresAt } = await issuer.mint({ ...claims, ttlSeconds: 10 * 86_400 });
    expect(expiresAt.getTime() - now.getTime()).toBeLessThanOrEqual(86_400_000);
    now = new Date(expiresAt.getTime() + 1_000);
    await expect(verify(token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });
});

describe('keys', () => {
  it('are made once, by however many Managers', async () => {
    await store.pool.query('TRUNCATE signing_keys');
    await Promise.all(
      Array.from({ length: 4 }, () => createIssuer({ db: store.db, sealer, url: 'https://x' }).ensureKey()),
    );
    expect((await issuer.jwks()).keys.length).toBe(1);
  });

  const later = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  const kidOf = ({ token }: { token: string }) => decodeProtectedHeader(token).kid;
  const states = async () => (await issuer.keys()).map(({ state }) => state);

  it('rotate: the next one is published before it signs, and the one before verifies for a day', async () => {
    const before = await issuer.mint({ ...claims, ttlSeconds: 86_400 });
    const next = await issuer.rotate();
    expect(next).toMatchObject({ state: 'next', signsFrom: new Date(now.getTime() + 300_000) });
    expect(await states()).toEqual(['next', 'signing']);
    expect((await issuer.jwks()).keys.map(({ kid }) => kid)).toContain(next?.kid);

    later(299);
    const meanwhile = await issuer.mint({ ...claims, ttlSeconds: 86_400 });
    expect(kidOf(meanwhile)).toBe(kidOf(before));

    later(1);
    const after = await issuer.mint(claims);
    expect(kidOf(after)).toBe(next?.kid);
    expect(await states()).toEqual(['signing', 'verifying']);
    for (const minted of [before, meanwhile, after]) await verify(minted.token);

    // The last token of the old key ends a day after its last moment as the one that signs.
    later(86_399 - 300);
    await verify(meanwhile.token);
    later(400);
    expect((await issuer.jwks()).keys.map(({ kid }) => kid)).toEqual([next?.kid]);
  });

  it('do not pile up: while one waits for its turn there is no other', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => issuer.rotate()));
    expect(made.filter((key) => key !== undefined)).toHaveLength(1);
    expect(await issuer.rotate()).toBeUndefined();
    later(300);
    expect(await issuer.rotate()).toMatchObject({ state: 'next' });
    expect(await states()).toEqual(['next', 'signing', 'verifying']);
  });

  it('rotate by age, and are forgotten when they verify nothing any more', async () => {
    expect(await issuer.rotateIfOlderThan(30)).toBe(false);
    later(31 * 86_400);
    expect(await issuer.rotateIfOlderThan(30)).toBe(true);
    expect(await issuer.rotateIfOlderThan(30)).toBe(false);
    later(86_400 + 300 + 31);
    expect(await issuer.rotateIfOlderThan(30)).toBe(false);
    const { rows } = await store.pool.query('SELECT kid FROM signing_keys');
    expect(rows.map(({ kid }) => kid)).toEqual((await issuer.keys()).map(({ kid }) => kid));
    expect(rows).toHaveLength(1);
  });

  it('are handed to the provider that people sign in at whole, the one that signs first', async () => {
    const first = kidOf(await issuer.mint(claims));
    const next = await issuer.rotate();
    const { keys } = await issuer.privateJwks();
    expect(keys.map(({ kid }) => kid)).toEqual([first, next?.kid]);
    for (const key of keys) expect(key).toMatchObject({ kty: 'EC', alg: 'ES256', use: 'sig', d: expect.any(String) });
  });

  it('keep their private half sealed, and out of what is published', async () => {
    const { rows } = await store.pool.query(
      'SELECT public_jwk::text AS public, sealed_private_jwk AS sealed FROM signing_keys',
    );
    expect(JSON.parse(rows[0].public)).not.toHaveProperty('d');
    expect(rows[0].sealed.toString('latin1')).not.toMatch(/"d"|"kty"/);
    for (const key of (await issuer.jwks()).keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });
});
