/** Own accounts and their passwords, as sign-in sees them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountRow, beginAttempt, endAttempt, passwordHashOf } from '../store/accounts.ts';
import type { Queryable } from '../store/connect.ts';
import { checkPassword, hashPassword, NO_PASSWORD } from './passwords.ts';

/** What role bindings, tokens and the audit call an own account. */
export function accountSubject(name: string): string {
  return `account:${name}`;
}

/** The first moment whose ID tokens are accepted again after sessions were ended now; they tell whole seconds only. */
export function sessionsFrom(now: Date = new Date()): Date {
  return new Date(Math.floor(now.getTime() / 1000) * 1000 + 1000);
}

/**
 * The account, when this is its password. Whether there is no such account, it is disabled, the password is another one, or
 * there were too many wrong ones before: the answer is the same, after the same work.
 *
 * After five wrong ones each makes the next wait longer, up to five minutes; the right password ends that.
 *
 * @throws ApiError KN-503 when too many passwords are being checked
 */
export async function verifyPassword(
  db: Queryable,
  name: string,
  password: string,
  options: { isSignIn: boolean } = { isSignIn: true },
): Promise<AccountRow | undefined> {
  const kept = await passwordHashOf(db, name);
  // Side by side, so that the write that only an account's attempt makes is not seen in the time.
  const [isAllowed, { matches, outdated }] = await Promise.all([
    beginAttempt(db, name),
    checkPassword(kept ?? NO_PASSWORD, password),
  ]);
  if (kept === undefined || !isAllowed || !matches) return undefined;
  const newHash = outdated ? await hashPassword(password) : undefined;
  const account = await endAttempt(db, { name, checkedHash: kept, newHash, isSignIn: options.isSignIn });
  if (account === undefined || !options.isSignIn) return account;
  // An ID token of this second would not be told from one that was issued before the sessions were ended.
  const wait = account.sessions_from.getTime() - Date.now();
  if (wait > 0) await sleep(Math.min(wait, 1_000));
  return account;
}
