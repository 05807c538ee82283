/** Tokens of every kind against the rules of an embedded and of an external provider: who comes in, and why nobody else does. */
import { createHmac } from 'node:crypto';
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createIdTokenVerifier, type IdTokenRules } from './id-token.ts';

const NOW = new Date('2027-01-01T12:00:00Z');
const at = NOW.getTime() / 1000;
const ISSUER = 'https://id.test';

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let foreign: Awaited<ReturnType<typeof generateKeyPair>>;
let rules: IdTokenRules;

beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
  foreign = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one' };
  rules = {
    provider: 'external',
    issuer: ISSUER,
    clientIds: ['kubenova'],
    algorithms: ['ES256', 'RS256'],
    usernameClaim: 'sub',
    groupsClaim: 'groups',
    keys: createLocalJWKSet({ keys: [jwk] }),
    now: () => NOW,
  };
});

const base = { iss: ISSUER, sub: 'alice', aud: 'kubenova', iat: at, exp: at + 900, groups: ['ops'] };

function sign(claims: JWTPayload, header: Record<string, unknown> = {}, key = pair.privateKey): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'JWT', ...header }).sign(key);
}

function unsigned(header: object, claims: object, signature = ''): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.${signature}`;
}

describe('an ID token', () => {
  it('names who signed in', async () => {
    expect(await createIdTokenVerifier(rules).verify(await sign(base))).toEqual({
      subject: 'alice',
      groups: ['ops'],
      issuedAt: NOW,
      expiresAt: new Date((at + 900) * 1000),
    });
  });

  const good: [string, JWTPayload][] = [
    ['for this client in a list of one', { ...base, aud: ['kubenova'] }],
    ['given to this client', { ...base, azp: 'kubenova' }],
    ['issued by a clock that is a little ahead', { ...base, iat: at + 20 }],
    ['ended just now by our clock', { ...base, exp: at - 20 }],
  ];
  it.each(good)('%s is accepted', async (_, claims) => {
    expect(await createIdTokenVerifier(rules).verify(await sign(claims))).toBeDefined();
  });

  const bad: [string, JWTPayload][] = [
    ['for a cluster', { ...base, aud: 'kubenova:dev-1' }],
    ['for another client', { ...base, aud: 'kubenova-other' }],
    ['for others too', { ...base, aud: ['kubenova', 'other'] }],
    ['for nobody', { ...base, aud: [] }],
    ['given to another client', { ...base, azp: 'other' }],
    ['of another issuer', { ...base, iss: 'https://id.test.evil.test' }],
    ['of the issuer with a slash', { ...base, iss: `${ISSUER}/` }],
    ['that has ended', { ...base, exp: at - 60 }],
    ['that never ends', { ...base, exp: undefined }],
    ['that is not valid yet', { ...base, nbf: at + 60 }],
    ['from the future', { ...base, iat: at + 60 }],
    ['without a time of issue', { ...base, iat: undefined }],
    ['without a subject', { ...base, sub: undefined }],
    ['with an empty subject', { ...base, sub: '' }],
    ['with a subject of two lines', { ...base, sub: 'alice\nadmin' }],
    ['with a subject that is no text', { ...base, sub: 7 as unknown as string }],
    ['with an endless subject', { ...base, sub: 'a'.repeat(300) }],
    ['that speaks of an own account', { ...base, sub: 'account:alice' }],
    ['that speaks of an API token', { ...base, sub: 'token:ci:1' }],
    ['that speaks of the administrator', { ...base, sub: 'admin' }],
  ];
  it.each(bad)('%s is nobody', async (_, claims) => {
    expect(await createIdTokenVerifier(rules).verify(await sign(claims))).toBeUndefined();
  });

  const headers: [string, Record<string, unknown>][] = [
    ['an access token', { typ: 'at+jwt' }],
    ['a logout token', { typ: 'logout+jwt' }],
    ['of a key that nobody has', { kid: 'two' }],
    ['with a critical extension', { crit: ['exp'], exp: 1 }],
  ];
  it.each(headers)('%s is nobody', async (_, header) => {
    const token = await sign(base, header).catch(() => unsigned({ alg: 'ES256', kid: 'one', ...header }, base, 'AA'));
    expect(await createIdTokenVerifier(rules).verify(token)).toBeUndefined();
  });

  it('signed by somebody else is nobody', async () => {
    expect(await createIdTokenVerifier(rules).verify(await sign(base, {}, foreign.privateKey))).toBeUndefined();
  });

  it.each(['none', 'None', 'nOnE', ''])('with the algorithm "%s" is nobody', async (alg) => {
    expect(await createIdTokenVerifier(rules).verify(unsigned({ alg, typ: 'JWT' }, base))).toBeUndefined();
  });

  it('signed with the public key as a shared secret is nobody', async () => {
    const pem = await exportSPKI(pair.publicKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(await exportJWK(pair.publicKey))]) {
      const head = unsigned({ alg: 'HS256', kid: 'one', typ: 'JWT' }, base).slice(0, -1);
      const signature = createHmac('sha256', secret).update(head).digest('base64url');
      expect(await createIdTokenVerifier(rules).verify(`${head}.${signature}`)).toBeUndefined();
    }
  });

  it('that brings its own key is nobody', async () => {
    const jwk = await exportJWK(foreign.publicKey);
    const token = await sign(base, { jwk, kid: undefined }, foreign.privateKey);
    expect(await createIdTokenVerifier(rules).verify(token)).toBeUndefined();
  });

  it('is unchanged, or nobody', async () => {
    const [header, , signature] = (await sign(base)).split('.');
    const payload = Buffer.from(JSON.stringify({ ...base, sub: 'bob' })).toString('base64url');
    expect(await createIdTokenVerifier(rules).verify(`${header}.${payload}.${signature}`)).toBeUndefined();
  });

  it.each(['', 'a', 'a.b', 'a.b.c', '..', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c.d.e'])('"%s" is nobody', async (text) => {
    expect(await createIdTokenVerifier(rules).verify(text)).toBeUndefined();
  });
});

describe('what a token says', () => {
  const groups: [string, unknown, string[]][] = [
    ['one group as a text', 'ops', ['ops']],
    ['none', undefined, []],
    ['an object', { ops: true }, []],
    ['a list with what are no names', ['ops', 7, '', null, 'a\u0000b', ['dev'], 'dev'], ['ops', 'dev']],
    ['one twice', ['ops', 'ops'], ['ops']],
  ];
  it.each(groups)('groups: %s', async (_, given, expected) => {
    const token = await sign({ ...base, groups: given });
    expect((await createIdTokenVerifier(rules).verify(token))?.groups).toEqual(expected);
  });

  it('more groups than anybody is in are cut', async () => {
    const token = await sign({ ...base, groups: Array.from({ length: 2000 }, (_, index) => `group-${index}`) });
    expect((await createIdTokenVerifier(rules).verify(token))?.groups).toHaveLength(500);
  });

  it('the claims that the configuration names are read', async () => {
    const verifier = createIdTokenVerifier({ ...rules, usernameClaim: 'preferred_username', groupsClaim: 'roles' });
    const token = await sign({ ...base, preferred_username: 'al', roles: ['r'] });
    expect(await verifier.verify(token)).toMatchObject({ subject: 'al', groups: ['r'] });
    expect(await verifier.verify(await sign(base)), 'without that claim it is nobody').toBeUndefined();
  });

  const addresses: [string, unknown, boolean][] = [
    ['checked by the provider', true, true],
    ['not checked', false, false],
    ['as a text, which providers got wrong', 'true', false],
    ['nothing said', undefined, true],
  ];
  it.each(addresses)('an address as the name: %s', async (_, verified, accepted) => {
    const verifier = createIdTokenVerifier({ ...rules, usernameClaim: 'email' });
    const token = await sign({ ...base, email: 'a@b.test', email_verified: verified });
    expect((await verifier.verify(token)) !== undefined).toBe(accepted);
  });

  it('the embedded provider speaks of own accounts alone', async () => {
    const verifier = createIdTokenVerifier({ ...rules, provider: 'embedded' });
    expect(await verifier.verify(await sign({ ...base, sub: 'account:alice' }))).toMatchObject({
      subject: 'account:alice',
    });
    expect(await verifier.verify(await sign(base))).toBeUndefined();
  });
});
