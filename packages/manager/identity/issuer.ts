/**
 * KubeNova as an OpenID Connect issuer for clusters: their API servers trust it by structured authentication
 * (`AuthenticationConfiguration`), fetch the keys from the JWKS, and accept tokens for their own audience only.
 *
 * Keys are ES256 (RFC 7518, section 3.4). One key signs; a retired one stays in the JWKS until every token that it signed
 * has expired. Private keys are sealed in the database, so that all Managers sign with the same ones.
 */
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import {
  currentSigningKey,
  insertSigningKey,
  lockSigningKeys,
  retireSigningKeys,
  type SigningKeyRow,
  verifyingKeys,
} from '../store/signing-keys.ts';
import type { Sealer } from './sealing.ts';

const ALGORITHM = 'ES256';
/** The longest life of a token, and so the time for which a retired key is still published. */
export const MAX_TOKEN_SECONDS = 86_400;
/** Clocks of API servers may differ a little from ours. */
const SKEW_SECONDS = 30;

export interface ClusterTokenClaims {
  subject: string;
  audience: string;
  groups: readonly string[];
  ttlSeconds: number;
}

export interface Issuer {
  readonly url: string;
  /** Makes the first key where there is none. */
  ensureKey(): Promise<void>;
  /** Makes a new key that signs from now on; the old one goes on verifying for a day. */
  rotate(): Promise<string>;
  /** Rotates when the current key is older than this. */
  rotateIfOlderThan(days: number): Promise<boolean>;
  mint(claims: ClusterTokenClaims): Promise<{ token: string; expiresAt: Date }>;
  /** RFC 7517. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** OpenID Connect Discovery 1.0, section 3: what API servers read of it. */
  discovery(): Record<string, unknown>;
}

export interface IssuerOptions {
  db: Kysely<Database>;
  sealer: Sealer;
  /** `iss`, without a slash at the end. */
  url: string;
  now?: () => Date;
}

export function createIssuer(options: IssuerOptions): Issuer {
  const { db, sealer } = options;
  const url = options.url.replace(/\/+$/, '');
  const now = options.now ?? (() => new Date());
  const imported = new Map<string, Promise<Awaited<ReturnType<typeof importJWK>>>>();

  async function makeKey(onlyIf: (current: SigningKeyRow | undefined) => boolean): Promise<string | undefined> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const sealed = sealer.seal(JSON.stringify(await exportJWK(privateKey)), signingKeyContext(kid));
    return db.transaction().execute(async (trx) => {
      await lockSigningKeys(trx);
      if (!onlyIf(await currentSigningKey(trx))) return undefined;
      await insertSigningKey(trx, {
        kid,
        algorithm: ALGORITHM,
        publicJwk: { ...publicJwk, kid, alg: ALGORITHM, use: 'sig' },
        sealedPrivateJwk: sealed,
      });
      await retireSigningKeys(trx, kid);
      return kid;
    });
  }

  function privateKeyOf(row: SigningKeyRow) {
    const known = imported.get(row.kid);
    if (known !== undefined) return known;
    const jwk = JSON.parse(sealer.unseal(row.sealed_private_jwk, signingKeyContext(row.kid))) as JWK;
    const key = importJWK(jwk, row.algorithm);
    imported.set(row.kid, key);
    return key;
  }

  return {
    url,
    async ensureKey() {
      if ((await currentSigningKey(db)) === undefined) await makeKey((current) => current === undefined);
    },
    async rotate() {
      const kid = await makeKey(() => true);
      if (kid === undefined) throw new Error('a new signing key was refused without a reason');
      return kid;
    },
    async rotateIfOlderThan(days) {
      const limit = now().getTime() - days * 86_400_000;
      const isOld = (key: SigningKeyRow | undefined) => key === undefined || key.created_at.getTime() < limit;
      if (!isOld(await currentSigningKey(db))) return false;
      return (await makeKey(isOld)) !== undefined;
    },
    async mint(claims) {
      const row = await currentSigningKey(db);
      if (row === undefined) throw new Error('the issuer has no signing key; the Manager makes one at its start');
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
        .sign(await privateKeyOf(row));
      return { token, expiresAt: new Date(expiresAt * 1000) };
    },
    async jwks() {
      const rows = await verifyingKeys(db, new Date(now().getTime() - (MAX_TOKEN_SECONDS + SKEW_SECONDS) * 1000));
      return { keys: rows.map((row) => row.public_jwk as JWK) };
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

/** The context that a signing key's private half is sealed in. */
export function signingKeyContext(kid: string): string {
  return `signing-key:${kid}`;
}
