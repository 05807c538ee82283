/**
 * What the edge asks of whoever calls, in one statement each: the credential, whose it is, and every grant that comes of
 * it. Nothing of this is cached, so that a grant that is taken away is gone at the next call.
 */
import type { Role } from '@kubenova/knapi/schemas.ts';
import { type RawBuilder, sql } from 'kysely';
import { PREPARED, type Queryable } from './connect.ts';

/** A grant with the names of its scope. */
export interface GrantRow {
  role: Role;
  tenantId?: string;
  tenant?: string;
  projectId?: string;
  project?: string;
}

/** A token, or one that it was made with. */
export interface TokenLink {
  id: string;
  name: string;
  /** `admin`, `account:<name>`, `user:<sub>`, or the token that it was made with. */
  owner: string;
  expires_at: Date | null;
  last_used_at: Date | null;
  /** The token's own grant and those that were bound to it. */
  held: GrantRow[];
  /** What the person whose token it is holds now; null where no person is. */
  owner_held: GrantRow[] | null;
  /** The owner is an own account that is disabled or gone. */
  owner_gone: boolean;
}

/** How many tokens may each have been made with the one before. */
export const LONGEST_CHAIN = 4;

/** The token first, then the one that it was made with, and so on to the one that a person or the admin made. */
export async function findTokenChain(
  db: Queryable,
  by: { hash: Buffer } | { id: string },
): Promise<readonly TokenLink[]> {
  const named = 'hash' in by ? sql`t.hash = ${by.hash}` : sql`t.id = ${by.id}::uuid`;
  const columns = sql`t.id, t.name, t.owner, t.owner_token_id, t.owner_groups, t.role, t.tenant_id, t.project_id, t.expires_at, t.last_used_at`;
  const bound = sql`select c.role, c.tenant_id, c.project_id
    union all select b.role, b.tenant_id, b.project_id from role_bindings as b where b.token_id = c.id`;
  const name = sql`case when c.owner like 'user:%' then substr(c.owner, 6) else c.owner end`;
  const groups = sql`case when c.owner like 'user:%' then c.owner_groups else a.groups end`;
  const result = await sql<TokenLink>`${PREPARED}with recursive chain as (
      select ${columns}, 1 as place from tokens as t where ${named}
      union all
      select ${columns}, chain.place + 1 from chain join tokens as t on t.id = chain.owner_token_id
      where chain.place < ${LONGEST_CHAIN}::integer
    )
    select c.id, c.name, c.owner, c.expires_at, c.last_used_at, (${grants(bound)}) as held,
      case when c.owner ~ '^(account|user):' then (${grants(ofPerson(name, groups))}) end as owner_held,
      c.owner like 'account:%' and coalesce(a.disabled, true) as owner_gone
    from chain as c left join accounts as a on c.owner like 'account:%' and a.name = substr(c.owner, 9)
    order by c.place`.execute(db);
  return result.rows;
}

export interface PersonRow {
  held: GrantRow[];
  /** Of an own account; null where there is none of the name. */
  account: { disabled: boolean; groups: string[]; sessionsFrom: number } | null;
  /** Tokens of this person remember other groups. */
  groups_changed: boolean;
}

export interface Person {
  /** What role bindings call them. */
  name: string;
  /** What tokens and the audit call them. */
  subject: string;
  groups: readonly string[];
  /** Of an own account. */
  account?: string;
}

export async function findPerson(db: Queryable, person: Person): Promise<PersonRow> {
  const own = person.account !== undefined;
  const groups = sql`${[...person.groups]}::text[]`;
  const result =
    await sql<PersonRow>`${PREPARED}select (${grants(ofPerson(sql`${person.name}`, own ? sql`a.groups` : groups))}) as held,
      case when a.id is not null then jsonb_build_object('disabled', a.disabled, 'groups', a.groups,
        'sessionsFrom', extract(epoch from a.sessions_from)) end as account,
      ${own ? sql`false` : sql`exists (select 1 from tokens where owner = ${person.subject} and owner_groups <> ${groups})`} as groups_changed
    from (select 1) as one left join accounts as a on a.name = ${person.account ?? null}::text`.execute(db);
  const row = result.rows[0];
  if (row === undefined) throw new Error('a select from one row gave none');
  return row;
}

/** The tokens of a person whom only an outside provider knows go by the groups that it told last. */
export async function rememberGroups(db: Queryable, owner: string, groups: readonly string[]): Promise<void> {
  await db
    .updateTable('tokens')
    .set({ owner_groups: [...groups] })
    .where('owner', '=', owner)
    .execute();
}

function ofPerson(name: RawBuilder<unknown>, groups: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select b.role, b.tenant_id, b.project_id from role_bindings as b
    where b.subject_kind = 'User' and b.subject_name = ${name}
    union select b.role, b.tenant_id, b.project_id from role_bindings as b
    where b.subject_kind = 'Group' and b.subject_name = any(${groups})`;
}

/** Rows of role, tenant_id and project_id as one JSON array of `GrantRow`. */
function grants(rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('role', g.role, 'tenantId', g.tenant_id,
      'tenant', gt.name, 'projectId', g.project_id, 'project', gp.name)) order by gt.name nulls first, gp.name nulls first, g.role), '[]')
    from (${rows}) as g left join tenants as gt on gt.id = g.tenant_id left join projects as gp on gp.id = g.project_id`;
}
