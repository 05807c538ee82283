/**
 * The embedded provider as the Manager runs it: made when the first person comes, since nothing else of the Manager needs
 * it, and made anew when the issuer's keys have changed. All that it knows is in Postgres, so that a new one goes on where
 * the one before was, and so does one in another Manager.
 */
import type { Provider } from 'oidc-provider';
import type { Queryable } from '../../../store/connect.ts';
import type { Issuer } from '../../issuer.ts';
import type { Sealer } from '../../sealing.ts';
import { pagePolicy } from './pages.ts';

export interface EmbeddedOptions {
  db: Queryable;
  issuer: Issuer;
  sealer: Sealer;
  /** Addresses at which the console is served. */
  consoleUrls: readonly string[];
  onError: (error: unknown) => void;
  now?: () => Date;
}

/** A key is published for minutes before it signs and verifies for a day after, so that half a minute is soon enough. */
const LOOK_FOR_KEYS_MS = 30_000;

export interface Embedded {
  provider(): Promise<Provider>;
  /** Signs what a form is answered with; the first signs, all check. */
  readonly formKeys: readonly Buffer[];
  /** The Content-Security-Policy of every page. */
  readonly pagePolicy: string;
}

export function createEmbedded(options: EmbeddedOptions): Embedded {
  const { db, issuer, sealer } = options;
  const now = options.now ?? (() => new Date());
  let made: { keyIds: string; provider: Provider } | undefined;
  let current: { at: number; provider: Promise<Provider> } | undefined;

  async function make(): Promise<Provider> {
    const [jwks, { createProvider }] = await Promise.all([issuer.privateJwks(), import('./provider.ts')]);
    const keyIds = jwks.keys.map(({ kid }) => kid).join();
    if (made?.keyIds === keyIds) return made.provider;
    const provider = createProvider({
      db,
      issuer: issuer.url,
      consoleUrls: options.consoleUrls,
      jwks,
      cookieKeys: sealer.deriveKeys('sign-in-cookies'),
      referenceKeys: sealer.deriveKeys('sign-in-references'),
      onError: options.onError,
      now,
    });
    made = { keyIds, provider };
    return provider;
  }

  return {
    formKeys: sealer.deriveKeys('sign-in-forms'),
    pagePolicy: pagePolicy(options.consoleUrls),
    provider() {
      const at = performance.now();
      if (current === undefined || at - current.at > LOOK_FOR_KEYS_MS) {
        const looking = { at, provider: make() };
        current = looking;
        looking.provider.catch(() => {
          if (current === looking) current = undefined;
        });
      }
      return current.provider;
    },
  };
}
