/** Builders of RBAC objects with every field that the API server would default, so that a comparison finds no drift. */
import type { Manifest } from './manifest.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** Whom a binding grants its role to. */
export type Subject = { group: string } | { serviceAccount: string; namespace: string } | { user: string };

/** A ClusterRole. */
export function clusterRole(name: string, rules: PolicyRule[], labels: Record<string, string>): Manifest {
  return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { name, labels }, rules };
}

/** A Role. */
export function role(name: string, namespace: string, rules: PolicyRule[], labels: Record<string, string>): Manifest {
  return { apiVersion: API_VERSION, kind: 'Role', metadata: { name, namespace, labels }, rules };
}

/** A RoleBinding to a ClusterRole, or to a Role of the same namespace. */
export function roleBinding(options: {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  role: { kind: 'ClusterRole' | 'Role'; name: string };
  subjects: Subject[];
}): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: { name: options.name, namespace: options.namespace, labels: options.labels },
    roleRef: { apiGroup: GROUP, kind: options.role.kind, name: options.role.name },
    subjects: options.subjects.map(subject),
  };
}

/** A ClusterRoleBinding. */
export function clusterRoleBinding(options: {
  name: string;
  labels: Record<string, string>;
  clusterRole: string;
  subjects: Subject[];
}): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name: options.name, labels: options.labels },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: options.clusterRole },
    subjects: options.subjects.map(subject),
  };
}

/** A ServiceAccount. */
export function serviceAccount(name: string, namespace: string, labels: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } };
}

/** A Namespace. */
export function namespaceObject(
  name: string,
  labels: Record<string, string>,
  annotations?: Record<string, string>,
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: annotations === undefined ? { name, labels } : { name, labels, annotations },
  };
}

function subject(of: Subject): Record<string, string> {
  if ('group' in of) return { apiGroup: GROUP, kind: 'Group', name: of.group };
  if ('user' in of) return { apiGroup: GROUP, kind: 'User', name: of.user };
  return { kind: 'ServiceAccount', name: of.serviceAccount, namespace: of.namespace };
}
