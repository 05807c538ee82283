/** KubeNova's own accounts. The password's hash is read by whoever checks passwords, and by nobody else. */
import { type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { AccountsTable } from './database.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import { byReference, nameContains, type Reference } from './scope.ts';

export type AccountRow = Omit<Selectable<AccountsTable>, 'password_hash' | 'failed_attempts' | 'failed_at'>;

const columns = [
  'id',
  'name',
  'display_name',
  'email',
  'groups',
  'disabled',
  'sessions_from',
  'last_sign_in_at',
  'generation',
  'created_at',
  'updated_at',
] as const;

export interface AccountFields {
  displayName: string;
  email: string | null;
  groups: readonly string[];
  disabled: boolean;
}

export function insertAccount(
  db: Queryable,
  account: AccountFields & { id: string; name: string; passwordHash: string; sessionsFrom: Date },
): Promise<AccountRow> {
  return db
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.name,
      display_name: account.displayName,
      email: account.email,
      groups: [...account.groups],
      disabled: account.disabled,
      password_hash: account.passwordHash,
      sessions_from: account.sessionsFrom,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export function findAccount(db: Queryable, reference: Reference): Promise<AccountRow | undefined> {
  return db
    .selectFrom('accounts')
    .select(columns)
    .where(byReference(reference, { id: 'id', name: 'name' }))
    .executeTakeFirst();
}

export function lockAccount(db: Queryable, reference: Reference): Promise<AccountRow | undefined> {
  return db
    .selectFrom('accounts')
    .select(columns)
    .where(byReference(reference, { id: 'id', name: 'name' }))
    .forUpdate()
    .executeTakeFirst();
}

export async function listAccounts(
  db: Queryable,
  filter: { nameContains?: string },
  page: PageRequest,
): Promise<Page<AccountRow>> {
  const rows = await db
    .selectFrom('accounts')
    .select(columns)
    .select(microseconds('created_at').as('cursor_at'))
    .where(nameContains(filter.nameContains, 'name'))
    .where(afterCursor(page.cursor, { at: 'created_at', id: 'id' }))
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page.limit, ({ cursor_at: _, ...row }) => row);
}

export function updateAccount(
  db: Queryable,
  id: string,
  fields: AccountFields & { passwordHash?: string },
): Promise<AccountRow> {
  return db
    .updateTable('accounts')
    .set({
      display_name: fields.displayName,
      email: fields.email,
      groups: [...fields.groups],
      disabled: fields.disabled,
      // Whoever was given a new password need not wait for the guesses at the old one.
      ...(fields.passwordHash === undefined
        ? {}
        : { password_hash: fields.passwordHash, failed_attempts: 0, failed_at: null }),
      generation: sql<number>`generation + 1`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
}

export async function deleteAccount(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('accounts').where('id', '=', id).execute();
}

/** Ends every session: ID tokens from before are refused, and what the sign-in provider keeps of the account is gone. */
export async function endSessions(db: Queryable, id: string, sessionsFrom: Date): Promise<void> {
  await db.updateTable('accounts').set({ sessions_from: sessionsFrom }).where('id', '=', id).execute();
  await db.deleteFrom('sign_in_payloads').where('account_id', '=', id).execute();
}

export async function passwordHashOf(db: Queryable, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('accounts').select('password_hash').where('name', '=', name).executeTakeFirst();
  return row?.password_hash;
}

/** Guesses that cost no wait. */
const FREE_GUESSES = 5;
const LONGEST_WAIT_SECONDS = 300;

/**
 * Counts an attempt as failed before it is made, so that many at once are no way around the count. After the first few
 * each makes the next wait twice as long; an attempt within the wait is none.
 *
 * @returns whether the attempt may be made
 */
export async function beginAttempt(db: Queryable, name: string): Promise<boolean> {
  const result = await db
    .updateTable('accounts')
    .set({ failed_attempts: sql<number>`failed_attempts + 1`, failed_at: sql<Date>`now()` })
    .where('name', '=', name)
    .where('disabled', '=', false)
    .where(
      sql<boolean>`(failed_attempts < ${FREE_GUESSES}::integer or failed_at is null or failed_at <= now() - make_interval(
        secs => least(${LONGEST_WAIT_SECONDS}::integer, 2 ^ least(failed_attempts - ${FREE_GUESSES}::integer, 16))))`,
    )
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * The attempt was none that failed.
 *
 * @returns the account; undefined when its password is another one by now, or it is disabled
 */
export function endAttempt(
  db: Queryable,
  attempt: { name: string; checkedHash: string; newHash?: string; isSignIn: boolean },
): Promise<AccountRow | undefined> {
  return db
    .updateTable('accounts')
    .set({
      failed_attempts: 0,
      failed_at: null,
      ...(attempt.newHash === undefined ? {} : { password_hash: attempt.newHash }),
      ...(attempt.isSignIn ? { last_sign_in_at: sql<Date>`now()` } : {}),
    })
    .where('name', '=', attempt.name)
    .where('password_hash', '=', attempt.checkedHash)
    .where('disabled', '=', false)
    .returning(columns)
    .executeTakeFirst();
}
