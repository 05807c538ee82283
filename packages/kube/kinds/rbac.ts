/** Kinds of `rbac.authorization.k8s.io/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { clusterScoped, namespaced } from './define.ts';
import type { LabelSelector } from './meta.ts';

const GROUP = 'rbac.authorization.k8s.io';

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  name: string;
  namespace?: string;
  /** `rbac.authorization.k8s.io` for User and Group, absent for ServiceAccount. */
  apiGroup?: string;
}

export interface RoleRef {
  apiGroup: string;
  kind: 'Role' | 'ClusterRole';
  name: string;
}

export interface Role extends KubeObject {
  rules?: PolicyRule[];
}
export const Role: Resource<Role> = namespaced(GROUP, 'v1', 'Role', 'roles');

export interface ClusterRole extends KubeObject {
  rules?: PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] };
}
export const ClusterRole: Resource<ClusterRole> = clusterScoped(GROUP, 'v1', 'ClusterRole', 'clusterroles');

/** `roleRef` cannot be changed: delete and create again. */
export interface RoleBinding extends KubeObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}
export const RoleBinding: Resource<RoleBinding> = namespaced(GROUP, 'v1', 'RoleBinding', 'rolebindings');

/** `roleRef` cannot be changed: delete and create again. */
export interface ClusterRoleBinding extends KubeObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}
export const ClusterRoleBinding: Resource<ClusterRoleBinding> = clusterScoped(
  GROUP,
  'v1',
  'ClusterRoleBinding',
  'clusterrolebindings',
);
