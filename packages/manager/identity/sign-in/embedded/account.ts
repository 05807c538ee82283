/** Own accounts as the provider sees them. */
import type { Account } from 'oidc-provider';
import { findAccount } from '../../../store/accounts.ts';
import type { Queryable } from '../../../store/connect.ts';
import { accountSubject } from '../../accounts.ts';

/** When the password was typed that a code or a token comes from, where that is known. */
export function authTimeOf(token: object): number | undefined {
  return 'authTime' in token && typeof token.authTime === 'number' ? token.authTime : undefined;
}

/**
 * The account as it is now, so that what was taken away is not given out again; undefined when its sessions have ended.
 *
 * @param since in seconds: when the session began in which it is asked for
 */
export async function accountOf(
  db: Queryable,
  subject: string,
  since: number | undefined,
): Promise<Account | undefined> {
  const account = await findAccount(db, { kind: 'name', name: subject.replace(/^account:/, '') });
  if (account === undefined || account.disabled || subject !== accountSubject(account.name)) return undefined;
  if (since !== undefined && since * 1000 < account.sessions_from.getTime()) return undefined;
  return {
    accountId: subject,
    claims: () => ({
      sub: subject,
      name: account.display_name === '' ? account.name : account.display_name,
      preferred_username: account.name,
      ...(account.email === null ? {} : { email: account.email }),
      groups: account.groups,
    }),
  };
}
