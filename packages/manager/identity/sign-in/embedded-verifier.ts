/** ID tokens of KubeNova's own provider, checked with the issuer's published keys. */
import { errors, importJWK, type JWK, type JWTVerifyGetKey } from 'jose';
import type { Issuer } from '../issuer.ts';
import { CLIENT_IDS } from './clients.ts';
import { createIdTokenVerifier } from './id-token.ts';
import type { SignInVerifier } from './verifier.ts';

/** How old what is known of the keys may be. Also the time between two looks for a key that nobody knows. */
const FRESH_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

export interface EmbeddedVerifierOptions {
  issuer: Issuer;
  now?: () => Date;
}

export function createEmbeddedVerifier(options: EmbeddedVerifierOptions): SignInVerifier {
  return createIdTokenVerifier({
    provider: 'embedded',
    issuer: options.issuer.url,
    clientIds: CLIENT_IDS,
    algorithms: ['ES256'],
    usernameClaim: 'sub',
    groupsClaim: 'groups',
    keys: keysOf(options.issuer),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

/**
 * The issuer's keys by id, read from the database now and then: a call with a token costs no statement for its key. A key
 * is published before it signs, so that one which is not known yet is looked for, but not at every stranger's bidding.
 */
function keysOf(issuer: Issuer): JWTVerifyGetKey {
  type Key = Awaited<ReturnType<typeof importJWK>>;
  let known: { at: number; keys: Promise<ReadonlyMap<string, Key>> } | undefined;

  async function load(): Promise<ReadonlyMap<string, Key>> {
    const { keys } = await issuer.jwks();
    return new Map(await Promise.all(keys.map(async (jwk: JWK) => [jwk.kid ?? '', await importJWK(jwk)] as const)));
  }

  function keys(maxAgeMs: number): Promise<ReadonlyMap<string, Key>> {
    const now = performance.now();
    if (known === undefined || now - known.at > maxAgeMs) {
      const loading = { at: now, keys: load() };
      known = loading;
      // A failure is told to whoever waits, and is not kept.
      loading.keys.catch(() => {
        if (known === loading) known = undefined;
      });
    }
    return known.keys;
  }

  return async ({ kid }) => {
    const key =
      kid === undefined ? undefined : ((await keys(FRESH_MS)).get(kid) ?? (await keys(LOOK_AGAIN_MS)).get(kid));
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
}
