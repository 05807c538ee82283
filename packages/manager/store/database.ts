/**
 * The tables of `migrations/`, as Kysely sees them. One interface a table, columns named as in the database.
 */

import type { StoredAppStatus } from '@kubenova/domain/app-status.ts';
import type { AppSpec, Condition, Labels, ObjectStatus, Owner, PlacementSpec, Role } from '@kubenova/knapi/schemas.ts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** bigint columns come back as strings from `pg`; the driver is set up to parse them as numbers (they stay far below 2^53). */
type Counter = ColumnType<number, number | undefined, number>;
type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

export interface ClustersTable {
  id: Generated<string>;
  name: string;
  zone: string;
  labels: JSONColumnType<Labels>;
  server: string;
  sealed_kubeconfig: Buffer;
  capsule_proxy_url: string;
  capsule_proxy_ca: string | null;
  connection: Generated<'direct'>;
  cordoned: Generated<boolean>;
  kubernetes_version: string | null;
  /** UID of the namespace kube-system; null until the cluster has answered. */
  cluster_uid: ColumnType<string | null, string | null | undefined, string | null>;
  generation: Counter;
  status: JSONColumnType<ObjectStatus, string | undefined, string>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface TenantsTable {
  id: Generated<string>;
  name: string;
  display_name: Generated<string>;
  owners: JSONColumnType<Owner[]>;
  labels: JSONColumnType<Labels>;
  annotations: JSONColumnType<Record<string, string>>;
  generation: Counter;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface PlacementsTable {
  id: Generated<string>;
  cluster_id: string;
  tenant_id: string;
  spec: JSONColumnType<PlacementSpec>;
  generation: Counter;
  deleting_at: NullableTimestamp;
  status: JSONColumnType<ObjectStatus, string | undefined, string>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface ProjectsTable {
  id: Generated<string>;
  tenant_id: string;
  name: string;
  display_name: Generated<string>;
  labels: JSONColumnType<Labels>;
  generation: Counter;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface NamespacesTable {
  cluster_id: string;
  name: string;
  holder_kind: 'app' | 'sandbox';
  holder_id: string;
}

export interface AppsTable {
  id: Generated<string>;
  placement_id: string;
  cluster_id: string;
  tenant_id: string;
  project_id: string;
  name: string;
  namespace: string;
  spec: JSONColumnType<AppSpec>;
  source_kind: AppSpec['source']['kind'];
  revision: Generated<number>;
  generation: Counter;
  deleting_at: NullableTimestamp;
  phase: Generated<StoredAppStatus['phase']>;
  status: JSONColumnType<StoredAppStatus, string | undefined, string>;
  status_at: Timestamp;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface AppRevisionsTable {
  app_id: string;
  revision: number;
  spec: JSONColumnType<AppSpec>;
  author: string;
  cause: 'create' | 'update' | 'rollback';
  rollback_of: number | null;
  created_at: Timestamp;
}

export interface SandboxesTable {
  id: Generated<string>;
  placement_id: string;
  cluster_id: string;
  tenant_id: string;
  project_id: string;
  number: number;
  display_name: Generated<string>;
  namespace: string;
  generation: Counter;
  deleting_at: NullableTimestamp;
  status: JSONColumnType<ObjectStatus, string | undefined, string>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface TokensTable {
  id: Generated<string>;
  hash: Buffer;
  name: string;
  owner: string;
  role: Role;
  tenant_id: string | null;
  project_id: string | null;
  created_at: Timestamp;
  expires_at: NullableTimestamp;
  last_used_at: NullableTimestamp;
}

export interface AuditTable {
  id: Generated<string>;
  at: Timestamp;
  actor: string;
  operation: string;
  outcome: 'allowed' | 'denied' | 'failed';
  status: number;
  source_ip: string;
  object: string;
  tenant_id: string | null;
}

export interface SigningKeysTable {
  kid: string;
  algorithm: string;
  public_jwk: JSONColumnType<Record<string, unknown>>;
  sealed_private_jwk: Buffer;
  created_at: Timestamp;
  retired_at: NullableTimestamp;
}

export interface IdempotencyKeysTable {
  actor: string;
  key: string;
  operation: string;
  request_hash: Buffer;
  status: number | null;
  object_id: string | null;
  created_at: Timestamp;
}

export interface ReconcileFailuresTable {
  key: string;
  attempts: number;
  last_error: string;
  next_run_at: Timestamp;
}

export interface Database {
  clusters: ClustersTable;
  tenants: TenantsTable;
  placements: PlacementsTable;
  projects: ProjectsTable;
  namespaces: NamespacesTable;
  apps: AppsTable;
  app_revisions: AppRevisionsTable;
  sandboxes: SandboxesTable;
  tokens: TokensTable;
  audit: AuditTable;
  signing_keys: SigningKeysTable;
  idempotency_keys: IdempotencyKeysTable;
  reconcile_failures: ReconcileFailuresTable;
}

export type { Condition };
