/**
 * Role bindings: who holds which role where.
 *
 * The tenantOwner bindings of users and groups on a tenant and `tenants.owners` say the same; whoever changes one changes
 * the other in the same transaction.
 */
import type { Owner, Role, Subject } from '@kubenova/knapi/schemas.ts';
import { sql } from 'kysely';
import type { Queryable } from './connect.ts';

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
