/**
 * API tokens: `kn_` and 32 random bytes in base64url. Only the SHA-256 is kept; with 256 bits of entropy neither salt nor
 * a slow hash would add anything, and a lookup stays one index read.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readSecretFile } from './sealing.ts';

const SECRET = /^kn_[A-Za-z0-9_-]{43}$/;

export function newTokenSecret(): string {
  return `kn_${randomBytes(32).toString('base64url')}`;
}

/** Whether a text has the form of an API token. */
export function isTokenSecret(text: string): boolean {
  return SECRET.test(text);
}

export function hashToken(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The subject of calls made with a token; its id tells apart two tokens of one name. */
export function tokenSubject(token: { id: string; name: string }): string {
  return `token:${token.name}:${token.id}`;
}

/** Reads the admin token, or makes one (mode 0600) where there is none. */
export function loadAdminToken(path: string): string {
  const secret = readSecretFile(path, () => `${newTokenSecret()}\n`).trim();
  if (!SECRET.test(secret)) {
    throw new Error(
      `${path} holds no token: it is \`kn_\` and 43 characters of base64url. Remove it to get a new one.`,
    );
  }
  return secret;
}
