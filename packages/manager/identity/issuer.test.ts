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

  it('rotate: the new one signs, the old one verifies for a day', async () => {
    const before = await issuer.mint({ ...claims, ttlSeconds: 86_400 });
    const kid = await issuer.rotate();
    const after = await issuer.mint(claims);
    expect(decodeProtectedHeader(after.token).kid).toBe(kid);
    expect(decodeProtectedHeader(before.token).kid).not.toBe(kid);
    await verify(before.token);
    await verify(after.token);
    now = new Date(now.getTime() + 86_400_000 + 60_000);
    expect((await issuer.jwks()).keys.map((key) => key.kid)).toEqual([kid]);
  });

  it('rotate by age', async () => {
    expect(await issuer.rotateIfOlderThan(30)).toBe(false);
    now = new Date(now.getTime() + 31 * 86_400_000);
    expect(await issuer.rotateIfOlderThan(30)).toBe(true);
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
