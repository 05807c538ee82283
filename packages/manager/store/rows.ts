/** Rows as the use-cases see them: a table's row with the names of what it belongs to, without sealed bytes. */
import type { Selectable } from 'kysely';
import type {
  AppRevisionsTable,
  AppsTable,
  ClustersTable,
  PlacementsTable,
  PlansTable,
  PolicySetsTable,
  ProjectsTable,
  SandboxesTable,
  TenantsTable,
  TokensTable,
} from './database.ts';

/** A cluster without its kubeconfig, which only the connection to it may read. */
export type ClusterRow = Omit<
  Selectable<ClustersTable>,
  'sealed_kubeconfig' | 'cluster_uid' | 'capabilities' | 'capabilities_at' | 'usage_at'
>;
export type PlanRow = Selectable<PlansTable>;
export type TenantRow = Selectable<TenantsTable>;
export type ProjectRow = Selectable<ProjectsTable>;
export type PlacementRow = Selectable<PlacementsTable>;
export type PolicySetRow = Selectable<PolicySetsTable>;
export type AppRow = Selectable<AppsTable>;
export type AppRevisionRow = Selectable<AppRevisionsTable>;
export type SandboxRow = Selectable<SandboxesTable>;
export type TokenRow = Omit<Selectable<TokensTable>, 'hash' | 'owner_token_id' | 'owner_groups'>;

/** Names of the objects that a row belongs to. */
export interface BelongsTo {
  cluster: string;
  tenant: string;
  project: string;
}

const TIMES = ['created_at', 'updated_at', 'deleting_at', 'status_at', 'expires_at'] as const;

/** Turns a row that came as `to_jsonb` back into a row: times are dates again. */
export function revive<Row>(json: unknown): Row | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const row: Record<string, unknown> = { ...json };
  for (const name of TIMES) {
    const value = row[name];
    if (typeof value === 'string') row[name] = new Date(value);
  }
  return row as Row;
}
