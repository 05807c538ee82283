/** What the reconciler of sandboxes reads and writes. */
import type { NamedRef } from '@kubenova/domain/identity.ts';
import type { Tenancy } from '@kubenova/domain/tenancy.ts';
import type { ObjectStatus, SandboxRules } from '@kubenova/knapi/schemas.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { EnteredCluster } from './clusters.ts';
import { CHANGES_CHANNEL } from './notify.ts';
import { tenancyOf } from './tenancy.ts';

export interface SandboxRecord {
  id: string;
  number: number;
  namespace: string;
  generation: number;
  deletingAt: Date | null;
  createdAt: Date;
  expiresAt: Date | null;
  /** Until it expires, by the database's clock, which is the same for every Manager; null where it has no end. */
  remainingMs: number | null;
  status: ObjectStatus;
  /** What its project asks for; the plan's rules stand in `tenancy`. */
  rules: SandboxRules;
  cluster: EnteredCluster;
  tenant: NamedRef;
  project: NamedRef;
  tenancy: Tenancy;
}

export async function loadSandbox(db: Kysely<Database>, id: string): Promise<SandboxRecord | undefined> {
  const { rows } = await sql<SandboxRecord>`
    SELECT s.id, s.number, s.namespace, s.generation, s.deleting_at AS "deletingAt", s.status,
      s.created_at AS "createdAt", s.expires_at AS "expiresAt", p.sandboxes AS rules,
      (extract(epoch FROM s.expires_at - now()) * 1000)::float8 AS "remainingMs",
      jsonb_build_object('id', c.id, 'name', c.name, 'auth', c.auth, 'credentialVersion', md5(c.sealed_kubeconfig)) AS cluster,
      jsonb_build_object('id', t.id, 'name', t.name) AS tenant,
      jsonb_build_object('id', p.id, 'name', p.name) AS project, ${tenancyOf('pl')} AS tenancy
    FROM sandboxes s JOIN clusters c ON c.id = s.cluster_id JOIN tenants t ON t.id = s.tenant_id
      JOIN projects p ON p.id = s.project_id JOIN placements pl ON pl.id = s.placement_id
      LEFT JOIN plans ON plans.id = t.plan_id
    WHERE s.id = ${id}::uuid`.execute(db);
  return rows[0];
}

export async function saveSandboxStatus(
  db: Kysely<Database>,
  sandbox: SandboxRecord,
  status: ObjectStatus,
): Promise<void> {
  await sql`
    WITH saved AS (
      UPDATE sandboxes SET status = ${JSON.stringify(status)}::jsonb
      WHERE id = ${sandbox.id}::uuid AND generation = ${sandbox.generation} RETURNING 1
    )
    SELECT pg_notify(${CHANGES_CHANNEL}, ${`sandbox:${sandbox.id}`}) FROM saved`.execute(db);
}

/** The cluster has confirmed that the namespace is gone; only now may another sandbox have its number. */
export async function removeSandbox(db: Kysely<Database>, id: string): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM sandboxes WHERE id = ${id}::uuid AND deleting_at IS NOT NULL RETURNING id),
      freed AS (DELETE FROM namespaces WHERE holder_id IN (SELECT id FROM gone))
    SELECT pg_notify(${CHANGES_CHANNEL}, 'sandbox:' || id) FROM gone`.execute(db);
}

/** Who deletes what has come to its end, in the audit. */
export const EXPIRY_ACTOR = 'kubenova:expiry';

/**
 * Deletes a sandbox whose end has come, as `deleteSandbox` does, with an audit entry. It happens once, however many
 * Managers try, and not at all when somebody has given it more time meanwhile.
 */
export async function expireSandbox(db: Kysely<Database>, id: string): Promise<void> {
  await sql`
    WITH expired AS (
      UPDATE sandboxes SET deleting_at = now(), generation = generation + 1, updated_at = now(),
        status = status || '{"phase":"Deleting"}'
      WHERE id = ${id}::uuid AND deleting_at IS NULL AND expires_at <= now()
      RETURNING id, tenant_id, expires_at
    ), recorded AS (
      INSERT INTO audit (actor, operation, outcome, status, source_ip, object, tenant_id, detail)
      SELECT ${EXPIRY_ACTOR}, 'deleteSandbox', 'allowed', 202, '', 'sandbox:' || id, tenant_id,
        jsonb_build_object('expiresAt', expires_at)
      FROM expired
    )
    SELECT pg_notify(${CHANGES_CHANNEL}, 'sandbox:' || id) FROM expired`.execute(db);
}
