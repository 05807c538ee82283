/**
 * Whom a bearer token stands for. Three kinds are known: the admin token, API tokens (`kn_…`), and ID tokens of the one
 * issuer that people sign in at. Everything else stands for nobody.
 *
 * Grants are read at every call. What an API token may do is what was given to it *and* what its owner still holds: its
 * own grant and bindings, cut to those of the token that it was made with, and so on, and at last to the person's. So it
 * is enough to take a role from a person to take it from all that they have made.
 *
 * Names that people go by: `account:<name>` for KubeNova's own accounts, `user:<sub>` for those of an outside provider.
 * Role bindings name the latter by `sub` alone, which is why an outside `sub` that looks like an own account is nobody.
 */
import { timingSafeEqual } from 'node:crypto';
import { inCommon } from '@kubenova/knapi/permissions.ts';
import { findPerson, findTokenChain, type GrantRow, rememberGroups, type TokenLink } from '../store/callers.ts';
import type { Queryable } from '../store/connect.ts';
import { touchToken } from '../store/tokens.ts';
import type { Caller } from './caller.ts';
import type { SignedIn, SignInVerifier } from './sign-in/verifier.ts';
import { hashToken, isTokenSecret, tokenSubject } from './tokens.ts';

export interface Authenticator {
  /** The caller that the bearer token stands for; undefined when it stands for nobody (any more). */
  authenticate(bearer: string): Promise<Caller | undefined>;
}

export interface AuthenticatorOptions {
  db: Queryable;
  adminToken: string;
  /** Where people sign in; without it nobody does. */
  signIn?: SignInVerifier;
  now?: () => Date;
  /** A failed note of use is no reason to refuse a call. */
  onNoteError?: (error: unknown) => void;
}

const ACCOUNT_PREFIX = 'account:';
/** Three parts of base64url (RFC 7519, section 3); an API token has no dot. */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { db, signIn } = options;
  const adminHash = hashToken(options.adminToken);
  const now = options.now ?? (() => new Date());
  const note = (work: Promise<void>) => void work.catch((error: unknown) => options.onNoteError?.(error));
  const administrator: Caller = {
    subject: 'admin',
    identity: { kind: 'administrator' },
    groups: [],
    grants: [{ role: 'admin' }],
  };

  return {
    async authenticate(bearer) {
      if (isTokenSecret(bearer)) return authenticateToken(bearer);
      if (signIn === undefined || !JWT.test(bearer)) return undefined;
      const signedIn = await signIn.verify(bearer);
      return signedIn === undefined ? undefined : authenticatePerson(signIn, signedIn);
    },
  };

  async function authenticateToken(bearer: string): Promise<Caller | undefined> {
    const hash = hashToken(bearer);
    if (timingSafeEqual(hash, adminHash)) return administrator;
    const chain = await findTokenChain(db, { hash });
    const token = chain[0];
    // A chain that does not end at the admin or at a person is longer than one may be.
    if (token === undefined || chain.at(-1)?.owner.startsWith('token:') !== false) return undefined;
    if (chain.some((link) => isOver(link, now()))) return undefined;
    if (token.last_used_at === null || now().getTime() - token.last_used_at.getTime() > 60_000) {
      note(touchToken(db, token.id));
    }
    return {
      subject: tokenSubject(token),
      identity: { kind: 'token', id: token.id },
      groups: [],
      grants: chain.reduce((grants, link) => inCommon(grants, heldBy(link)), heldBy(token)),
      ...(token.expires_at === null ? {} : { expiresAt: token.expires_at }),
    };
  }

  async function authenticatePerson(provider: SignInVerifier, signedIn: SignedIn): Promise<Caller | undefined> {
    const account = signedIn.subject.startsWith(ACCOUNT_PREFIX)
      ? signedIn.subject.slice(ACCOUNT_PREFIX.length)
      : undefined;
    if ((provider.provider === 'embedded') !== (account !== undefined)) return undefined;
    const name = signedIn.subject;
    const subject = account === undefined ? `user:${name}` : name;
    const groups = [...new Set(signedIn.groups)].sort();
    const row = await findPerson(db, { name, subject, groups, account });
    if (account !== undefined) {
      if (row.account === null || row.account.disabled) return undefined;
      if (signedIn.issuedAt.getTime() < row.account.sessionsFrom * 1000) return undefined;
    }
    if (row.groups_changed) note(rememberGroups(db, subject, groups));
    return {
      subject,
      identity: { kind: 'person', name, ...(account === undefined ? {} : { account }) },
      groups: row.account?.groups ?? groups,
      grants: row.held,
      expiresAt: signedIn.expiresAt,
    };
  }
}

function isOver(link: TokenLink, now: Date): boolean {
  return link.owner_gone || (link.expires_at !== null && link.expires_at.getTime() <= now.getTime());
}

function heldBy(link: TokenLink): GrantRow[] {
  return link.owner_held === null ? link.held : inCommon(link.held, link.owner_held);
}
