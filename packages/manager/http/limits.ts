/**
 * How much one party may ask of the Manager: credentials that stand for nobody and sign-ins by address, requests by caller.
 *
 * Counts are kept in memory, by each Manager for itself: they are there to keep one party from taking what all share, not
 * to bill it. Memory is bounded, since parties fall into a fixed number of buckets, by a hash that nobody outside can
 * compute; two that share one share a limit, which is rare and harms neither.
 */
import { hash, randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How many at most; 0 is without a limit. */
export interface LimitSettings {
  /** Of one caller, or of one address without a credential, in ten seconds. The admin token has no limit: it is the way in. */
  requests: number;
  /** Credentials from one address that stand for nobody, in a minute. */
  failures: number;
  /** Passwords typed at one address, in a minute. */
  signIns: number;
}

export const DEFAULT_LIMITS: LimitSettings = { requests: 2_000, failures: 60, signIns: 30 };

export interface Limits {
  /**
   * Counts a request.
   *
   * @throws ApiError KN-429
   */
  request(by: { caller: string } | { address: string }): Promise<void>;
  /**
   * Looks at a credential, unless too many from this address stood for nobody. One that was good a short while ago is
   * looked at all the same, so that a stranger cannot lock out those who come from the same address.
   *
   * @param look answers undefined when the credential stands for nobody
   * @throws ApiError KN-429
   */
  credential<T>(address: string, credential: string, look: () => Promise<T | undefined>): Promise<T | undefined>;
  /**
   * Counts a password that is about to be checked.
   *
   * @throws ApiError KN-429
   */
  signIn(address: string): Promise<void>;
}

const BUCKETS = 65_536;
/** Credentials that are remembered to have been good. */
const REMEMBERED = 10_000;

export function createLimits(settings: LimitSettings = DEFAULT_LIMITS): Limits {
  const requests = limiter(settings.requests, 10);
  const failures = limiter(settings.failures, 60);
  const signIns = limiter(settings.signIns, 60);
  const salt = randomUUID();
  const good = new Set<string>();
  const bucketOf = (party: string) => Number.parseInt(hash('sha256', salt + party).slice(0, 8), 16) % BUCKETS;

  function remember(credential: string): void {
    const digest = hash('sha256', credential, 'base64');
    if (good.has(digest)) return;
    good.add(digest);
    // The one that was good first goes first; whoever still has it is good again at the next call.
    if (good.size > REMEMBERED) for (const oldest of good.values()) return void good.delete(oldest);
  }

  return {
    async request(by) {
      const party = 'caller' in by ? by.caller : `address ${addressBlock(by.address)}`;
      await consume(requests, bucketOf(party), 'Too many requests. Ask less often, or for larger pages.');
    },
    async credential(address, credential, look) {
      const bucket = bucketOf(addressBlock(address));
      const failed = failures === undefined ? null : await failures.get(bucket);
      if (failed !== null && failed.consumedPoints >= settings.failures) {
        if (!good.has(hash('sha256', credential, 'base64'))) {
          throw tooMany(failed, 'Too many credentials from your address stood for nobody.');
        }
      }
      const found = await look();
      if (found === undefined) await failures?.penalty(bucket);
      else remember(credential);
      return found;
    },
    async signIn(address) {
      await consume(signIns, bucketOf(addressBlock(address)), 'Too many passwords were tried from your address.');
    },
  };
}

function limiter(points: number, duration: number): RateLimiterMemory | undefined {
  return points === 0 ? undefined : new RateLimiterMemory({ points, duration });
}

async function consume(from: RateLimiterMemory | undefined, bucket: number, what: string): Promise<void> {
  try {
    await from?.consume(bucket);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw tooMany(refusal, what);
  }
}

function tooMany(state: RateLimiterRes, what: string): ApiError {
  const retryAfterSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  return new ApiError('KN-429', `${what} Repeat in ${retryAfterSeconds} seconds.`, { retryAfterSeconds });
}

/** Whoever has one IPv6 address usually has the whole /64 (RFC 6177), so that is what counts as one. */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...right];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
