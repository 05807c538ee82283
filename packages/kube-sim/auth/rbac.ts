/**
 * The RBAC authorizer.
 *
 * A decision is asked for with each request, while roles and bindings change seldom. So nothing is scanned: bindings of
 * the whole cluster are indexed by subject, those of a namespace are looked up when it is first asked about, and the
 * decisions themselves are remembered. A change of a Role or RoleBinding forgets its namespace, a change of a ClusterRole
 * or ClusterRoleBinding forgets everything. All of it is bounded: what is asked about is kept, not what exists.
 *
 * Where several bindings allow the same thing the real server names any of them; here it is the first by name.
 * Source: Kubernetes, "Using RBAC Authorization"; its texts are those of a SubjectAccessReview.
 */
import type { ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef } from '@kubenova/kube/kinds/rbac.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import type { AccessAttributes, Authorizer, Decision } from './authorizer.ts';
import { ruleAllows } from './policy-rules.ts';
import type { UserInfo } from './user.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
export const ROLES = `roles.${RBAC_GROUP}`;
export const CLUSTER_ROLES = `clusterroles.${RBAC_GROUP}`;
export const ROLE_BINDINGS = `rolebindings.${RBAC_GROUP}`;
export const CLUSTER_ROLE_BINDINGS = `clusterrolebindings.${RBAC_GROUP}`;

export interface Rbac extends Authorizer {
  /** All that a user may do in a namespace ('' for the cluster), and which roles could not be found. */
  policyRulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] };
  /** What a binding in a namespace ('' for a ClusterRoleBinding) would give; undefined when there is no such role. */
  rulesOf(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** What one binding gives to one of its subjects. No objects are kept: the store packs those that nobody uses. */
interface Grant {
  /** Place among all subjects of all bindings, in the order of the bindings' names. */
  readonly order: number;
  /** Of this binding alone, and so tells one from another. */
  readonly roleRef: RoleRef;
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly decision: Decision;
}
type Grants = ReadonlyMap<string, readonly Grant[]>;
/** The cluster or a namespace as it was when it was first asked about; after a change it gets another number. */
interface Scope {
  readonly number: number;
  readonly grants: Grants;
}

/** The oldest scope goes, decisions go all together: a hundred clusters share the memory of one process. */
const MAX_SCOPES = 500;
const MAX_DECISIONS = 2_000;

export function createRbac(store: Store): Rbac {
  let lastNumber = 0;
  const scopes = new Map<string, Scope>();
  const decisions = new Map<string, Decision>();
  for (const storage of [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS]) store.onChange(storage, () => scopes.clear());
  for (const storage of [ROLES, ROLE_BINDINGS]) {
    store.onChange(storage, ({ entry }) => void scopes.delete(entry.namespace));
  }

  const scopeOf = (namespace: string): Scope => {
    const known = scopes.get(namespace);
    if (known !== undefined) return known;
    const [oldest] = scopes.keys();
    if (oldest !== undefined && scopes.size >= MAX_SCOPES) scopes.delete(oldest);
    const { entries } = store.list(namespace === '' ? CLUSTER_ROLE_BINDINGS : ROLE_BINDINGS, { namespace });
    lastNumber += 1;
    const scope = { number: lastNumber, grants: indexBySubject(entries.map(({ object }) => object as RoleBinding)) };
    scopes.set(namespace, scope);
    return scope;
  };

  const rulesOf: Rbac['rulesOf'] = ({ kind, name }, namespace) => {
    const entry = kind === 'Role' ? store.get(ROLES, namespace, name) : store.get(CLUSTER_ROLES, '', name);
    return entry && ((entry.object as Role).rules ?? []);
  };

  /** Every rule that holds for the user, as it is come upon; roles that are not there are told to `errors`. */
  function* rulesThatHold(user: UserInfo, scope: Scope, errors: string[]): Generator<[PolicyRule, Decision]> {
    for (const { grants } of new Set([scopeOf(''), scope])) {
      for (const { roleRef, namespace, decision } of grantsFor(user, grants)) {
        const rules = rulesOf(roleRef, namespace);
        if (rules === undefined) errors.push(`${roleRef.kind.toLowerCase()}.${RBAC_GROUP} "${roleRef.name}" not found`);
        for (const rule of rules ?? []) yield [rule, decision];
      }
    }
  }

  const decide = (user: UserInfo, attributes: AccessAttributes, scope: Scope): Decision => {
    const errors: string[] = [];
    for (const [rule, decision] of rulesThatHold(user, scope, errors)) {
      if (ruleAllows(rule, attributes)) return decision;
    }
    return { allowed: false, reason: errors.length === 0 ? '' : `rbac: RBAC: ${aggregate(errors)}` };
  };

  return {
    rulesOf,
    policyRulesFor(user, namespace) {
      const errors: string[] = [];
      const rules = Array.from(rulesThatHold(user, scopeOf(namespace), errors), ([rule]) => rule);
      return { rules, errors };
    },
    authorize(user, attributes) {
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
      const { verb, path, group, resource, subresource, name, namespace = '' } = attributes;
      const scope = scopeOf(path === undefined ? namespace : '');
      const { username, groups } = user;
      // As JSON, since a name from a token may hold any character.
      const key = JSON.stringify([scope.number, username, groups, verb, path, group, resource, subresource, name]);
      const known = decisions.get(key);
      if (known !== undefined) return known;
      const decision = decide(user, attributes, scope);
      if (decisions.size >= MAX_DECISIONS) decisions.clear();
      decisions.set(key, decision);
      return decision;
    },
  };
}

function indexBySubject(bindings: readonly (RoleBinding | ClusterRoleBinding)[]): Grants {
  const grants = new Map<string, Grant[]>();
  let order = 0;
  for (const { metadata, roleRef, subjects = [] } of bindings) {
    const { name, namespace = '' } = metadata;
    // Names come before namespaces here, which is how the API server prints them.
    const binding = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
    for (const subject of subjects) {
      const home = subject.namespace || namespace;
      const account = subject.kind === 'ServiceAccount';
      if (account && home === '') continue;
      const whom = account ? `${subject.name}/${home}` : subject.name;
      const reason = `RBAC: allowed by ${binding} of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${whom}"`;
      const key = account ? `User system:serviceaccount:${home}:${subject.name}` : `${subject.kind} ${subject.name}`;
      const others = grants.get(key) ?? [];
      grants.set(key, others);
      others.push({ order, roleRef, namespace, decision: { allowed: true, reason } });
      order += 1;
    }
  }
  return grants;
}

/** Each binding once, by the first of its subjects that the user is. */
function grantsFor(user: UserInfo, grants: Grants): readonly Grant[] {
  const keys = [`User ${user.username}`, ...user.groups.map((group) => `Group ${group}`)];
  return keys
    .flatMap((key) => grants.get(key) ?? [])
    .sort((a, b) => a.order - b.order)
    .filter(({ roleRef }, at, sorted) => roleRef !== sorted[at - 1]?.roleRef);
}

/** Several errors as Go's `utilerrors.Aggregate` prints them. */
export function aggregate(errors: readonly string[]): string {
  const once = [...new Set(errors)];
  return once.length === 1 ? (once[0] ?? '') : `[${once.join(', ')}]`;
}
