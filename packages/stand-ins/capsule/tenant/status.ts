/** The status of a Tenant. Pure. */
import type { CapsuleSubject, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { Condition } from '@kubenova/kube/kinds/meta.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { label } from '../vocabulary.ts';
import { type ManagedMetadata, managedMetadata } from './namespace-metadata.ts';
import { DELETER_ROLE } from './replicas.ts';

/** A namespace in `status.spaces`. */
export interface Space {
  name: string;
  uid?: string;
  conditions?: Condition[];
  /** What Capsule has put on it, so that it can be taken away again. */
  metadata?: Partial<ManagedMetadata>;
}

export interface Outcome {
  readonly namespace: KubeObject;
  /** Why it is not as it should be. */
  readonly problem?: string;
}

export const spacesOf = ({ status }: Tenant): Space[] => (status?.spaces as Space[] | undefined) ?? [];

export function statusOf(
  tenant: Tenant,
  outcomes: readonly Outcome[],
  administrators: readonly CapsuleSubject[],
  now: string,
): NonNullable<Tenant['status']> {
  const { metadata, spec = {} } = tenant;
  const cordoned = spec.cordoned ?? false;
  const state = metadata.deletionTimestamp ? 'Terminating' : cordoned ? 'Cordoned' : 'Active';
  const before = new Map(spacesOf(tenant).map((space) => [space.name, space]));
  const problems = outcomes.flatMap(({ namespace, problem }) =>
    problem === undefined ? [] : [`namespace "${namespace.metadata.name}": ${problem}`],
  );
  const owners = administrators.map(({ kind, name }) => ({ kind, name, clusterRoles: [DELETER_ROLE] }));
  return {
    ...tenant.status,
    state: state as 'Active',
    size: outcomes.length,
    namespaces: outcomes.map(({ namespace }) => namespace.metadata.name).sort(),
    spaces: outcomes.map((outcome) => spaceOf(outcome, tenant, before.get(outcome.namespace.metadata.name), now)),
    owners: owners.sort((a, b) => (`${a.kind}:${a.name}` < `${b.kind}:${b.name}` ? -1 : 1)),
    conditions: conditions(
      tenant.status?.conditions,
      problems.length === 0 ? undefined : `namespace(s) had reconciliation errors: ${problems.join('\n')}`,
      cordoned && 'Tenant is cordoned',
      now,
    ),
    observedGeneration: metadata.generation,
  };
}

function spaceOf({ namespace, problem }: Outcome, tenant: Tenant, before: Space | undefined, now: string): Space {
  const { name, uid, labels, deletionTimestamp } = namespace.metadata;
  const cordoned = labels?.[label.cordoned] === 'true' && 'namespace is cordoned';
  const told = problem === undefined ? undefined : `Failed to reconcile: ${problem}`;
  const found = conditions(before?.conditions, told, cordoned, now);
  const terminating = { status: 'False', reason: 'Terminating', message: 'Namespace is terminating' } as const;
  return {
    name,
    uid,
    conditions: deletionTimestamp
      ? found.map((one) => (one.type === 'Ready' ? { ...one, ...terminating } : one))
      : found,
    metadata: problem === undefined ? withoutEmpty(managedMetadata(tenant)) : (before?.metadata ?? {}),
  };
}

function withoutEmpty(managed: ManagedMetadata): Partial<ManagedMetadata> {
  return Object.fromEntries(Object.entries(managed).filter(([, map]) => Object.keys(map).length > 0));
}

/** `Ready` and `Cordoned`; the time is that of the last turn. */
function conditions(
  before: Condition[] | undefined,
  problem: string | undefined,
  cordoned: string | false,
  now: string,
) {
  const ready =
    problem === undefined
      ? { status: 'True', reason: 'Succeeded', message: 'reconciled' }
      : { status: 'False', reason: 'Failed', message: problem };
  const held = cordoned
    ? { status: 'True', reason: 'Cordoned', message: cordoned }
    : { status: 'False', reason: 'Active', message: 'not cordoned' };
  return Object.entries({ Ready: ready, Cordoned: held }).map(([type, condition]): Condition => {
    const known = before?.find((one) => one.type === type);
    const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : now;
    return { ...condition, type, lastTransitionTime } as Condition;
  });
}
