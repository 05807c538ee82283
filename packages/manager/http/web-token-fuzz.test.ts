/**
 * JSON web tokens of every wrong kind at the Manager's own socket: forged, of another issuer, for another audience, of
 * people who are gone. Nobody comes in with one, and none is written down.
 */
import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI_CLIENT } from '../identity/sign-in/clients.ts';
import { TEST_ISSUER } from '../testing/manager.ts';
import { exchange, expectRefused, type RawAnswer, rawRequest } from '../testing/raw-socket.ts';
import { aliceClaims, createSigningIn, type SigningIn } from '../testing/signing-in.ts';

let database: TestDatabase;
let world: SigningIn;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createSigningIn(database.url);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

const send = (token: string): Promise<RawAnswer[]> =>
  exchange(world.port, rawRequest(['Host: kubenova.test', `Authorization: Bearer ${token}`]));

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64url');
const part = (value: unknown) => base64(JSON.stringify(value));
const at = () => Math.floor(Date.now() / 1000);

async function publicPem(): Promise<string> {
  const { d: _, ...publicJwk } = world.issuerKey;
  const key = await importJWK({ ...publicJwk, ext: true }, 'ES256', { extractable: true });
  if (key instanceof Uint8Array) throw new Error('the key of the issuer is no key pair');
  return exportSPKI(key);
}

function symmetric(header: object, payload: object, secret: string | Buffer): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });

it('of a person who is there is let in', async () => {
  const [answer] = await send(await world.idToken());
  expect(answer?.status).toBe(200);
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ subject: 'account:alice' });
});

describe('a JSON web token', () => {
  const mine = () => attacker.publicKey.export({ format: 'jwk' });
  const kid = () => world.issuerKey.kid;
  const cases: [string, () => string | Promise<string>][] = [
    ['that has ended', () => world.idToken({ exp: at() - 300 })],
    ['that has never begun', () => world.idToken({ nbf: at() + 300 })],
    ['of the future', () => world.idToken({ iat: at() + 600, exp: at() + 900 })],
    ['of a session that was ended since', () => world.idToken({ iat: at() - 7_200 })],
    ['without an end', () => world.idToken({ exp: undefined })],
    ['whose end is a text', () => world.idToken({ exp: '9999999999' as unknown as number })],
    ['for a cluster', () => world.idToken({ aud: 'kubenova:north' })],
    ['for a cluster that is named after the client', () => world.idToken({ aud: `kubenova:${CLI_CLIENT}` })],
    ['for the client and a cluster', () => world.idToken({ aud: [CLI_CLIENT, 'kubenova:north'] })],
    ['for nobody', () => world.idToken({ aud: [] })],
    ['given to another program', () => world.idToken({ azp: 'somebody' })],
    ['of another issuer', () => world.idToken({ iss: 'https://issuer.evil' })],
    ['of the issuer with a slash', () => world.idToken({ iss: `${TEST_ISSUER}/` })],
    ['of no issuer', () => world.idToken({ iss: undefined })],
    ['of an account that is not there', () => world.idToken({ sub: 'account:nobody' })],
    ['of an account that is disabled', () => world.idToken({ sub: 'account:gone' })],
    ['that calls itself admin', () => world.idToken({ sub: 'admin' })],
    ['that calls itself a token', () => world.idToken({ sub: 'token:ci:00000000-0000-4000-8000-000000000000' })],
    [
      'that calls itself a machine',
      () => world.idToken({ sub: 'system:serviceaccount:kubenova-system:kubenova-manager' }),
    ],
    ['with no name', () => world.idToken({ sub: '' })],
    ['whose name is a list', () => world.idToken({ sub: ['account:alice'] as unknown as string })],
    ['alg none', () => `${part({ alg: 'none' })}.${part(aliceClaims())}.`],
    [
      'alg none with a signature',
      () => `${part({ alg: 'none', kid: kid() })}.${part(aliceClaims())}.${base64('signed')}`,
    ],
    ['alg None', () => `${part({ alg: 'None', kid: kid() })}.${part(aliceClaims())}.AA`],
    ['alg nOnE', () => `${part({ alg: 'nOnE', kid: kid() })}.${part(aliceClaims())}.AA`],
    ['no alg', () => `${part({ kid: kid() })}.${part(aliceClaims())}.AA`],
    ['an alg that is a list', () => `${part({ alg: ['ES256', 'none'], kid: kid() })}.${part(aliceClaims())}.AA`],
    [
      'HS256 with the public key as the secret',
      async () => symmetric({ alg: 'HS256', kid: kid() }, aliceClaims(), await publicPem()),
    ],
    [
      'HS256 with the public key as one line',
      async () => symmetric({ alg: 'HS256', kid: kid() }, aliceClaims(), (await publicPem()).trim()),
    ],
    [
      'HS256 with the published JWK as the secret',
      async () =>
        symmetric(
          { alg: 'HS256', kid: kid() },
          aliceClaims(),
          JSON.stringify((await world.manager.services.issuer.jwks()).keys[0]),
        ),
    ],
    ['HS256 with an empty secret', () => symmetric({ alg: 'HS256', kid: kid() }, aliceClaims(), '')],
    [
      'RS256 with no key for it',
      async () => (await world.idToken({})).replace(/^[^.]+/, part({ alg: 'RS256', kid: kid() })),
    ],
    ['signed by somebody else', () => world.idToken({}, {}, attacker.privateKey)],
    ['signed by somebody else, without a kid', () => world.idToken({}, { kid: undefined }, attacker.privateKey)],
    ['with a key in its header', () => world.idToken({}, { jwk: mine() }, attacker.privateKey)],
    [
      'with a key in its header and no kid',
      () => world.idToken({}, { jwk: mine(), kid: undefined }, attacker.privateKey),
    ],
    [
      'with the address of a key set',
      () => world.idToken({}, { jku: `http://127.0.0.1:${world.port}/keys` }, attacker.privateKey),
    ],
    [
      'with the address of a certificate',
      () =>
        world.idToken(
          {},
          { x5u: `http://127.0.0.1:${world.port}/x5u`, x5c: [base64('certificate')] },
          attacker.privateKey,
        ),
    ],
    ['kid of a path', () => world.idToken({}, { kid: '../../../../dev/null' }, attacker.privateKey)],
    [
      'kid of a path, signed with its emptiness',
      () => symmetric({ alg: 'HS256', kid: '/dev/null' }, aliceClaims(), '\0'),
    ],
    ['kid of a statement', () => world.idToken({}, { kid: "' OR 1=1 --" }, attacker.privateKey)],
    ['kid of a prototype', () => world.idToken({}, { kid: '__proto__' }, attacker.privateKey)],
    ['kid of a constructor', () => world.idToken({}, { kid: 'constructor' }, attacker.privateKey)],
    [
      'kid that is an object',
      () => world.idToken({}, { kid: { length: 1 } as unknown as string }, attacker.privateKey),
    ],
    ['kid of 5 kB', () => world.idToken({}, { kid: 'k'.repeat(5_000) }, attacker.privateKey)],
    [
      'critical fields',
      async () => (await world.idToken()).replace(/^[^.]+/, part({ alg: 'ES256', kid: kid(), crit: ['x'], x: 1 })),
    ],
    ['of another type', () => world.idToken({}, { typ: 'at+jwt' })],
    ['a logout token', () => world.idToken({}, { typ: 'logout+jwt' })],
    [
      'whose payload was changed',
      async () => swapPart(await world.idToken(), 1, part(aliceClaims({ sub: 'account:root' }))),
    ],
    [
      'whose payload was given a second name',
      async () =>
        swapPart(await world.idToken(), 1, base64(`{"sub":"account:alice",${JSON.stringify(aliceClaims()).slice(1)}`)),
    ],
    [
      'whose header was changed',
      async () => swapPart(await world.idToken(), 0, part({ alg: 'ES256', kid: kid(), a: 1 })),
    ],
    [
      'whose signature is of another',
      async () => swapPart(await world.idToken(), 2, (await world.idToken({ jti: 'a' })).split('.')[2] ?? ''),
    ],
    ['whose signature is nothing but zeros', async () => swapPart(await world.idToken(), 2, base64(Buffer.alloc(64)))],
    ['whose signature is empty', async () => swapPart(await world.idToken(), 2, '')],
    ['whose signature is cut', async () => (await world.idToken()).slice(0, -8)],
    ['whose signature is in the form of certificates', async () => derSigned()],
    ['of four parts', async () => `${await world.idToken()}.${base64('more')}`],
    [
      'of five parts, as if encrypted',
      async () => `${part({ alg: 'dir', enc: 'A256GCM' })}..${base64('iv')}.${base64('text')}.${base64('tag')}`,
    ],
    ['of two parts', async () => (await world.idToken()).split('.').slice(0, 2).join('.')],
    ['within another', async () => `${part({ alg: 'none', cty: 'JWT' })}.${base64(await world.idToken())}.`],
    ['padded', async () => `${await world.idToken()}=`],
    ['whose payload is a text', () => `${part({ alg: 'ES256', kid: kid() })}.${part('alice')}.AA`],
    ['whose payload is nothing', () => `${part({ alg: 'ES256', kid: kid() })}.${part(null)}.AA`],
    ['whose parts are no JSON', () => `${base64('{')}.${base64('{')}.${base64('{')}`],
    ['of nothing but dots', () => '..'],
    ['whose JSON is deep', () => `${part({ alg: 'ES256', kid: kid() })}.${base64('['.repeat(3_000))}.AA`],
  ];

  it.each(cases)('%s: nobody comes in', async (_, make) => {
    const token = await make();
    const answers = await send(token);
    expect(answers).toHaveLength(1);
    expectRefused(answers, [401]);
  });

  it('that people use at a cluster is nothing here', async () => {
    const audience = 'kubenova:north';
    const groups = ['kubenova-users', 'acme-devs'];
    for (const subject of ['account:alice', 'kubenova:token:1', 'admin']) {
      const { token } = await world.manager.services.issuer.mint({ subject, audience, groups, ttlSeconds: 600 });
      expectRefused(await send(token), [401]);
    }
  });

  it('is asked for no address that it names', async () => {
    const before = world.asked.length;
    const header = { jku: `http://127.0.0.1:${world.port}/keys` };
    await send(await world.idToken({}, header, attacker.privateKey));
    expect(world.asked.slice(before).filter((url) => url !== '/healthz')).toEqual(['/api/v1/me']);
  });

  it('is in no line of the log', () => {
    const text = world.manager.logs.join('');
    expect(world.manager.logs.length).toBeGreaterThan(cases.length);
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10}/);
  });

  function swapPart(token: string, index: number, text: string): string {
    return token
      .split('.')
      .map((one, position) => (position === index ? text : one))
      .join('.');
  }

  /** ASN.1, as X.509 has signatures; JWS has the two numbers side by side (RFC 7518, section 3.4). */
  function derSigned(): string {
    const text = `${part({ alg: 'ES256', kid: kid() })}.${part(aliceClaims())}`;
    return `${text}.${signBytes('sha256', Buffer.from(text), attacker.privateKey).toString('base64url')}`;
  }
});
