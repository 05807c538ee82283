/**
 * Finds, in one statement, everything that a path names: each object only within its parent, so that the id of a foreign
 * object in a path finds nothing.
 */
import { type RawBuilder, sql } from 'kysely';
import { PREPARED, type Queryable } from './connect.ts';
import type { AppRow, ClusterRow, PlacementRow, PlanRow, ProjectRow, SandboxRow, TenantRow } from './rows.ts';
import { revive } from './rows.ts';
import { byReference, clusterInReach, type Reach, type Reference } from './scope.ts';

/** What the path names. `appId` stands alone; the others build on each other. */
export interface References {
  cluster?: Reference;
  tenant?: Reference;
  project?: Reference;
  app?: Reference;
  /** A sandbox is named by its number within the project on the cluster. */
  sandbox?: Reference | { kind: 'number'; number: number };
  appId?: string;
}

export interface Located {
  cluster?: ClusterRow;
  /** Whether the caller's grants reach the cluster at all. */
  clusterInReach: boolean;
  tenant?: TenantRow;
  /** The tenant's plan, where it has one. */
  plan?: PlanRow;
  project?: ProjectRow;
  /** The tenant's placement on the cluster, where the path names both. */
  placement?: PlacementRow;
  app?: AppRow;
  sandbox?: SandboxRow;
}

interface LocatedJson {
  cluster: unknown;
  cluster_in_reach: boolean | null;
  tenant: unknown;
  plan: unknown;
  project: unknown;
  placement: unknown;
  app: unknown;
  sandbox: unknown;
}

const nothing = sql<boolean>`false`;

export async function locate(db: Queryable, references: References, reach: Reach): Promise<Located> {
  const joins = references.appId === undefined ? joinsByPath(references) : joinsByAppId(references.appId);
  const result = await sql<LocatedJson>`${PREPARED}
    select to_jsonb(c) - '{sealed_kubeconfig,capabilities}'::text[] as cluster, ${clusterInReach(reach, 'c.id')} as cluster_in_reach,
      to_jsonb(t) as tenant, to_jsonb(pn) as plan, to_jsonb(p) as project, to_jsonb(pl) as placement, to_jsonb(a) as app, to_jsonb(s) as sandbox
    from (select 1) as one ${joins}`.execute(db);
  const row = result.rows[0];
  return {
    cluster: revive<ClusterRow>(row?.cluster),
    clusterInReach: row?.cluster_in_reach ?? false,
    tenant: revive<TenantRow>(row?.tenant),
    plan: revive<PlanRow>(row?.plan),
    project: revive<ProjectRow>(row?.project),
    placement: revive<PlacementRow>(row?.placement),
    app: revive<AppRow>(row?.app),
    sandbox: revive<SandboxRow>(row?.sandbox),
  };
}

function joinsByPath(references: References): RawBuilder<unknown> {
  const named = (reference: Reference | undefined, alias: string) =>
    reference === undefined ? nothing : byReference(reference, { id: `${alias}.id`, name: `${alias}.name` });
  return sql`
    left join clusters as c on ${named(references.cluster, 'c')}
    left join tenants as t on ${named(references.tenant, 't')}
    left join plans as pn on pn.id = t.plan_id
    left join projects as p on p.tenant_id = t.id and ${named(references.project, 'p')}
    left join placements as pl on pl.cluster_id = c.id and pl.tenant_id = t.id
    left join apps as a on a.cluster_id = c.id and a.project_id = p.id and ${named(references.app, 'a')}
    left join sandboxes as s on s.cluster_id = c.id and s.project_id = p.id and ${namedSandbox(references.sandbox)}`;
}

function namedSandbox(reference: References['sandbox']): RawBuilder<boolean> {
  if (reference?.kind === 'id') return sql<boolean>`s.id = ${reference.id}::uuid`;
  if (reference?.kind === 'number') return sql<boolean>`s.number = ${reference.number}::integer`;
  return nothing;
}

function joinsByAppId(appId: string): RawBuilder<unknown> {
  return sql`
    left join apps as a on a.id = ${appId}::uuid
    left join clusters as c on c.id = a.cluster_id
    left join tenants as t on t.id = a.tenant_id
    left join plans as pn on pn.id = t.plan_id
    left join projects as p on p.id = a.project_id
    left join placements as pl on pl.id = a.placement_id
    left join sandboxes as s on false`;
}
