/** API tokens: handing out less than one holds, for no longer than one holds it. */
import { randomUUID } from 'node:crypto';
import { notFound } from '@kubenova/knapi/errors.ts';
import type { Token, TokenCreate, TokenCreated } from '@kubenova/knapi/schemas.ts';
import { isAdministrator } from '../identity/caller.ts';
import { hashToken, newTokenSecret } from '../identity/tokens.ts';
import { findTokenChain, LONGEST_CHAIN } from '../store/callers.ts';
import type { Page } from '../store/pages.ts';
import {
  deleteToken as deleteRow,
  findToken,
  insertToken,
  listTokens as listRows,
  type ScopedTokenRow,
} from '../store/tokens.ts';
import { type Context, type Outcome, ok } from './context.ts';
import { grantOf, requireMayGrant, scopeOf } from './grants.ts';
import { type ListQuery, mapPage, pageRequest } from './lists.ts';
import { conflict, invalid, requireName } from './names.ts';
import { createOnce, insertRecords, write } from './write.ts';

export function presentToken(row: ScopedTokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    role: row.role,
    scope: scopeOf(row),
    createdAt: row.created_at.toISOString(),
    expiresAt: (row.expires_at ?? new Date(0)).toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

export async function listTokens(context: Context, query: ListQuery): Promise<Outcome<Page<Token>>> {
  const { caller } = context.call;
  const filter = isAdministrator(caller) ? {} : { owner: caller.subject };
  return ok(mapPage(await listRows(context.services.db, filter, pageRequest(query)), presentToken));
}

export async function createToken(context: Context, body: TokenCreate): Promise<Outcome<TokenCreated>> {
  requireName(body.name);
  const { caller } = context.call;
  const grant = await grantOf(context, body.role, body.scope ?? {});
  requireMayGrant(context, grant);
  const expiresAt = new Date(Date.now() + body.ttlSeconds * 1000);
  // A person's session ends before their tokens do: these go by what the person holds, not by the session.
  if (caller.identity.kind === 'token' && caller.expiresAt !== undefined && expiresAt > caller.expiresAt) {
    const left = Math.max(0, Math.floor((caller.expiresAt.getTime() - Date.now()) / 1000));
    throw invalid(
      '/ttlSeconds',
      `Your own token ends in ${left} seconds, and this one may not outlive it. Ask for less.`,
    );
  }
  if (caller.identity.kind === 'token') await requireShortChain(context, caller.identity.id);
  const id = randomUUID();
  const secret = newTokenSecret();
  const created = await createOnce<TokenCreated>(context, {
    body,
    id,
    subject: {
      object: `token:${id}`,
      tenantId: grant.tenantId ?? null,
      status: 201,
      detail: { name: body.name, role: body.role, scope: scopeOf(grant), expiresAt: expiresAt.toISOString() },
    },
    create: async (trx, records) => {
      await insertToken(trx, {
        id,
        hash: hashToken(secret),
        name: body.name,
        owner: caller.subject,
        role: body.role,
        tenantId: grant.tenantId ?? null,
        projectId: grant.projectId ?? null,
        expiresAt,
        ownerTokenId: caller.identity.kind === 'token' ? caller.identity.id : null,
        ownerGroups: caller.groups,
      });
      await insertRecords(trx, records);
      return { id, token: secret, expiresAt: expiresAt.toISOString() };
    },
    repeat: (earlier) => {
      throw conflict(
        `An earlier request with this Idempotency-Key made token ${earlier}, and its secret is shown only once. Revoke that token if its secret is lost, and take a new key.`,
      );
    },
  });
  return { kind: 'created', body: created };
}

/** Each call asks for the whole chain of tokens that were made with one another, so it stays short. */
async function requireShortChain(context: Context, tokenId: string): Promise<void> {
  const chain = await findTokenChain(context.services.db, { id: tokenId });
  if (chain.length < LONGEST_CHAIN) return;
  throw conflict(
    `Your token is the last of ${LONGEST_CHAIN} that were each made with the one before. Make this one with an earlier one, or signed in.`,
  );
}

/**
 * Revokes a token and all that were made with it: the next call with any of them is refused. One's own, or any for an
 * admin; others do not exist for the caller.
 */
export async function deleteToken(context: Context): Promise<Outcome<never>> {
  const { caller } = context.call;
  const id = context.target.parameter('token');
  await write(context, async (trx) => {
    const token = await findToken(trx, id);
    const isItself = caller.identity.kind === 'token' && caller.identity.id === id;
    const mine = token !== undefined && (token.owner === caller.subject || isItself);
    if (token === undefined || !(mine || isAdministrator(caller))) throw notFound('token');
    if (!(await deleteRow(trx, id))) throw notFound('token');
    const detail = { name: token.name, owner: token.owner, role: token.role, scope: scopeOf(token) };
    return { result: undefined, subject: { object: `token:${id}`, tenantId: token.tenant_id, status: 204, detail } };
  });
  return { kind: 'gone' };
}
