/**
 * API tokens: `kn_` and 32 random bytes in base64url. Only the SHA-256 is kept; with 256 bits of entropy neither salt nor
 * a slow hash would add anything, and a lookup stays one index read.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../store/connect.ts';
import { findTokenByHash, type ScopedTokenRow, touchToken } from '../store/tokens.ts';
import type { Caller } from './caller.ts';
import { readSecretFile } from './sealing.ts';

const SECRET = /^kn_[A-Za-z0-9_-]{43}$/;

export function newTokenSecret(): string {
  return `kn_${randomBytes(32).toString('base64url')}`;
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

export interface Authenticator {
  /** The caller that the bearer token stands for; undefined when it stands for nobody (any more). */
  authenticate(bearer: string): Promise<Caller | undefined>;
}

export interface AuthenticatorOptions {
  db: Queryable;
  adminToken: string;
  now?: () => Date;
  /** A failed note of use is no reason to refuse a call. */
  onTouchError?: (error: unknown) => void;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const adminHash = hashToken(options.adminToken);
  const now = options.now ?? (() => new Date());
  const administrator: Caller = { subject: 'admin', groups: [], grants: [{ role: 'admin' }] };
  return {
    async authenticate(bearer) {
      if (!SECRET.test(bearer)) return undefined;
      const hash = hashToken(bearer);
      if (timingSafeEqual(hash, adminHash)) return administrator;
      const token = await findTokenByHash(options.db, hash);
      if (token === undefined || isExpired(token, now())) return undefined;
      if (token.last_used_at === null || now().getTime() - token.last_used_at.getTime() > 60_000) {
        touchToken(options.db, token.id).catch((error: unknown) => options.onTouchError?.(error));
      }
      return callerOf(token);
    },
  };
}

function isExpired(token: ScopedTokenRow, now: Date): boolean {
  return token.expires_at !== null && token.expires_at.getTime() <= now.getTime();
}

function callerOf(token: ScopedTokenRow): Caller {
  return {
    subject: tokenSubject(token),
    groups: [],
    grants: [
      {
        role: token.role,
        ...(token.tenant_id === null ? {} : { tenantId: token.tenant_id, tenant: token.tenant ?? '' }),
        ...(token.project_id === null ? {} : { projectId: token.project_id, project: token.project ?? '' }),
      },
    ],
    ...(token.expires_at === null ? {} : { expiresAt: token.expires_at }),
  };
}
