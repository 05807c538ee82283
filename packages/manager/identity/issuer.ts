/**
 * KubeNova as an OpenID Connect issuer for clusters: their API servers trust it by structured authentication
 * (`AuthenticationConfiguration`), fetch the keys from the JWKS, and accept tokens for their own audience only.
 *
 * Keys are ES256 (RFC 7518, section 3.4). A key lives through three states, so that changing it is noticed by nobody:
 * `next`, published and not yet in use, for as long as anything between here and a verifier may hold an older JWKS;
 * `signing`; and `verifying`, until every token that it signed has ended. What an API server does with the JWKS was read
 * in its verifier (go-oidc 2.5) and tried: it keeps the keys for ever, and fetches them again, once for however many
 * requests wait, when a token names one that it does not know, unless the answer before allowed it to be cached; so the
 * JWKS is served with `no-store`. Verifiers that wait between two fetches (jose: 30 s) and caches on the way are what the
 * time as `next` is for. Private keys are sealed in the database, so that all Managers sign with the same ones.
 */
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import {
  currentSigningKey,
  forgetSigningKeys,
  insertSigningKey,
  lockSigningKeys,
  newestSigningKey,
  publishedKeys,
  retireSigningKeys,
  type SigningKeyRow,
} from '../store/signing-keys.ts';
import type { Sealer } from './sealing.ts';

const ALGORITHM = 'ES256';
/** The longest life of a token, and so the time for which a retired key is still published. */
export const MAX_TOKEN_SECONDS = 86_400;
/** Clocks of API servers may differ a little from ours. */
const SKEW_SECONDS = 30;
/** How long a key is published before it signs. */
const PUBLISH_AHEAD_SECONDS = 300;

export interface ClusterTokenClaims {
  subject: string;
  audience: string;
  groups: readonly string[];
  ttlSeconds: number;
}

export interface MintedToken {
  token: string;
  expiresAt: Date;
}

/** Signs any number of tokens with the key that signed when it was made. */
export type Mint = (claims: ClusterTokenClaims) => Promise<MintedToken>;

/** A key of the issuer as people see it. */
export interface IssuerKey {
  kid: string;
  algorithm: string;
  state: 'next' | 'signing' | 'verifying';
  createdAt: Date;
  signsFrom: Date;
  /** When the last token that it signs has ended; undefined while no key follows it. */
  verifiesUntil?: Date;
}

export interface Issuer {
  readonly url: string;
  /** Makes the first key where there is none. */
  ensureKey(): Promise<void>;
  /**
   * Publishes a new key, which signs after a while; the old one goes on verifying for as long as its tokens live.
   *
   * @returns undefined when a key waits for its turn already
   */
  rotate(): Promise<IssuerKey | undefined>;
  /** Rotates when the newest key is older than this, and forgets keys that verify nothing any more. */
  rotateIfOlderThan(days: number): Promise<boolean>;
  mint: Mint;
  /** For several tokens at once, at the cost of one statement. */
  minter(): Promise<Mint>;
  /** Newest first. */
  keys(): Promise<IssuerKey[]>;
  /** RFC 7517. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** The same keys with their private halves, the one that signs first: for the provider that people sign in at. */
  privateJwks(): Promise<{ keys: JWK[] }>;
  /** OpenID Connect Discovery 1.0, section 3: what API servers read of it. */
  discovery(): Record<string, unknown>;
}

export interface IssuerOptions {
  db: Kysely<Database>;
  sealer: Sealer;
  /** `iss`, without a slash at the end. */
  url: string;
  now?: () => Date;
  /** How long a key is published before it signs; 5 min when left out. */
  publishAheadSeconds?: number;
}

export function createIssuer(options: IssuerOptions): Issuer {
  const { db, sealer, publishAheadSeconds = PUBLISH_AHEAD_SECONDS } = options;
  const url = options.url.replace(/\/+$/, '');
  const now = options.now ?? (() => new Date());
  let imported: { kid: string; key: Promise<Awaited<ReturnType<typeof importJWK>>> } | undefined;

  /** Only where `onlyIf` holds for the newest key, whoever else is at it. */
  async function makeKey(
    aheadSeconds: number,
    onlyIf: (newest: SigningKeyRow | undefined) => boolean,
  ): Promise<SigningKeyRow | undefined> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const sealed = sealer.seal(JSON.stringify(await exportJWK(privateKey)), signingKeyContext(kid));
    return db.transaction().execute(async (trx) => {
      await lockSigningKeys(trx);
      if (!onlyIf(await newestSigningKey(trx))) return undefined;
      const createdAt = now();
      const signsFrom = new Date(createdAt.getTime() + aheadSeconds * 1000);
      const row = await insertSigningKey(trx, {
        kid,
        algorithm: ALGORITHM,
        publicJwk: { ...publicJwk, kid, alg: ALGORITHM, use: 'sig' },
        sealedPrivateJwk: sealed,
        createdAt,
        signsFrom,
      });
      await retireSigningKeys(trx, { butNot: kid, from: signsFrom });
      return row;
    });
  }

  const unsealed = (row: SigningKeyRow) =>
    JSON.parse(sealer.unseal(row.sealed_private_jwk, signingKeyContext(row.kid))) as JWK;

  function privateKeyOf(row: SigningKeyRow) {
    if (imported?.kid !== row.kid) imported = { kid: row.kid, key: importJWK(unsealed(row), row.algorithm) };
    return imported.key;
  }

  async function minter(): Promise<Mint> {
    const row = await currentSigningKey(db, now());
    if (row === undefined) throw new Error('the issuer has no signing key; the Manager makes one at its start');
    const key = await privateKeyOf(row);
    return async (claims) => {
      const issuedAt = Math.floor(now().getTime() / 1000);
      const expiresAt = issuedAt + Math.min(claims.ttlSeconds, MAX_TOKEN_SECONDS);
      const token = await new SignJWT({ groups: [...claims.groups] })
        .setProtectedHeader({ alg: row.algorithm, kid: row.kid, typ: 'JWT' })
        .setIssuer(url)
        .setSubject(claims.subject)
        .setAudience(claims.audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt - SKEW_SECONDS)
        .setExpirationTime(expiresAt)
        .setJti(randomUUID())
        .sign(key);
      return { token, expiresAt: new Date(expiresAt * 1000) };
    };
  }

  const endedBefore = () => new Date(now().getTime() - (MAX_TOKEN_SECONDS + SKEW_SECONDS) * 1000);
  const published = () => publishedKeys(db, endedBefore());

  return {
    url,
    async ensureKey() {
      if ((await newestSigningKey(db)) === undefined) await makeKey(0, (newest) => newest === undefined);
    },
    async rotate() {
      const isInUse = (newest: SigningKeyRow | undefined) => newest === undefined || newest.signs_from <= now();
      const row = await makeKey(publishAheadSeconds, isInUse);
      return row === undefined ? undefined : toIssuerKey(row, now());
    },
    async rotateIfOlderThan(days) {
      await forgetSigningKeys(db, endedBefore());
      const limit = now().getTime() - days * 86_400_000;
      const isOld = (key: SigningKeyRow | undefined) => key === undefined || key.created_at.getTime() < limit;
      if (!isOld(await newestSigningKey(db))) return false;
      return (await makeKey(publishAheadSeconds, isOld)) !== undefined;
    },
    mint: async (claims) => (await minter())(claims),
    minter,
    async keys() {
      const at = now();
      return (await published()).map((row) => toIssuerKey(row, at));
    },
    async jwks() {
      return { keys: (await published()).map((row) => row.public_jwk as JWK) };
    },
    async privateJwks() {
      const at = now();
      const isSigning = (row: SigningKeyRow) => (toIssuerKey(row, at).state === 'signing' ? 0 : 1);
      const rows = (await published()).sort((a, b) => isSigning(a) - isSigning(b));
      return { keys: rows.map((row) => ({ ...(row.public_jwk as JWK), ...unsealed(row) })) };
    },
    discovery: () => ({
      issuer: url,
      jwks_uri: `${url}/oidc/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [ALGORITHM],
      claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'groups'],
      scopes_supported: ['openid', 'groups'],
    }),
  };
}

function toIssuerKey(row: SigningKeyRow, now: Date): IssuerKey {
  const { kid, algorithm, created_at: createdAt, signs_from: signsFrom, retired_at: retiredAt } = row;
  const state = signsFrom > now ? 'next' : retiredAt === null || retiredAt > now ? 'signing' : 'verifying';
  const key: IssuerKey = { kid, algorithm, state, createdAt, signsFrom };
  if (retiredAt === null) return key;
  return { ...key, verifiesUntil: new Date(retiredAt.getTime() + (MAX_TOKEN_SECONDS + SKEW_SECONDS) * 1000) };
}

/** The context that a signing key's private half is sealed in. */
export function signingKeyContext(kid: string): string {
  return `signing-key:${kid}`;
}
