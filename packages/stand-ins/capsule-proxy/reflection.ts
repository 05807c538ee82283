/**
 * Which namespaces and tenants RoleBindings open to somebody. Pure; the objects come from informers.
 *
 * Two rules, as in capsule-proxy 0.14: namespaces are listed for every RoleBinding that names the caller, labelled or
 * not; a list over all namespaces is opened only by a labelled one whose role lets the caller list that kind, and then
 * for the whole tenant of its namespace.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Caller } from './headers.ts';

export const REFLECTION_LABEL = 'reflection.proxy.projectcapsule.dev/enabled';
const TENANT_LABELS = ['projectcapsule.dev/tenant', 'capsule.clastix.io/tenant'];
const SERVICE_ACCOUNT = 'system:serviceaccount:';

export interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

export interface RoleBindingFacts {
  namespace: string;
  reflected: boolean;
  subjects: readonly Subject[];
  role: { kind: string; name: string };
}

export interface PolicyRule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

function names(subject: Subject, caller: Caller): boolean {
  if (subject.kind === 'Group') return caller.groups.includes(subject.name);
  if (subject.kind === 'ServiceAccount')
    return caller.name === `${SERVICE_ACCOUNT}${subject.namespace}:${subject.name}`;
  return subject.kind === 'User' && !caller.name.startsWith(SERVICE_ACCOUNT) && subject.name === caller.name;
}

export function bindingsOf(bindings: Iterable<RoleBindingFacts>, caller: Caller): RoleBindingFacts[] {
  return [...bindings].filter((binding) => binding.subjects.some((subject) => names(subject, caller)));
}

/** A rule restricted to names grants no list. */
export function allowsList(rules: readonly PolicyRule[] | undefined, group: string, plural: string): boolean {
  const holds = (values: string[] | undefined, value: string) => values?.includes('*') || values?.includes(value);
  return (rules ?? []).some(
    (rule) =>
      (rule.resourceNames ?? []).length === 0 &&
      holds(rule.verbs, 'list') &&
      holds(rule.apiGroups, group) &&
      holds(rule.resources, plural),
  );
}

export function tenantOf(namespace: KubeObject): string | undefined {
  for (const label of TENANT_LABELS) {
    const value = namespace.metadata.labels?.[label];
    if (value) return value;
  }
  return namespace.metadata.ownerReferences?.find((owner) => owner.kind === 'Tenant')?.name;
}

export interface CapsuleUsers {
  groups: ReadonlySet<string>;
  names: ReadonlySet<string>;
}

/** `status.users` of the CapsuleConfiguration, which Capsule's controller fills. */
export function capsuleUsers(users: readonly { kind?: string; name?: string }[] | undefined): CapsuleUsers {
  const groups = new Set<string>();
  const callers = new Set<string>();
  for (const user of users ?? []) {
    if (user.name === undefined) continue;
    if (user.kind === 'Group') groups.add(user.name);
    else callers.add(user.name);
  }
  return { groups, names: callers };
}

export function isCapsuleUser(users: CapsuleUsers, caller: Caller): boolean {
  return users.names.has(caller.name) || caller.groups.some((group) => users.groups.has(group));
}
