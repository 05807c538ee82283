/** What Capsule keeps in each namespace of a tenant, by the tenant's spec. Pure. */
import { createHash } from 'node:crypto';
import type { CapsuleSubject, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { LimitRange, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { NetworkPolicy } from '@kubenova/kube/kinds/networking.ts';
import { RoleBinding, type Subject } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { CONTROLLER, label } from '../vocabulary.ts';
import { tenantReference } from './namespace-metadata.ts';
import { type Hard, shareOf, usageOf } from './quota-share.ts';

export interface Replica {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** The kinds of replicas, in the order in which they are kept. */
export const REPLICATED: readonly Resource[] = [NetworkPolicy, LimitRange, ResourceQuota, RoleBinding];

export const DELETER_ROLE = 'capsule-namespace-deleter';

interface AdditionalRoleBinding {
  clusterRoleName: string;
  subjects?: Subject[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** What there is of a tenant's quotas now: `status.used` of the quota of each namespace, by the index of the item. */
export type QuotaUse = (index: number) => ReadonlyMap<string, Hard>;

export function replicasOf(
  tenant: Tenant,
  namespace: string,
  administrators: readonly CapsuleSubject[],
  use: QuotaUse,
): Replica[] {
  const { spec = {} } = tenant;
  const { name } = tenant.metadata;
  const bindings: AdditionalRoleBinding[] = [
    ...((spec.additionalRoleBindings as AdditionalRoleBinding[] | undefined) ?? []),
    // An administrator of Capsule may delete what it may create.
    ...administrators.map((one) => ({ clusterRoleName: DELETER_ROLE, subjects: [subjectOf(one)] })),
  ];
  return [
    ...(spec.networkPolicies?.items ?? []).map((item, index) =>
      replica(NetworkPolicy, `capsule-${name}-${index}`, { [label.networkPolicy]: String(index) }, { spec: item }),
    ),
    ...(spec.limitRanges?.items ?? []).map((item, index) =>
      replica(LimitRange, `capsule-${name}-${index}`, { [label.limitRange]: String(index) }, { spec: item }),
    ),
    ...(spec.resourceQuotas?.items ?? []).map((item, index) => {
      const quota =
        spec.resourceQuotas?.scope === 'Namespace' ? { spec: item } : sharedQuota(item, namespace, use(index));
      return replica(ResourceQuota, `capsule-${name}-${index}`, { [label.resourceQuota]: String(index) }, quota);
    }),
    ...bindings.map((binding) => {
      const { clusterRoleName, subjects = [] } = binding;
      const hash = createHash('sha256')
        .update(JSON.stringify([clusterRoleName, subjects]))
        .digest('hex')
        .slice(0, 16);
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRoleName };
      const labels = { ...binding.labels, [label.roleBinding]: hash };
      return replica(RoleBinding, `capsule:managed:${hash}`, labels, { roleRef, subjects }, binding.annotations);
    }),
  ];

  function replica(
    resource: Resource,
    replicaName: string,
    labels: Record<string, string>,
    content: object,
    annotations?: Record<string, string>,
  ): Replica {
    const { annotations: more, ...rest } = content as { annotations?: Record<string, string> };
    const metadata = {
      name: replicaName,
      namespace,
      labels: {
        ...labels,
        [label.managedBy]: name,
        [label.objectTenant]: name,
        [label.controlledBy]: CONTROLLER,
      },
      ...((annotations ?? more) && { annotations: { ...annotations, ...more } }),
      ownerReferences: [{ ...tenantReference(tenant), controller: true, blockOwnerDeletion: true }],
    };
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    return { resource, object: { apiVersion, kind: resource.kind, metadata, ...rest } };
  }
}

/** Everybody can read off it how much of the tenant's quota is used. */
function sharedQuota(item: { hard?: Hard }, namespace: string, use: ReadonlyMap<string, Hard>) {
  const { hard = {} } = item;
  const all = [...use.values()];
  const told = (prefix: string, of: Hard) =>
    Object.entries(of).map(([name, value]) => [
      `quota.capsule.clastix.io/${prefix}-${name.replaceAll('/', '_')}`,
      value,
    ]);
  return {
    annotations: Object.fromEntries([...told('hard', hard), ...told('used', usageOf(hard, all))]),
    spec: { ...item, hard: shareOf(hard, all, use.get(namespace) ?? {}) },
  };
}

export function subjectOf({ kind, name }: CapsuleSubject): Subject {
  const [, , namespace = '', account = ''] = name.split(':');
  if (kind === 'ServiceAccount') return { kind, name: account, namespace };
  return { kind, name, apiGroup: 'rbac.authorization.k8s.io' };
}
