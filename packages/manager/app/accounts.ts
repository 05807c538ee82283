/** KubeNova's own accounts, for installations without an OIDC provider. */
import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@kubenova/domain/canonical-json.ts';
import { ApiError, notFound } from '@kubenova/knapi/errors.ts';
import type { Account, AccountCreate, AccountUpdate, PasswordChange } from '@kubenova/knapi/schemas.ts';
import { accountSubject, sessionsFrom, verifyPassword } from '../identity/accounts.ts';
import { hashPassword } from '../identity/passwords.ts';
import { enqueuePlacements } from '../reconcile/queue.ts';
import {
  type AccountRow,
  deleteAccount as deleteRow,
  endSessions,
  findAccount,
  insertAccount,
  listAccounts as listRows,
  lockAccount,
  updateAccount as updateRow,
} from '../store/accounts.ts';
import { violatedUnique } from '../store/failures.ts';
import type { Page } from '../store/pages.ts';
import { deleteBindingsOf } from '../store/role-bindings.ts';
import { type Reference, toReference } from '../store/scope.ts';
import { deleteTokensOf } from '../store/tokens.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, invalid, requireName } from './names.ts';
import { etagOf, requireMatch } from './preconditions.ts';
import { createOnce, insertRecords, type Work, write } from './write.ts';

function present(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    subject: accountSubject(row.name),
    displayName: row.display_name,
    email: row.email,
    groups: row.groups,
    disabled: row.disabled,
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
    generation: row.generation,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function listAccounts(
  context: Context,
  query: ListQuery & { q?: string },
): Promise<Outcome<Page<Account>>> {
  return ok(mapPage(await listRows(context.services.db, { nameContains: query.q }, pageRequest(query)), present));
}

export async function getAccount(context: Context): Promise<Outcome<Account>> {
  const row = await findAccount(context.services.db, referenceOf(context));
  if (row === undefined) throw notFound('account');
  return ok(present(row), etagOf(row));
}

export async function createAccount(context: Context, body: AccountCreate): Promise<Outcome<Account>> {
  requireName(body.name);
  requirePassword(body.password, body.name, '/password');
  const id = randomUUID();
  const passwordHash = await hashPassword(body.password);
  const groups = body.groups ?? [];
  const row = await createOnce(context, {
    // A hash of the body is kept; one with the password in it could be guessed at.
    body: { ...body, password: '' },
    id,
    subject: { object: `account:${id}`, tenantId: null, status: 201, detail: { account: body.name, groups } },
    create: async (trx, records) => {
      const made = await insertAccount(trx, {
        id,
        name: body.name,
        displayName: body.displayName ?? '',
        email: body.email ?? null,
        groups,
        disabled: false,
        passwordHash,
        sessionsFrom: sessionsFrom(),
      });
      await insertRecords(trx, records);
      return made;
    },
    repeat: (earlier) => findAccount(context.services.db, { kind: 'id', id: earlier }),
  }).catch((error: unknown) => {
    if (violatedUnique(error) === undefined) throw error;
    throw conflict(`An account named ${body.name} exists already. Choose another name.`);
  });
  return { kind: 'created', body: present(row), etag: etagOf(row) };
}

/** Changes what the body names. A new password and disabling end every session of the account. */
export async function updateAccount(context: Context, body: AccountUpdate): Promise<Outcome<Account>> {
  const reference = referenceOf(context);
  const { password } = body;
  if (password !== undefined) {
    const known = await findAccount(context.services.db, reference);
    if (known === undefined) throw notFound('account');
    requirePassword(password, known.name, '/password');
  }
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  const row = await write(context, async (trx) => {
    const current = await requireLocked(trx, reference);
    requireMatch(context.call.ifMatch, current);
    const before = fieldsOf(current);
    const after = {
      displayName: body.displayName ?? before.displayName,
      email: body.email === undefined ? before.email : body.email,
      groups: body.groups ?? before.groups,
      disabled: body.disabled ?? before.disabled,
    };
    const changed = passwordHash !== undefined || canonicalJson(before) !== canonicalJson(after);
    const result = changed ? await updateRow(trx, current.id, { ...after, passwordHash }) : current;
    if (passwordHash !== undefined || (after.disabled && !before.disabled)) {
      await endSessions(trx, current.id, sessionsFrom());
    }
    const detail = {
      account: current.name,
      ...changesOf(before, after),
      ...(password === undefined ? {} : NEW_PASSWORD),
    };
    return { result, subject: { object: `account:${current.id}`, tenantId: null, status: 200, detail } };
  });
  return ok(present(row), etagOf(row));
}

/** Deletes an account with all that goes by its name, so that whoever has the name next begins with nothing. */
export async function deleteAccount(context: Context): Promise<Outcome<never>> {
  await write(context, async (trx) => {
    const current = await requireLocked(trx, referenceOf(context));
    requireMatch(context.call.ifMatch, current);
    const name = accountSubject(current.name);
    await deleteTokensOf(trx, name);
    for (const tenantId of await deleteBindingsOf(trx, { kind: 'User', name })) {
      await enqueuePlacements(trx, { tenantId }, { namespaces: false });
    }
    await deleteRow(trx, current.id);
    const detail = { account: current.name };
    return { result: undefined, subject: { object: `account:${current.id}`, tenantId: null, status: 204, detail } };
  });
  return { kind: 'gone' };
}

/** Ends every session of an account. Its API tokens are not sessions: they are revoked one by one. */
export async function signOutAccount(context: Context): Promise<Outcome<never>> {
  await write(context, async (trx) => {
    const current = await requireLocked(trx, referenceOf(context));
    await endSessions(trx, current.id, sessionsFrom());
    const detail = { account: current.name };
    return { result: undefined, subject: { object: `account:${current.id}`, tenantId: null, status: 204, detail } };
  });
  return { kind: 'gone' };
}

/**
 * Changes the password of whoever is signed in with an own account. A token is not enough, even of the same account: it
 * would make itself into the whole account.
 */
export async function changePassword(context: Context, body: PasswordChange): Promise<Outcome<never>> {
  const { db } = context.services;
  const { identity } = context.call.caller;
  if (identity.kind !== 'person' || identity.account === undefined) {
    throw new ApiError(
      'KN-403',
      "Only whoever has signed in with one of KubeNova's own accounts has a password here. Others change it at their provider.",
    );
  }
  const name = identity.account;
  requirePassword(body.newPassword, name, '/newPassword');
  const account = await verifyPassword(db, name, body.currentPassword, { isSignIn: false });
  if (account === undefined) {
    throw invalid(
      '/currentPassword',
      'It is not the password of your account, or there were too many wrong ones before; then wait five minutes.',
    );
  }
  const passwordHash = await hashPassword(body.newPassword);
  await write(context, async (trx) => {
    const current = await requireLocked(trx, { kind: 'id', id: account.id });
    await updateRow(trx, current.id, { ...fieldsOf(current), passwordHash });
    await endSessions(trx, current.id, sessionsFrom());
    const detail = { account: current.name, ...NEW_PASSWORD };
    return { result: undefined, subject: { object: `account:${current.id}`, tenantId: null, status: 204, detail } };
  });
  return { kind: 'gone' };
}

const NEW_PASSWORD = { password: 'changed' };

function referenceOf(context: Context): Reference {
  return toReference(context.target.parameter('account'));
}

async function requireLocked(trx: Work, reference: Reference): Promise<AccountRow> {
  const row = await lockAccount(trx, reference);
  if (row === undefined) throw notFound('account');
  return row;
}

function fieldsOf(row: AccountRow) {
  return { displayName: row.display_name, email: row.email, groups: row.groups, disabled: row.disabled };
}

/** What the audit says of a change: who is in which groups, and who is locked out. */
function changesOf(before: ReturnType<typeof fieldsOf>, after: ReturnType<typeof fieldsOf>): Record<string, unknown> {
  return {
    ...(canonicalJson(before.groups) === canonicalJson(after.groups) ? {} : { groups: after.groups }),
    ...(before.disabled === after.disabled ? {} : { disabled: after.disabled }),
  };
}

/** What no length makes up for: the account's own name, or a few characters over and over. */
function requirePassword(password: string, account: string, pointer: string): void {
  if (new Set(password).size < 5)
    throw invalid(pointer, 'It has fewer than five different characters. Choose another.');
  if (account.length >= 4 && password.toLowerCase().includes(account)) {
    throw invalid(pointer, "It holds the account's name. Choose another.");
  }
}
