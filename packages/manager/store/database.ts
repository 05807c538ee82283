/**
 * The tables of `migrations/`, as Kysely sees them. One interface a table, columns named as in the database.
 */

import type { StoredAppStatus } from '@kubenova/domain/app-status.ts';
import type { ClusterFacts } from '@kubenova/domain/cluster-capabilities.ts';
import type {
  AppSpec,
  Condition,
  Labels,
  ObjectStatus,
  Owner,
  PlacementSpec,
  PlanSpec,
  PolicySpec,
  ResourceAmounts,
  Role,
  SandboxRules,
  Subject,
} from '@kubenova/knapi/schemas.ts';
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
  auth: Generated<'oidc' | 'serviceAccount'>;
  cordoned: Generated<boolean>;
  kubernetes_version: string | null;
  /** UID of the namespace kube-system; null until the cluster has answered. */
  cluster_uid: ColumnType<string | null, string | null | undefined, string | null>;
  capabilities: ColumnType<ClusterFacts | null, string | null | undefined, string | null>;
  capabilities_at: NullableTimestamp;
  usage_at: NullableTimestamp;
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
  plan_id: ColumnType<string | null, string | null | undefined, string | null>;
  settings: JSONColumnType<PlacementSpec, string | undefined, string>;
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
  sandboxes: JSONColumnType<SandboxRules, string | undefined, string>;
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
  expires_at: NullableTimestamp;
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
  owner_token_id: ColumnType<string | null, string | null | undefined, string | null>;
  owner_groups: ColumnType<string[], string[] | undefined, string[]>;
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
  detail: JSONColumnType<Record<string, unknown>, string | undefined, never>;
}

export interface SigningKeysTable {
  kid: string;
  algorithm: string;
  public_jwk: JSONColumnType<Record<string, unknown>>;
  sealed_private_jwk: Buffer;
  created_at: Timestamp;
  retired_at: NullableTimestamp;
  signs_from: Timestamp;
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

export interface PlansTable {
  id: Generated<string>;
  name: string;
  display_name: Generated<string>;
  description: Generated<string>;
  spec: JSONColumnType<PlanSpec>;
  generation: Counter;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface PolicySetsTable {
  id: Generated<string>;
  placement_id: string;
  name: string;
  description: Generated<string>;
  policies: JSONColumnType<PolicySpec[]>;
  generation: Counter;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface AccountsTable {
  id: Generated<string>;
  name: string;
  display_name: Generated<string>;
  email: string | null;
  groups: ColumnType<string[], string[] | undefined, string[]>;
  password_hash: string;
  disabled: Generated<boolean>;
  sessions_from: Timestamp;
  failed_attempts: Generated<number>;
  failed_at: NullableTimestamp;
  last_sign_in_at: NullableTimestamp;
  generation: Counter;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface RoleBindingsTable {
  id: Generated<string>;
  subject_kind: Subject['kind'];
  subject_name: string;
  token_id: ColumnType<string | null, string | null | undefined, string | null>;
  role: Role;
  tenant_id: string | null;
  project_id: string | null;
  created_by: string;
  created_at: Timestamp;
}

export interface SignInPayloadsTable {
  model: string;
  id: string;
  payload: JSONColumnType<Record<string, unknown>>;
  grant_id: string | null;
  user_code: string | null;
  uid: string | null;
  account_id: string | null;
  consumed_at: NullableTimestamp;
  expires_at: NullableTimestamp;
}

export interface UsageSamplesTable {
  cluster_id: string;
  tenant_id: string;
  project_id: string;
  at: Timestamp;
  seconds: number;
  requested: JSONColumnType<ResourceAmounts>;
  used: JSONColumnType<ResourceAmounts> | null;
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
  plans: PlansTable;
  policy_sets: PolicySetsTable;
  accounts: AccountsTable;
  role_bindings: RoleBindingsTable;
  sign_in_payloads: SignInPayloadsTable;
  usage_samples: UsageSamplesTable;
}

export type { Condition };
