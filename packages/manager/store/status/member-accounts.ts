/** What the ServiceAccounts of a tenant's people are made of. */
import type { NamedRef } from '@kubenova/domain/identity.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** The tenant's projects, by name. */
export async function projectsOfTenant(db: Kysely<Database>, tenantId: string): Promise<NamedRef[]> {
  const { rows } = await sql<NamedRef>`
    SELECT id, name FROM projects WHERE tenant_id = ${tenantId}::uuid ORDER BY name`.execute(db);
  return rows;
}
