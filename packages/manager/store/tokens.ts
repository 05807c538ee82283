/** API tokens, known by the hash of their secret. */

import type { Role } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import type { TokenRow } from './rows.ts';

/** A token with the names of its scope. */
export type ScopedTokenRow = TokenRow & { tenant: string | null; project: string | null };

const columns = [
  'tokens.id',
  'tokens.name',
  'tokens.owner',
  'tokens.role',
  'tokens.tenant_id',
  'tokens.project_id',
  'tokens.created_at',
  'tokens.expires_at',
  'tokens.last_used_at',
] as const;

function withScope(db: Queryable) {
  return db
    .selectFrom('tokens')
    .leftJoin('tenants', 'tenants.id', 'tokens.tenant_id')
    .leftJoin('projects', 'projects.id', 'tokens.project_id')
    .select(columns)
    .select(['tenants.name as tenant', 'projects.name as project']);
}

export function findToken(db: Queryable, id: string): Promise<ScopedTokenRow | undefined> {
  return withScope(db).where('tokens.id', '=', id).executeTakeFirst();
}

export interface NewToken {
  id: string;
  hash: Buffer;
  name: string;
  owner: string;
  role: Role;
  tenantId: string | null;
  projectId: string | null;
  expiresAt: Date;
  /** The token that it is made with, with which it goes. */
  ownerTokenId: string | null;
  /** Of the person who makes it. */
  ownerGroups: readonly string[];
}

export async function insertToken(db: Queryable, token: NewToken): Promise<void> {
  await db
    .insertInto('tokens')
    .values({
      id: token.id,
      hash: token.hash,
      name: token.name,
      owner: token.owner,
      role: token.role,
      tenant_id: token.tenantId,
      project_id: token.projectId,
      expires_at: token.expiresAt,
      owner_token_id: token.ownerTokenId,
      owner_groups: [...token.ownerGroups],
    })
    .execute();
}

/** Tokens of an owner, or all. */
export async function listTokens(
  db: Queryable,
  filter: { owner?: string },
  page: PageRequest,
): Promise<Page<ScopedTokenRow>> {
  let query = withScope(db)
    .select(microseconds('tokens.created_at').as('cursor_at'))
    .where(afterCursor(page.cursor, { at: 'tokens.created_at', id: 'tokens.id' }))
    .orderBy('tokens.created_at')
    .orderBy('tokens.id')
    .limit(page.limit + 1);
  if (filter.owner !== undefined) query = query.where('tokens.owner', '=', filter.owner);
  return toPage(await query.execute(), page.limit, ({ cursor_at: _, ...row }) => row);
}

export async function deleteToken(db: Queryable, id: string): Promise<boolean> {
  const result = await db.deleteFrom('tokens').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Deletes every token of an owner, and those that were made with them. */
export async function deleteTokensOf(db: Queryable, owner: string): Promise<void> {
  await db.deleteFrom('tokens').where('owner', '=', owner).execute();
}

/** Notes the use of a token, at most once a minute, so that a busy token does not turn every read into a write. */
export async function touchToken(db: Queryable, id: string): Promise<void> {
  await db
    .updateTable('tokens')
    .set({ last_used_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where(sql<boolean>`(last_used_at is null or last_used_at < now() - interval '1 minute')`)
    .execute();
}
