/** Short hands for tests of what RBAC decides. */
import type { PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { createStore } from '../../store/memory-store.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, RBAC_GROUP, ROLE_BINDINGS, ROLES } from '../rbac.ts';

const STORAGES: Readonly<Record<string, string>> = {
  Role: ROLES,
  ClusterRole: CLUSTER_ROLES,
  RoleBinding: ROLE_BINDINGS,
  ClusterRoleBinding: CLUSTER_ROLE_BINDINGS,
};
export const storageOf = ({ kind }: KubeObject): string => STORAGES[kind] ?? `${kind.toLowerCase()}s`;

let uids = 0;

/** Writes over what is there. An object without a uid gets one. */
export function put(store: Store, object: KubeObject): void {
  const { namespace = '', name } = object.metadata;
  uids += 1;
  const stored = { ...object, metadata: { uid: `uid-${uids}`, ...object.metadata } };
  const storage = storageOf(object);
  if (store.put(storage, stored, store.get(storage, namespace, name)) === undefined) throw new Error(`lost ${name}`);
}

export function storeOf(...objects: readonly KubeObject[]): Store {
  const store = createStore();
  for (const object of objects) put(store, object);
  return store;
}

/** A Role, or a ClusterRole when no namespace is given. */
export function role(name: string, rules: readonly PolicyRule[], namespace?: string): KubeObject {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  return { apiVersion: `${RBAC_GROUP}/v1`, kind, metadata: { name, ...(namespace && { namespace }) }, rules };
}

/** `binding('b', 'ClusterRole r', ['User ann', 'ServiceAccount n/robot'], 'n')`; of the cluster without a namespace. */
export function binding(name: string, roleRef: string, subjects: readonly string[], namespace?: string): KubeObject {
  const [refKind = '', refName = ''] = roleRef.split(' ');
  return {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace && { namespace }) },
    roleRef: { apiGroup: RBAC_GROUP, kind: refKind, name: refName },
    subjects: subjects.map((text) => {
      const [kind = '', who = ''] = text.split(' ');
      const [home = '', account = ''] = who.split('/');
      return kind === 'ServiceAccount' ? { kind, namespace: home, name: account } : { kind, name: who };
    }),
  };
}

/** `rule('get,list', 'apps', 'deployments,deployments/scale', 'web')`. */
export function rule(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    verbs: verbs.split(','),
    apiGroups: groups.split(','),
    resources: resources.split(','),
    ...(names !== '' && { resourceNames: names.split(',') }),
  };
}
