/**
 * Tokens of ServiceAccounts: signed by the cluster's own key, bound to objects whose end is the end of the token.
 * Source: Kubernetes, "Managing Service Accounts"; `pkg/serviceaccount` for the claims and the words of a refusal.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Clock } from '@kubenova/kube-model/clock.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { compactVerify, decodeJwt, exportJWK, type JWTPayload, SignJWT } from 'jose';
import { quotedList } from './policy-rules.ts';
import { serviceAccountUser, type UserInfo } from './user.ts';

interface Ref {
  readonly name: string;
  readonly uid?: string;
}

/** What a token is bound to besides its account, if to anything. */
export type Bound = Readonly<Partial<Record<'pod' | 'secret' | 'node', Ref>>>;

export interface TokenSubject {
  readonly account: KubeObject;
  readonly bound: Bound;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/** Who a token is of, and which of the audiences asked for it is meant for. */
export interface Authenticated {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

export interface ServiceAccountTokens {
  /** The API server's own. */
  readonly audiences: readonly string[];
  sign(subject: TokenSubject): Promise<string>;
  /** The token that a Secret of the type `kubernetes.io/service-account-token` holds: it lives as long as the Secret. */
  signForSecret(account: KubeObject, secret: string): Promise<string>;
  /** @returns undefined when another issuer made it @throws Error that says why it is no good */
  verify(token: string, audiences?: readonly string[]): Promise<Authenticated | undefined>;
  /** What `/openid/v1/jwks` answers. */
  keys(): Promise<{ keys: object[] }>;
}

/** go-jose's: a token holds a minute longer than it says. */
const LEEWAY_SECONDS = 60;
/** Signatures that were checked and are not checked again; the objects that a token is bound to always are. */
const MAX_VERIFIED = 300;
/** Of tokens that lie in Secrets. */
const SECRET_ISSUER = 'kubernetes/serviceaccount';
const SECRET_CLAIMS = (['namespace', 'secret.name', 'service-account.name', 'service-account.uid'] as const).map(
  (claim) => `kubernetes.io/serviceaccount/${claim}` as const,
);
const INVALIDATED = 'service account token has been invalidated';

interface Claims extends JWTPayload {
  readonly 'kubernetes.io'?: Bound & { readonly namespace?: string; readonly serviceaccount?: Ref };
  readonly [ofSecret: `kubernetes.io/serviceaccount/${string}`]: string | undefined;
}

/**
 * @param options.privateKey P-256 or RSA; a new P-256 key unless given
 * @param options.issuer `https://kubernetes.default.svc`, which is the only audience of the API server too
 */
export function createServiceAccountTokens(options: {
  store: Store;
  clock: Clock;
  issuer?: string;
  privateKey?: KeyObject;
}): ServiceAccountTokens {
  const { store, clock, issuer = 'https://kubernetes.default.svc' } = options;
  const privateKey = options.privateKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const publicKey = createPublicKey(privateKey);
  const alg = privateKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const verified = new Map<string, Claims>();
  const own = [issuer];
  const seconds = (): number => Math.floor(clock.now() / 1000);

  const signed = ({ name, namespace }: KubeObject['metadata'], claims: object): Promise<string> =>
    new SignJWT({ ...claims, sub: `system:serviceaccount:${namespace}:${name}` })
      .setProtectedHeader({ alg, kid })
      .sign(privateKey);

  const claimsOf = async (token: string): Promise<Claims> => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const { payload } = await compactVerify(token, publicKey, { algorithms: [alg] });
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Claims;
    if (verified.size >= MAX_VERIFIED) verified.clear();
    verified.set(token, claims);
    return claims;
  };

  /** @throws Error when it is gone, or another object has its name by now */
  const mustBeThere = (kind: string, namespace: string, { name, uid }: Ref): void => {
    const account = kind === 'serviceaccount';
    const entry = store.get(`${kind}s`, kind === 'node' ? '' : namespace, name);
    if (entry === undefined) throw new Error(account ? `serviceaccounts "${name}" not found` : INVALIDATED);
    const [what, claim] = account ? ['service account', 'claim'] : [kind, `service account ${kind} ref claim`];
    if (entry.uid !== uid) throw new Error(`${what} UID (${entry.uid}) does not match ${claim} (${uid})`);
  };

  /** A token out of a Secret is good as long as that very Secret holds it. */
  const accountOfSecret = (token: string, claims: Claims): UserInfo => {
    const [namespace = '', secret = '', name = '', uid] = SECRET_CLAIMS.map((claim) => claims[claim]);
    const held = store.get('secrets', namespace, secret)?.object as { data?: { token?: string } } | undefined;
    if (held?.data?.token !== Buffer.from(token).toString('base64')) throw new Error(INVALIDATED);
    mustBeThere('serviceaccount', namespace, { name, uid });
    return serviceAccountUser(namespace, name, uid);
  };

  return {
    audiences: own,
    signForSecret({ metadata }, secret) {
      const { namespace, name, uid } = metadata;
      const values = [namespace, secret, name, uid];
      const claims = SECRET_CLAIMS.map((claim, at) => [claim, values[at]]);
      return signed(metadata, { iss: SECRET_ISSUER, ...Object.fromEntries(claims) });
    },
    sign({ account: { metadata }, bound, audiences, expirationSeconds }) {
      const { name, namespace, uid } = metadata;
      const now = seconds();
      return signed(metadata, {
        aud: audiences,
        exp: now + expirationSeconds,
        iat: now,
        iss: issuer,
        jti: randomUUID(),
        'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...bound },
        nbf: now,
      });
    },
    async verify(token, audiences = own) {
      const by = issuerOf(token);
      if (by !== issuer && by !== SECRET_ISSUER) return undefined;
      const claims = await claimsOf(token);
      if (by === SECRET_ISSUER) return { user: accountOfSecret(token, claims), audiences: own };
      const { aud = own, exp = 0, nbf = 0, jti } = claims;
      const meant = [aud].flat();
      const matching = meant.filter((audience) => audiences.includes(audience));
      if (matching.length === 0) {
        const asked = quotedList(audiences);
        throw new Error(`token audiences ${quotedList(meant)} is invalid for the target audiences ${asked}`);
      }
      if (exp < seconds() - LEEWAY_SECONDS) throw new Error('service account token has expired');
      if (nbf > seconds() + LEEWAY_SECONDS) throw new Error('service account token is not valid yet');
      const { namespace = '', serviceaccount = { name: '' }, ...bound } = claims['kubernetes.io'] ?? {};
      const { name, uid } = serviceaccount;
      for (const [kind, ref] of Object.entries({ serviceaccount, ...bound })) mustBeThere(kind, namespace, ref);
      const user = serviceAccountUser(namespace, name, uid, jti && `JTI=${jti}`);
      return { user, audiences: matching };
    },
    async keys() {
      return { keys: [{ use: 'sig', ...(await exportJWK(publicKey)), kid, alg }] };
    },
  };
}

/** The issuer that a token names, unverified: it only says who has to look at it. */
export function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
