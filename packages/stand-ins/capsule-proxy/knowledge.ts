/** What the proxy follows of the cluster: users, RoleBindings, roles and namespaces, each by an informer. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { CapsuleConfiguration } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { ClusterRole, Role, RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Caller } from './headers.ts';
import {
  allowsList,
  bindingsOf,
  capsuleUsers,
  isCapsuleUser,
  type PolicyRule,
  REFLECTION_LABEL,
  type RoleBindingFacts,
  tenantOf,
} from './reflection.ts';

export interface Knowledge {
  readonly synced: Promise<void>;
  isCapsuleUser(caller: Caller): boolean;
  /** Names of the namespaces in which a RoleBinding names the caller. */
  namespacesOf(caller: Caller): string[];
  /** Tenants in one of whose namespaces a reflected RoleBinding lets the caller list this kind. */
  tenantsFor(caller: Caller, group: string, plural: string): string[];
  namespace(name: string): KubeObject | undefined;
}

export interface KnowledgeOptions {
  /** Name of the CapsuleConfiguration; Capsule's own default is `default`. */
  configurationName: string;
  signal: AbortSignal;
  onError(error: unknown): void;
}

export function startKnowledge(client: KubeClient, options: KnowledgeOptions): Knowledge {
  const { configurationName, signal, onError } = options;
  const shared = { signal, onError };
  const users = startInformer(client, CapsuleConfiguration, {
    ...shared,
    fieldSelector: `metadata.name=${configurationName}`,
  });
  const bindings = startInformer(client, RoleBinding, shared);
  const roles = startInformer(client, Role, shared);
  const clusterRoles = startInformer(client, ClusterRole, shared);
  const namespaces = startInformer(client, Namespace, shared);
  const informers: Pick<Informer<KubeObject>, 'synced'>[] = [users, bindings, roles, clusterRoles, namespaces];

  function facts(): RoleBindingFacts[] {
    return bindings.list().map(({ metadata, subjects, roleRef }) => ({
      namespace: metadata.namespace ?? '',
      reflected: metadata.labels?.[REFLECTION_LABEL] === 'true',
      subjects: subjects ?? [],
      role: { kind: roleRef.kind, name: roleRef.name },
    }));
  }

  function rulesOf({ namespace, role }: RoleBindingFacts): PolicyRule[] | undefined {
    return role.kind === 'Role'
      ? roles.get(namespace, role.name)?.rules
      : clusterRoles.get(undefined, role.name)?.rules;
  }

  return {
    synced: Promise.all(informers.map((informer) => informer.synced)).then(() => undefined),
    isCapsuleUser(caller) {
      const status = users.get(undefined, configurationName)?.status as { users?: { kind?: string; name?: string }[] };
      return isCapsuleUser(capsuleUsers(status?.users), caller);
    },
    namespacesOf: (caller) => bindingsOf(facts(), caller).map(({ namespace }) => namespace),
    tenantsFor(caller, group, plural) {
      const reflected = bindingsOf(facts(), caller).filter((binding) => binding.reflected);
      return reflected
        .filter((binding) => allowsList(rulesOf(binding), group, plural))
        .map((binding) => namespaces.get(undefined, binding.namespace))
        .flatMap((namespace) => (namespace && tenantOf(namespace)) ?? []);
    },
    namespace: (name) => namespaces.get(undefined, name),
  };
}
