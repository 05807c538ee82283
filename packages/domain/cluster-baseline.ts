/**
 * Everything that KubeNova puts on a cluster once, in an order in which it can be applied. Whoever applies it needs to be
 * an administrator: it makes roles, and RBAC lets nobody grant what they do not hold.
 */
import { type AdmissionOptions, admissionPolicies } from './admission-policies.ts';
import { AGENT_ROLE, MANAGER_ROLE, VELA_CORE_ROLE } from './cluster-roles.ts';
import { baseLabels } from './labels.ts';
import { agentAppRole, agentRole, deployerRole, managerRole, velaCoreRole } from './machine-roles.ts';
import type { Manifest } from './manifest.ts';
import {
  AGENT_ACCOUNT,
  CREDENTIALS_NAMESPACE,
  MANAGER_ACCOUNT,
  MEMBERS_NAMESPACE,
  SYSTEM_NAMESPACE,
  VELA_NAMESPACE,
} from './names.ts';
import { clusterRoleBinding, namespaceObject, role, roleBinding, serviceAccount } from './rbac-objects.ts';
import { tenantRoles } from './tenant-roles.ts';

/** All of it: what the Manager applies when a cluster is registered. */
export function clusterBaseline(options: AdmissionOptions = {}): Manifest[] {
  return [
    ...agentInstallation(),
    ...tenantRoles(),
    deployerRole(),
    ...managerInstallation(),
    ...admissionPolicies(options),
  ];
}

/** What an Agent needs to run, without the Agent itself: its namespace, its account and its rights. */
export function agentInstallation(): Manifest[] {
  const labels = baseLabels();
  const subjects = [{ serviceAccount: AGENT_ACCOUNT, namespace: SYSTEM_NAMESPACE }];
  return [
    namespaceObject(SYSTEM_NAMESPACE, labels),
    serviceAccount(AGENT_ACCOUNT, SYSTEM_NAMESPACE, labels),
    agentRole(),
    agentAppRole(),
    clusterRoleBinding({ name: AGENT_ROLE, labels, clusterRole: AGENT_ROLE, subjects }),
    role(
      AGENT_ACCOUNT,
      SYSTEM_NAMESPACE,
      [
        // No delete, and create for its own status only: a state is the Manager's to make and to take away.
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'patch'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
        },
      ],
      labels,
    ),
    roleBinding({
      name: AGENT_ACCOUNT,
      namespace: SYSTEM_NAMESPACE,
      labels,
      role: { kind: 'Role', name: AGENT_ACCOUNT },
      subjects,
    }),
    namespaceObject(CREDENTIALS_NAMESPACE, labels),
    role(
      AGENT_ACCOUNT,
      CREDENTIALS_NAMESPACE,
      [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }],
      labels,
    ),
    roleBinding({
      name: AGENT_ACCOUNT,
      namespace: CREDENTIALS_NAMESPACE,
      labels,
      role: { kind: 'Role', name: AGENT_ACCOUNT },
      subjects,
    }),
  ];
}

/** The Manager's own identity on the cluster, for a kubeconfig that is less than an administrator's. */
export function managerInstallation(): Manifest[] {
  const labels = baseLabels();
  const subjects = [{ serviceAccount: MANAGER_ACCOUNT, namespace: SYSTEM_NAMESPACE }];
  const write = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  return [
    serviceAccount(MANAGER_ACCOUNT, SYSTEM_NAMESPACE, labels),
    managerRole(),
    clusterRoleBinding({ name: MANAGER_ROLE, labels, clusterRole: MANAGER_ROLE, subjects }),
    role(
      MANAGER_ACCOUNT,
      SYSTEM_NAMESPACE,
      [
        { apiGroups: [''], resources: ['configmaps'], verbs: write },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch'] },
      ],
      labels,
    ),
    roleBinding({
      name: MANAGER_ACCOUNT,
      namespace: SYSTEM_NAMESPACE,
      labels,
      role: { kind: 'Role', name: MANAGER_ACCOUNT },
      subjects,
    }),
    namespaceObject(MEMBERS_NAMESPACE, labels),
    // Tokens of people's accounts and of no others: whoever may ask for any account's token is whoever it likes.
    role(
      MANAGER_ACCOUNT,
      MEMBERS_NAMESPACE,
      [{ apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] }],
      labels,
    ),
    roleBinding({
      name: MANAGER_ACCOUNT,
      namespace: MEMBERS_NAMESPACE,
      labels,
      role: { kind: 'Role', name: MANAGER_ACCOUNT },
      subjects,
    }),
  ];
}

/**
 * KubeVela's controller confined: its ClusterRole, and the Secrets of its own namespace. The binding to `cluster-admin`
 * that KubeVela's chart makes has to go, which is the installer's part.
 */
export function velaCoreInstallation(account: string = 'kubevela-vela-core'): Manifest[] {
  const labels = baseLabels();
  const subjects = [{ serviceAccount: account, namespace: VELA_NAMESPACE }];
  return [
    namespaceObject(VELA_NAMESPACE, labels),
    serviceAccount(account, VELA_NAMESPACE, labels),
    velaCoreRole(),
    clusterRoleBinding({ name: VELA_CORE_ROLE, labels, clusterRole: VELA_CORE_ROLE, subjects }),
    role(
      VELA_CORE_ROLE,
      VELA_NAMESPACE,
      [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }],
      labels,
    ),
    roleBinding({
      name: VELA_CORE_ROLE,
      namespace: VELA_NAMESPACE,
      labels,
      role: { kind: 'Role', name: VELA_CORE_ROLE },
      subjects,
    }),
  ];
}
