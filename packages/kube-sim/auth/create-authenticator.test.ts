/** Tokens of accounts are refused in the words of a real API server (1.37.2), which a TokenReview shows. */
import { generateKeyPairSync } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterAuthenticator, createAuthenticator } from './create-authenticator.ts';
import { createServiceAccountTokens, type ServiceAccountTokens, type TokenSubject } from './service-account-token.ts';
import { createIssuer, type TestIssuer } from './testing/issuer.ts';
import { put, storeOf } from './testing/rbac-objects.ts';
import { ANONYMOUS } from './user.ts';

const ISSUER = 'https://kubernetes.default.svc';
const named = (kind: string, name: string, uid: string, namespace?: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, uid, ...(namespace && { namespace }) },
});
const ACCOUNT = named('ServiceAccount', 'robot', 'sa-1', 'n');
const POD = named('Pod', 'p', 'pod-1', 'n');

let now = Date.UTC(2026, 10, 24, 12);
const clock = { now: () => now, after: () => () => {} };
let store: Store;
let tokens: ServiceAccountTokens;
let authenticator: ClusterAuthenticator;

beforeEach(() => {
  now = Date.UTC(2026, 10, 24, 12);
  store = storeOf(ACCOUNT, POD, named('Secret', 's', 'secret-1', 'n'), named('Node', 'w', 'node-1'));
  tokens = createServiceAccountTokens({ store, clock });
  authenticator = createAuthenticator({ tokens, clock });
});
afterEach(() => authenticator.close());

const sign = (more: Partial<TokenSubject> = {}): Promise<string> =>
  tokens.sign({ account: ACCOUNT, bound: {}, audiences: [ISSUER], expirationSeconds: 600, ...more });

function remove(object: KubeObject): void {
  const storage = `${object.kind.toLowerCase()}s`;
  const entry = store.get(storage, object.metadata.namespace ?? '', object.metadata.name);
  if (entry === undefined || store.remove(storage, entry) === undefined) throw new Error('was not there');
}

describe('an Authorization header', () => {
  it.each<[string, string | undefined, string, 'anonymous' | 'refused' | 'robot']>([
    ['that is absent', undefined, '/api', 'refused'],
    ['that is absent, for health', undefined, '/healthz', 'anonymous'],
    ['that is absent, for live', undefined, '/livez', 'anonymous'],
    ['that is absent, below health', undefined, '/livez/ping', 'refused'],
    ['that is absent, for the version', undefined, '/version', 'refused'],
    ['without a token', 'Bearer', '/api', 'refused'],
    ['with an empty token', 'Bearer ', '/healthz', 'anonymous'],
    ['of another scheme', 'Basic YTpi', '/healthz', 'anonymous'],
    ['of another scheme, elsewhere', 'Basic YTpi', '/api', 'refused'],
    ['with a token alone', 'TOKEN', '/api', 'refused'],
    ['with a bad token', 'Bearer xx', '/api', 'refused'],
    ['with a bad token, even for health', 'Bearer xx', '/healthz', 'refused'],
    ['with a good token', 'Bearer TOKEN', '/api', 'robot'],
    ['in small letters', 'bearer TOKEN', '/api', 'robot'],
    ['with two spaces', 'Bearer  TOKEN', '/api', 'refused'],
    ['with more behind the token', 'Bearer TOKEN extra', '/api', 'robot'],
  ])('%s', async (_what, header, path, who) => {
    const authorization = header?.replace('TOKEN', await sign());
    const user = await authenticator.authenticate({ authorization, path });
    const answers = { anonymous: ANONYMOUS.username, refused: undefined, robot: 'system:serviceaccount:n:robot' };
    expect(user?.username).toBe(answers[who]);
  });

  it('does not matter beside a client certificate', async () => {
    const certificate = { commonName: 'ann', organizations: ['devs'], fingerprint: '02:A2:83' };
    expect(await authenticator.authenticate({ authorization: 'Bearer xx', certificate, path: '/api' })).toEqual({
      username: 'ann',
      groups: ['devs', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=02a283'] },
    });
  });
});

describe('a token of a ServiceAccount', () => {
  it('names the account and itself', async () => {
    const token = await sign({ bound: { pod: { name: 'p', uid: 'pod-1' } } });
    const result = await authenticator.review(token);
    expect(result).toEqual({
      user: {
        username: 'system:serviceaccount:n:robot',
        uid: 'sa-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)],
        },
      },
      audiences: [ISSUER],
    });
  });

  const bound = (kind: 'pod' | 'secret' | 'node', name: string, uid: string): Partial<TokenSubject> => ({
    bound: { [kind]: { name, uid } },
  });
  it.each<[string, Partial<TokenSubject>, () => void, string | undefined]>([
    ['good', {}, () => {}, undefined],
    ['within a minute after its end', {}, () => (now += 660_000), undefined],
    ['expired', {}, () => (now += 661_000), 'service account token has expired'],
    ['of the future', {}, () => (now -= 61_000), 'service account token is not valid yet'],
    [
      'for somebody else',
      { audiences: ['a', 'b'] },
      () => {},
      `token audiences ["a" "b"] is invalid for the target audiences ["${ISSUER}"]`,
    ],
    ['of an account that is gone', {}, () => remove(ACCOUNT), 'serviceaccounts "robot" not found'],
    [
      'of an account that was made anew',
      {},
      () => put(store, named('ServiceAccount', 'robot', 'sa-2', 'n')),
      'service account UID (sa-2) does not match claim (sa-1)',
    ],
    [
      'of a pod that is gone',
      bound('pod', 'p', 'pod-1'),
      () => remove(POD),
      'service account token has been invalidated',
    ],
    [
      'of a pod that was made anew',
      bound('pod', 'p', 'pod-1'),
      () => put(store, named('Pod', 'p', 'pod-2', 'n')),
      'pod UID (pod-2) does not match service account pod ref claim (pod-1)',
    ],
    ['of a secret', bound('secret', 's', 'secret-1'), () => {}, undefined],
    ['of no secret', bound('secret', 't', 'secret-1'), () => {}, 'service account token has been invalidated'],
    ['of a node', bound('node', 'w', 'node-1'), () => {}, undefined],
    [
      'of another node',
      bound('node', 'w', 'node-2'),
      () => {},
      'node UID (node-1) does not match service account node ref claim (node-2)',
    ],
  ])('%s', async (_what, subject, change, refusal) => {
    const token = await sign(subject);
    change();
    const result = await authenticator.review(token);
    expect('error' in result ? result.error : undefined).toBe(refusal && `[invalid bearer token, ${refusal}]`);
    const user = await authenticator.authenticate({ authorization: `Bearer ${token}` });
    expect(user === undefined).toBe(refusal !== undefined);
  });

  it('is refused again when it was good before', async () => {
    const token = await sign({ bound: { pod: { name: 'p', uid: 'pod-1' } } });
    expect(await authenticator.review(token)).toHaveProperty('user');
    remove(POD);
    expect(await authenticator.review(token)).toHaveProperty('error');
  });

  it('is for the audience that is asked about', async () => {
    const token = await sign({ audiences: ['a', 'b', 'c'] });
    expect(await authenticator.review(token, ['c', 'x', 'a'])).toMatchObject({ audiences: ['a', 'c'] });
  });

  it('of another key, without a signature, or broken is refused', async () => {
    const other = createServiceAccountTokens({ store, clock });
    const foreign = await other.sign({ account: ACCOUNT, bound: {}, audiences: [ISSUER], expirationSeconds: 600 });
    const [, payload = ''] = (await sign()).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [foreign, `${none}.${payload}.`, 'a.b.c', 'garbage', `${await sign()}x`]) {
      expect(await authenticator.review(token)).toHaveProperty('error');
    }
    expect(await authenticator.review('garbage')).toEqual({ error: 'invalid bearer token' });
  });

  it('is signed by RS256 when the key is RSA, and its key is told', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    tokens = createServiceAccountTokens({ store, clock, privateKey });
    const [header = ''] = (await sign()).split('.');
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    expect(alg).toBe('RS256');
    expect((await tokens.keys()).keys).toEqual([expect.objectContaining({ kid, alg, kty: 'RSA', use: 'sig' })]);
    expect(await tokens.verify(await sign())).toHaveProperty('user');
  });
});

describe('a token of an issuer', () => {
  let issuer: TestIssuer;
  const newIssuer = async (): Promise<TestIssuer> => {
    const authority = await createAuthority('issuer');
    const tls = await authority.issue({ commonName: 'issuer', ips: ['127.0.0.1'], uses: ['server'] });
    return createIssuer({ ...tls, caPem: authority.cert }, () => now);
  };
  beforeAll(async () => {
    issuer = await newIssuer();
  });
  afterAll(() => issuer.stop());
  beforeEach(() => authenticator.trustIssuers([issuer.trust]));

  const refusal = async (token: string, audiences?: string[]): Promise<string | undefined> => {
    const result = await authenticator.review(token, audiences);
    return 'error' in result ? result.error : undefined;
  };

  it('names the user and groups as they are', async () => {
    const token = await issuer.sign({ sub: 'jane', groups: ['acme-devs', 'kubenova-users'], jti: 'j1' });
    expect(await authenticator.authenticate({ authorization: `Bearer ${token}`, path: '/api' })).toEqual({
      username: 'jane',
      groups: ['acme-devs', 'kubenova-users', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j1'] },
    });
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['without groups', { sub: 'jane' }, undefined],
    ['with one group as a string', { sub: 'jane', groups: 'a' }, undefined],
    ['for several audiences', { sub: 'jane', aud: ['x', 'kubenova'] }, undefined],
    ['for another audience', { sub: 'jane', aud: 'x' }, 'oidc: verify token: unexpected "aud" claim value'],
    ['that is expired', { sub: 'jane', exp: 1 }, 'oidc: verify token: "exp" claim timestamp check failed'],
    ['that never ends', { sub: 'jane', exp: undefined }, 'oidc: verify token: missing required "exp" claim'],
    ['without a name', {}, 'oidc: parse username claims "sub": claim not present'],
    ...[{ sub: '' }, { sub: 'system:admin' }, { sub: 'jane', groups: ['a', 'system:masters'] }].map(
      (claims): [string, Record<string, unknown>, string] => [
        `with a name of the system or none: ${JSON.stringify(claims)}`,
        claims,
        'oidc: error evaluating user info validation rule: names of the system are not for people',
      ],
    ),
    [
      'with wrong groups',
      { sub: 'jane', groups: [1] },
      'oidc: parse groups claim "groups": json: cannot unmarshal value into Go value of type string',
    ],
  ])('%s', async (_what, claims, expected) => {
    expect(await refusal(await issuer.sign(claims))).toBe(expected && `[invalid bearer token, ${expected}]`);
  });

  it('of a stranger, or for other audiences of the cluster, is nobody', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const stranger = await new SignJWT({ iss: 'https://x', sub: 'a', aud: 'kubenova', exp: now / 1000 + 600 })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(key);
    const forged = await new SignJWT({ iss: issuer.trust.issuerUrl, sub: 'a', aud: 'kubenova', exp: now / 1000 + 600 })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(key);
    expect(await refusal(stranger)).toBe('invalid bearer token');
    expect(await refusal(forged)).toMatch(/^\[invalid bearer token, oidc: verify token: /);
    expect(await refusal(await issuer.sign({ sub: 'jane' }), ['other'])).toBe('invalid bearer token');
  });

  it('asks for the keys once, and again when they were rotated', async () => {
    const before = issuer.asked();
    for (const sub of ['a', 'b', 'c']) expect(await refusal(await issuer.sign({ sub }))).toBeUndefined();
    expect(issuer.asked()).toBe(before + 1);
    await issuer.rotate();
    expect(await refusal(await issuer.sign({ sub: 'a' }))).toBeUndefined();
    expect(issuer.asked()).toBe(before + 2);
  });

  it('is refused while the issuer is down or is another one, and good when it is back', async () => {
    const token = await issuer.sign({ sub: 'jane' });
    await issuer.stop();
    expect(await refusal(token)).toBe('[invalid bearer token, oidc: authenticator not initialized]');
    await issuer.start();
    issuer.rename('https://other');
    expect(await refusal(token)).toBe('[invalid bearer token, oidc: authenticator not initialized]');
    issuer.rename(issuer.trust.issuerUrl);
    expect(await refusal(token)).toBeUndefined();
  });

  it('is refused once the issuer is trusted no more', async () => {
    const token = await issuer.sign({ sub: 'jane' });
    expect(await refusal(token)).toBeUndefined();
    authenticator.trustIssuers([]);
    expect(await refusal(token)).toBe('invalid bearer token');
  });

  it('needs the right authority, and https', async () => {
    const other = await newIssuer();
    authenticator.trustIssuers([{ ...issuer.trust, caPem: other.trust.caPem }]);
    expect(await refusal(await issuer.sign({ sub: 'jane' }))).toMatch(/not initialized/);
    await other.stop();
    expect(() => authenticator.trustIssuers([{ ...issuer.trust, issuerUrl: 'http://127.0.0.1:1' }])).toThrow(TypeError);
  });
});
