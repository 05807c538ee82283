/**
 * Role bindings: who holds which role where.
 *
 * The tenantOwner bindings of users and groups on a tenant and `tenants.owners` say the same; whoever changes one changes
 * the other in the same transaction.
 */
import type { Member, Owner, Role, Subject } from '@kubenova/knapi/schemas.ts';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Queryable } from './connect.ts';
import type { RoleBindingsTable } from './database.ts';
import { afterCursor, microseconds, type Page, type PageRequest, toPage } from './pages.ts';
import { inReach, type Reach } from './scope.ts';

/**
 * Makes the tenantOwner bindings of a tenant's users and groups those that `owners` names; the caller writes
 * `tenants.owners`. Bindings of tokens stay: a token cannot be named as an owner.
 *
 * @param by the audit's name of whoever changes them
 */
export async function replaceTenantOwners(
  trx: Queryable,
  tenantId: string,
  owners: readonly Owner[],
  by: string,
): Promise<void> {
  const [kinds, names] = [owners.map((owner) => owner.kind), owners.map((owner) => owner.name)];
  await sql`delete from role_bindings
    where tenant_id = ${tenantId}::uuid and role = 'tenantOwner' and subject_kind <> 'Token'
      and (subject_kind, subject_name) not in (select * from unnest(${kinds}::text[], ${names}::text[]))`.execute(trx);
  if (owners.length === 0) return;
  await sql`insert into role_bindings (subject_kind, subject_name, role, tenant_id, created_by)
    select kind, name, 'tenantOwner', ${tenantId}::uuid, ${by}
    from unnest(${kinds}::text[], ${names}::text[]) as owner (kind, name)
    on conflict do nothing`.execute(trx);
}

export interface NewRoleBinding {
  id: string;
  subject: Subject;
  role: Role;
  tenantId: string | null;
  projectId: string | null;
  createdBy: string;
}

/** @throws what `violatedUnique` knows when the subject holds the role there already */
export async function insertRoleBinding(db: Queryable, binding: NewRoleBinding): Promise<void> {
  await db
    .insertInto('role_bindings')
    .values({
      id: binding.id,
      subject_kind: binding.subject.kind,
      subject_name: binding.subject.name,
      token_id: binding.subject.kind === 'Token' ? binding.subject.name : null,
      role: binding.role,
      tenant_id: binding.tenantId,
      project_id: binding.projectId,
      created_by: binding.createdBy,
    })
    .execute();
}

/** A role binding with the names of its scope. */
export type RoleBindingRow = Omit<Selectable<RoleBindingsTable>, 'token_id'> & {
  tenant: string | null;
  project: string | null;
};

function withScope(db: Queryable) {
  return db
    .selectFrom('role_bindings')
    .leftJoin('tenants', 'tenants.id', 'role_bindings.tenant_id')
    .leftJoin('projects', 'projects.id', 'role_bindings.project_id')
    .select([
      'role_bindings.id',
      'subject_kind',
      'subject_name',
      'role',
      'role_bindings.tenant_id',
      'role_bindings.project_id',
      'created_by',
      'role_bindings.created_at',
      'tenants.name as tenant',
      'projects.name as project',
    ]);
}

export function findRoleBinding(db: Queryable, id: string): Promise<RoleBindingRow | undefined> {
  return withScope(db).where('role_bindings.id', '=', id).executeTakeFirst();
}

export interface RoleBindingFilter {
  /** Bindings on tenants that are reached whole, with their projects; global ones are for global callers. */
  reach: Reach;
  tenantId?: string;
  subjectName?: string;
}

export async function listRoleBindings(
  db: Queryable,
  filter: RoleBindingFilter,
  page: PageRequest,
): Promise<Page<RoleBindingRow>> {
  let query = withScope(db)
    .select(microseconds('role_bindings.created_at').as('cursor_at'))
    .where(inReach(filter.reach, { tenant: 'role_bindings.tenant_id', project: 'role_bindings.project_id' }))
    .where(afterCursor(page.cursor, { at: 'role_bindings.created_at', id: 'role_bindings.id' }))
    .orderBy('role_bindings.created_at')
    .orderBy('role_bindings.id')
    .limit(page.limit + 1);
  if (filter.tenantId !== undefined) query = query.where('role_bindings.tenant_id', '=', filter.tenantId);
  if (filter.subjectName !== undefined) query = query.where('subject_name', '=', filter.subjectName);
  return toPage(await query.execute(), page.limit, ({ cursor_at: _, ...row }) => row);
}

export async function deleteRoleBinding(db: Queryable, id: string): Promise<boolean> {
  const result = await db.deleteFrom('role_bindings').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** How many bindings a subject has in a tenant. Every call of the subject reads them all. */
export async function countRoleBindings(db: Queryable, subject: Subject, tenantId: string | null): Promise<number> {
  const row = await db
    .selectFrom('role_bindings')
    .select(sql<number>`count(*)`.as('count'))
    .where('subject_kind', '=', subject.kind)
    .where('subject_name', '=', subject.name)
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** One of the subjects that has more than so many bindings in a tenant. */
export async function findCrowdedSubject(
  db: Queryable,
  tenantId: string,
  subjects: readonly Subject[],
  most: number,
): Promise<string | undefined> {
  const result = await sql<{ name: string }>`select subject_name as name from role_bindings
    where tenant_id = ${tenantId}::uuid and (subject_kind, subject_name) in
      (select * from unnest(${subjects.map((one) => one.kind)}::text[], ${subjects.map((one) => one.name)}::text[]))
    group by subject_kind, subject_name having count(*) > ${most}::integer limit 1`.execute(db);
  return result.rows[0]?.name;
}

/** Takes every binding of a user or group away, and answers the tenants that it owned. */
export async function deleteBindingsOf(trx: Queryable, subject: Owner): Promise<string[]> {
  const rows = await trx
    .deleteFrom('role_bindings')
    .where('subject_kind', '=', subject.kind)
    .where('subject_name', '=', subject.name)
    .returning(['role', 'tenant_id'])
    .execute();
  const owned = rows.flatMap(({ role, tenant_id }) =>
    role === 'tenantOwner' && tenant_id !== null ? [tenant_id] : [],
  );
  for (const tenantId of owned) await removeTenantOwner(trx, tenantId, subject);
  return owned;
}

/** Puts an owner into `tenants.owners`, at the end. The tenant has been locked, and does not name it. */
export async function addTenantOwner(trx: Queryable, tenantId: string, owner: Owner): Promise<void> {
  await changeOwners(trx, tenantId, sql`owners || ${JSON.stringify([owner])}::jsonb`);
}

/** Takes an owner out of `tenants.owners`. */
export async function removeTenantOwner(trx: Queryable, tenantId: string, owner: Owner): Promise<void> {
  const rest = sql`(select coalesce(jsonb_agg(o order by place), '[]') from jsonb_array_elements(owners) with ordinality as e (o, place)
    where (o ->> 'kind', o ->> 'name') <> (${owner.kind}, ${owner.name}))`;
  await changeOwners(trx, tenantId, rest);
}

async function changeOwners(trx: Queryable, tenantId: string, owners: RawBuilder<unknown>): Promise<void> {
  await sql`update tenants set owners = ${owners}, generation = generation + 1, updated_at = now()
    where id = ${tenantId}::uuid`.execute(trx);
}

export interface ProjectPlace {
  tenantId: string;
  projectId: string;
}

/** Who holds a role in a project: its own members first, then the tenant's, then those of the whole installation. */
export function listProjectMembers(db: Queryable, place: ProjectPlace, limit: number): Promise<RoleBindingRow[]> {
  return withScope(db)
    .where((where) =>
      where.or([
        where('role_bindings.project_id', '=', place.projectId),
        where.and([
          where('role_bindings.tenant_id', '=', place.tenantId),
          where('role_bindings.project_id', 'is', null),
        ]),
        where('role_bindings.tenant_id', 'is', null),
      ]),
    )
    .orderBy(sql`role_bindings.project_id is null, role_bindings.tenant_id is null`)
    .orderBy('subject_kind')
    .orderBy('subject_name')
    .orderBy('role')
    .limit(limit)
    .execute();
}

/** What became of a project's own members, for the audit. */
export interface MembersChange {
  added: Member[];
  removed: Member[];
}

/** Makes a project's own members these and no others. The project has been locked. */
export async function replaceProjectMembers(
  trx: Queryable,
  place: ProjectPlace,
  members: readonly Member[],
  by: string,
): Promise<MembersChange> {
  const wanted = sql`(select * from unnest(${members.map((member) => member.subject.kind)}::text[],
    ${members.map((member) => member.subject.name)}::text[], ${members.map((member) => member.role)}::text[]))`;
  const removed = await sql<Changed>`delete from role_bindings
    where project_id = ${place.projectId}::uuid and (subject_kind, subject_name, role) not in ${wanted}
    returning subject_kind, subject_name, role`.execute(trx);
  const added =
    await sql<Changed>`insert into role_bindings (subject_kind, subject_name, token_id, role, tenant_id, project_id, created_by)
    select kind, name, case when kind = 'Token' then name::uuid end, role, ${place.tenantId}::uuid, ${place.projectId}::uuid, ${by}
    from ${wanted} as wanted (kind, name, role)
    on conflict do nothing returning subject_kind, subject_name, role`.execute(trx);
  const memberOf = ({ subject_kind: kind, subject_name: name, role }: Changed): Member => ({
    subject: { kind, name },
    role,
  });
  return { added: added.rows.map(memberOf), removed: removed.rows.map(memberOf) };
}

interface Changed {
  subject_kind: Subject['kind'];
  subject_name: string;
  role: Member['role'];
}
