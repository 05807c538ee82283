/** Brings the CapsuleConfiguration's status about, which capsule-proxy reads, and the rights that its subjects have. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { CapsuleConfiguration } from '@kubenova/kube/kinds/capsule.ts';
import { ClusterRole, ClusterRoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { DELETER_ROLE, subjectOf } from './tenant/replicas.ts';
import { CONTROLLER, label } from './vocabulary.ts';

const PROVISIONER_ROLE = 'capsule-namespace-provisioner';
const RBAC = 'rbac.authorization.k8s.io';
const RBAC_VERSION = `${RBAC}/v1`;
const MANAGER = { fieldManager: 'capsule', force: true } as const;

/** Reads the configuration from the API, writes what differs, and answers whether there is one. */
export async function reconcileConfiguration(client: KubeClient, name: string, now: () => Date): Promise<boolean> {
  const configuration = await client.find(CapsuleConfiguration, { name });
  if (!configuration) return false;
  const { users = [], userGroups = [], administrators = [] } = configuration.spec ?? {};
  const all = [...users, ...userGroups.map((group) => ({ kind: 'Group' as const, name: group }))];
  await keepRights(client, [...all, ...administrators].map(subjectOf));
  const before = configuration.status ?? {};
  const [condition] = (before.conditions as { lastTransitionTime?: string }[] | undefined) ?? [];
  const { generation: observedGeneration } = configuration.metadata;
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Succeeded',
    message: 'reconciled',
    observedGeneration,
    lastTransitionTime: condition?.lastTransitionTime ?? `${now().toISOString().slice(0, 19)}Z`,
  };
  const status = { ...before, users: all, observedGeneration, conditions: [ready] };
  if (isDeepStrictEqual(status, before)) return true;
  await client.patch(CapsuleConfiguration, { name }, { status }, { type: 'merge', subresource: 'status' });
  return true;
}

/** Users may try to make namespaces, which the webhooks then judge. */
async function keepRights(client: KubeClient, subjects: NonNullable<ClusterRoleBinding['subjects']>): Promise<void> {
  const labels = { [label.createdBy]: CONTROLLER };
  for (const [name, verbs] of [
    [PROVISIONER_ROLE, ['create', 'patch']],
    [DELETER_ROLE, ['delete']],
  ] as const) {
    const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: [...verbs] }];
    const role = { apiVersion: RBAC_VERSION, kind: 'ClusterRole', metadata: { name, labels }, rules };
    await client.apply(ClusterRole, role, MANAGER);
  }
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole' as const, name: PROVISIONER_ROLE };
  const metadata = { name: PROVISIONER_ROLE, labels };
  const binding = { apiVersion: RBAC_VERSION, kind: 'ClusterRoleBinding', metadata, roleRef, subjects };
  await client.apply(ClusterRoleBinding, binding, MANAGER);
}
