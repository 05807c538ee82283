/** Tokens that must open nothing: each with the reason why, and what it tries (RFC 7515, RFC 7519, RFC 8725). */
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import type { Issuer } from '../conformance/issuer.ts';

export interface ForgedToken {
  readonly why: string;
  readonly token: string;
}

type Part = Readonly<Record<string, unknown>>;

const encode = (part: Part | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

const ecdsa = (key: KeyObject, input: string): string =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

/**
 * @param key the issuer's public key, as its JWKS has it
 * @param groups what the holder would like to be in
 */
export async function forgedTokens(issuer: Issuer, key: JsonWebKey, groups: readonly string[]): Promise<ForgedToken[]> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer.url,
    aud: issuer.audience,
    sub: 'kubenova:forger',
    groups,
    iat: now,
    exp: now + 600,
  };
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownJwk = own.publicKey.export({ format: 'jwk' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const unsigned = (header: Part, payload: Part = claims) => `${encode(header)}.${encode(payload)}.`;
  const byOwn = (header: Part, payload: Part = claims) => {
    const input = `${encode({ alg: 'ES256', ...header })}.${encode(payload)}`;
    return `${input}.${ecdsa(own.privateKey, input)}`;
  };
  const byHmac = (secret: string | Buffer, header: Part = {}) => {
    const input = `${encode({ alg: 'HS256', kid: 'k1', ...header })}.${encode(claims)}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const good = await issuer.sign({
    sub: 'kubenova:forger',
    groups: groups.filter((group) => !group.startsWith('system:')),
  });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const signed = (over: Part) =>
    issuer.sign({ sub: 'kubenova:forger', groups: ['kubenova-users', 'acme-devs'], ...over });
  const rsaInput = `${encode({ alg: 'RS256', kid: 'k1' })}.${encode(claims)}`;

  const table: readonly (readonly [why: string, token: string])[] = [
    ['expired an hour ago', await signed({ iat: now - 7200, exp: now - 3600 })],
    ['not valid before an hour from now', await signed({ nbf: now + 3600, exp: now + 7200 })],
    ['never expires, because it has no exp', await signed({ exp: undefined })],
    ['exp is no number', await signed({ exp: 'tomorrow' })],
    ['for another audience', await signed({ aud: 'kubenova:another-zone' })],
    ['for no audience', await signed({ aud: undefined })],
    ['for an audience that begins alike', await signed({ aud: `${issuer.audience}-2` })],
    ['of another issuer, by the right key', await signed({ iss: 'https://127.0.0.1:1' })],
    ['of the issuer with a slash too many', await signed({ iss: `${issuer.url}/` })],
    ['of no issuer', await signed({ iss: undefined })],
    ['names nobody', await signed({ sub: undefined })],
    ['names nobody but an empty text', await signed({ sub: '' })],
    ['names a list of people', await signed({ sub: ['kubenova:forger', 'kubenova-admin'] })],
    ['of the right key, but in a group of the system', await signed({ groups: ['kubenova-users', 'system:masters'] })],
    [
      'of the right key, but an account',
      await signed({ sub: 'system:serviceaccount:kubenova-system:kubenova-manager' }),
    ],
    ['of the right key, but the API server itself', await signed({ sub: 'system:apiserver', groups: [] })],
    ['groups are no list', await signed({ groups: { 0: 'system:masters' } })],
    ['alg none', unsigned({ alg: 'none', kid: 'k1', typ: 'JWT' })],
    ['alg None, by its case', unsigned({ alg: 'None', kid: 'k1' })],
    ['no alg at all', unsigned({ kid: 'k1' })],
    ['alg none with the signature of a good token', `${unsigned({ alg: 'none', kid: 'k1' })}${signature}`],
    ['the public key as an HMAC secret, as PEM', byHmac(pem)],
    ['the public key as an HMAC secret, as PEM without its last newline', byHmac(pem.trim())],
    ['the public key as an HMAC secret, as DER', byHmac(der)],
    ['the public key as an HMAC secret, as JWK', byHmac(JSON.stringify(key))],
    ['an empty HMAC secret', byHmac('')],
    ['another key under the kid of the right one', byOwn({ kid: 'k1' })],
    ['another key without a kid', byOwn({})],
    ['a kid that is a path', byOwn({ kid: '../../../../dev/null' })],
    ['a kid that is a statement', byOwn({ kid: "k1' OR '1'='1" })],
    ['a kid that is a list', byOwn({ kid: ['k1'] })],
    ['brings its own key (jwk)', byOwn({ kid: 'k1', jwk: ownJwk })],
    ['says where its key is (jku)', byOwn({ kid: 'k1', jku: 'https://127.0.0.1:1/jwks' })],
    ['brings a certificate (x5c)', byOwn({ kid: 'k1', x5c: [Buffer.from(pem).toString('base64')] })],
    ['an unknown critical header', byOwn({ kid: 'k1', crit: ['exp'], exp: now + 600 })],
    [
      'another algorithm under the same kid',
      `${rsaInput}.${sign('sha256', Buffer.from(rsaInput), rsa.privateKey).toString('base64url')}`,
    ],
    ['a signature of zeros (CVE-2022-21449)', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['a payload that was exchanged', `${header}.${encode({ ...claims, groups: ['system:masters'] })}.${signature}`],
    ['a header that was exchanged', `${encode({ alg: 'ES256', kid: 'k1', x: 1 })}.${payload}.${signature}`],
    ['the last letter of the signature cut off', good.slice(0, -1)],
    ['no signature', `${header}.${payload}.`],
    ['only two parts', `${header}.${payload}`],
    ['four parts', `${good}.${signature}`],
    ['nested: a token in a token', byOwn({ kid: 'k1', cty: 'JWT' }, { token: good })],
    ['not base64url', `${header}.${payload}.!!!!`],
    ['a payload that is no JSON', `${header}.${encode('not json')}.${signature}`],
    ['not a token at all', 'abc'],
    ['a lone dot', '.'],
    ['very long', 'a'.repeat(7_000)],
    ['a very long token of three parts', `${header}.${encode({ ...claims, pad: 'x'.repeat(6_000) })}.${signature}`],
  ];
  return table.map(([why, token]) => ({ why, token }));
}
