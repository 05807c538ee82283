/**
 * Tokens of ServiceAccounts: signed by the cluster's own key, bound to objects whose end is the end of the token.
 * Source: Kubernetes, "Managing Service Accounts"; `pkg/serviceaccount` for the claims and the words of a refusal.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { compactVerify, decodeJwt, exportJWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { quotedList } from './policy-rules.ts';
import { serviceAccountUser, type UserInfo } from './user.ts';

/** What a token may be bound to besides its account. */
export type BoundKind = 'pod' | 'secret' | 'node';
interface Ref {
  readonly name: string;
  readonly uid?: string;
}

export interface TokenSubject {
  readonly account: KubeObject;
  readonly bound: Readonly<Partial<Record<BoundKind, Ref>>>;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  /** Asks for a warning, not a refusal, after so many seconds. */
  readonly warnAfterSeconds?: number;
}

/** Who a token is of, and which of the audiences asked for it is meant for. */
export interface Authenticated {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

export interface ServiceAccountTokens {
  readonly issuer: string;
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

/** go-jose's: a token holds a minute longer than it says, an object that is being deleted as well. */
const LEEWAY_SECONDS = 60;
/** Signatures that were checked and are not checked again; the objects that a token is bound to always are. */
const MAX_VERIFIED = 300;

/** Of tokens that lie in Secrets. */
const SECRET_ISSUER = 'kubernetes/serviceaccount';
const SECRET_CLAIM = 'kubernetes.io/serviceaccount/';

interface SecretClaims {
  readonly [claim: `${typeof SECRET_CLAIM}${string}`]: string | undefined;
}

interface Claims extends SecretClaims {
  readonly aud?: string | string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly 'kubernetes.io'?: { namespace?: string; serviceaccount?: Ref } & Partial<Record<BoundKind, Ref>>;
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

  const claimsOf = async (token: string): Promise<Claims> => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const { payload } = await compactVerify(token, publicKey, { algorithms: [alg] });
    const claims = JSON.parse(new TextDecoder().decode(payload)) as Claims;
    if (verified.size >= MAX_VERIFIED) verified.clear();
    verified.set(token, claims);
    return claims;
  };

  /** Whether it is there and not long deleted. @throws Error when another object has its name by now */
  const isThere = (storage: string, namespace: string, { name, uid }: Ref, what: string, claim: string): boolean => {
    const entry = store.get(storage, namespace, name);
    if (entry === undefined) return false;
    if (entry.uid !== uid) throw new Error(`${what} UID (${entry.uid}) does not match ${claim} (${uid})`);
    const { deletionTimestamp } = entry.object.metadata;
    return deletionTimestamp === undefined || Date.parse(deletionTimestamp) >= clock.now() - LEEWAY_SECONDS * 1000;
  };

  const userOf = (claims: Claims): UserInfo => {
    const { namespace = '', serviceaccount = { name: '' }, pod, secret, node } = claims['kubernetes.io'] ?? {};
    const { name, uid } = serviceaccount;
    if (store.get('serviceaccounts', namespace, name) === undefined) {
      throw new Error(`serviceaccounts "${name}" not found`);
    }
    if (!isThere('serviceaccounts', namespace, serviceaccount, 'service account', 'claim')) {
      throw new Error(`service account ${namespace}/${name} has been deleted`);
    }
    // The node of a pod's token only says where the pod runs.
    for (const [kind, ref] of Object.entries({ secret, pod, node: pod ? undefined : node })) {
      const claim = `service account ${kind} ref claim`;
      if (ref !== undefined && !isThere(`${kind}s`, kind === 'node' ? '' : namespace, ref, kind, claim)) {
        throw new Error('service account token has been invalidated');
      }
    }
    const extra = {
      'credential-id': claims.jti && `JTI=${claims.jti}`,
      'node-name': node?.name,
      'node-uid': node?.uid,
      'pod-name': pod?.name,
      'pod-uid': pod?.uid,
    };
    return {
      ...serviceAccountUser(namespace, name, uid),
      extra: Object.fromEntries(
        Object.entries(extra).flatMap(([key, value]) =>
          value ? [[`authentication.kubernetes.io/${key}`, [value]]] : [],
        ),
      ),
    };
  };

  const signed = (claims: JWTPayload) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);

  /** A token out of a Secret is good as long as that very Secret holds it. */
  const secretUserOf = (token: string, claims: Claims): UserInfo => {
    const [namespace = '', secret = '', name = '', uid] = [
      'namespace',
      'secret.name',
      'service-account.name',
      'service-account.uid',
    ].map((claim) => claims[`${SECRET_CLAIM}${claim}`]);
    const held = store.get('secrets', namespace, secret)?.object as { data?: { token?: string } } | undefined;
    if (held?.data?.token !== Buffer.from(token).toString('base64')) {
      throw new Error('service account token has been invalidated');
    }
    return userOf({ 'kubernetes.io': { namespace, serviceaccount: { name, uid } } });
  };

  return {
    issuer,
    audiences: own,
    signForSecret({ metadata: { name, namespace = '', uid } }, secret) {
      const claim = (key: string, value: string | undefined) => [`${SECRET_CLAIM}${key}`, value] as const;
      return signed({
        iss: SECRET_ISSUER,
        ...Object.fromEntries([
          claim('namespace', namespace),
          claim('secret.name', secret),
          claim('service-account.name', name),
          claim('service-account.uid', uid),
        ]),
        sub: `system:serviceaccount:${namespace}:${name}`,
      });
    },
    async sign({ account, bound, audiences, expirationSeconds, warnAfterSeconds }) {
      const { name, namespace = '', uid } = account.metadata;
      const now = Math.floor(clock.now() / 1000);
      return signed({
        aud: [...audiences],
        exp: now + expirationSeconds,
        iat: now,
        iss: issuer,
        jti: randomUUID(),
        'kubernetes.io': {
          namespace,
          ...bound,
          serviceaccount: { name, uid },
          ...(warnAfterSeconds !== undefined && { warnafter: now + warnAfterSeconds }),
        },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${name}`,
      });
    },
    async verify(token, audiences = own) {
      const by = issuerOf(token);
      if (by !== issuer && by !== SECRET_ISSUER) return undefined;
      const claims = await claimsOf(token);
      if (by === SECRET_ISSUER) return { user: secretUserOf(token, claims), audiences: own };
      const meant = typeof claims.aud === 'string' ? [claims.aud] : (claims.aud ?? own);
      const matching = meant.filter((audience) => audiences.includes(audience));
      if (matching.length === 0) {
        const told = [meant, audiences].map(quotedList);
        throw new Error(`token audiences ${told[0]} is invalid for the target audiences ${told[1]}`);
      }
      const now = Math.floor(clock.now() / 1000);
      if ((claims.exp ?? 0) < now - LEEWAY_SECONDS) throw new Error('service account token has expired');
      if ((claims.nbf ?? 0) > now + LEEWAY_SECONDS) throw new Error('service account token is not valid yet');
      return { user: userOf(claims), audiences: matching };
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
