/**
 * Passwords of own accounts: scrypt (RFC 7914), with the parameters beside each hash, so that they can be raised later and
 * a hash of before is replaced when its password is next seen.
 *
 * A hash takes 32 MB and about a tenth of a second on purpose, and whoever signs in is a stranger until it is done. So only
 * two are made at a time, off the main thread, and only so many wait; who comes on top is told to come back.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { ApiError } from '@kubenova/knapi/errors.ts';

interface Parameters {
  /** The base-2 logarithm of N. */
  ln: number;
  r: number;
  p: number;
}

/** One of the equivalents of OWASP's Password Storage Cheat Sheet; of those, what a small Manager can afford in memory. */
const CURRENT: Parameters = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const AT_A_TIME = 2;
const WAITING = 32;

/** What no password has: checked in place of the hash of an account that is not there, so that this takes as long. */
export const NO_PASSWORD = format(CURRENT, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES));

/**
 * The text to keep, `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`.
 *
 * @throws ApiError KN-503 when too many are being made
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return format(CURRENT, salt, await derive(password, salt, HASH_BYTES, CURRENT));
}

/**
 * Whether the text was made of this password; `outdated` when it should be made anew, with the parameters of today.
 *
 * @throws ApiError KN-503 when too many are being checked
 */
export async function checkPassword(kept: string, password: string): Promise<{ matches: boolean; outdated: boolean }> {
  const { parameters, salt, hash } = parse(kept);
  const matches = timingSafeEqual(await derive(password, salt, hash.length, parameters), hash);
  const outdated = format(parameters, salt, hash).split('$')[2] !== format(CURRENT, salt, hash).split('$')[2];
  return { matches, outdated };
}

function format({ ln, r, p }: Parameters, salt: Buffer, hash: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${text(salt)}$${text(hash)}`;
}

function parse(kept: string): { parameters: Parameters; salt: Buffer; hash: Buffer } {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(kept);
  if (match === null) throw new Error('an account has a password hash that is none of ours');
  const [ln, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [salt, hash] = [Buffer.from(match[4] ?? '', 'base64'), Buffer.from(match[5] ?? '', 'base64')];
  return { parameters: { ln, r, p }, salt, hash };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, bytes: number, { ln, r, p }: Parameters): Promise<Buffer> {
  if (running >= AT_A_TIME) {
    if (waiting.length >= WAITING) {
      throw new ApiError('KN-503', 'Too many passwords are being checked right now. Repeat in a moment.');
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    const cost = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r } satisfies ScryptOptions;
    return await new Promise((resolve, reject) => {
      // One person types one password in several ways of Unicode; NFKC makes them one (NIST SP 800-63B, section 3.1.1.2).
      scrypt(password.normalize('NFKC'), salt, bytes, cost, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
