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
import type { Store } from '../store/store.ts';
import type { AccessAttributes, Authorizer, Decision, RuleResolver } from './authorizer.ts';
import { ruleAllows } from './policy-rules.ts';
import type { UserInfo } from './user.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
export const ROLES = `roles.${RBAC_GROUP}`;
export const CLUSTER_ROLES = `clusterroles.${RBAC_GROUP}`;
export const ROLE_BINDINGS = `rolebindings.${RBAC_GROUP}`;
export const CLUSTER_ROLE_BINDINGS = `clusterrolebindings.${RBAC_GROUP}`;

export interface Rbac extends Authorizer, RuleResolver {
  /** All that a user may do in a namespace ('' for the cluster), and which roles could not be found. */
  policyRulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] };
  /** What a binding in a namespace ('' for a ClusterRoleBinding) would give; undefined when there is no such role. */
  rulesOf(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

/** What one binding gives to one of its subjects. No objects are kept: the store packs those that nobody uses. */
interface Grant {
  /** Place of the binding in the order of names, and of the subject within it. */
  readonly order: number;
  readonly position: number;
  readonly roleRef: RoleRef;
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly decision: Decision;
}
type Grants = ReadonlyMap<string, readonly Grant[]>;
/** A namespace as it was when it was first asked about; after a change it gets another number. */
interface Scope {
  readonly number: number;
  readonly grants: Grants;
}

/** The oldest scope goes, decisions go all together: a hundred clusters share the memory of one process. */
const MAX_SCOPES = 500;
const MAX_DECISIONS = 2_000;
const MASTER: Decision = { allowed: true, reason: '' };
const DENIED: Decision = { allowed: false, reason: '' };

export function createRbac(store: Store): Rbac {
  let clusterGrants: Grants | undefined;
  let lastNumber = 0;
  const scopes = new Map<string, Scope>();
  const decisions = new Map<string, Decision>();
  const clusterRules = new Map<string, readonly PolicyRule[] | undefined>();
  const forgetAll = (): void => {
    clusterGrants = undefined;
    for (const cache of [scopes, decisions, clusterRules]) cache.clear();
  };
  for (const storage of [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS]) store.onChange(storage, forgetAll);
  for (const storage of [ROLES, ROLE_BINDINGS]) {
    store.onChange(storage, ({ entry }) => void scopes.delete(entry.namespace));
  }

  const grantsOf = (storage: string, namespace: string): Grants =>
    indexBySubject(store.list(storage, { namespace }).entries.map((entry) => entry.object as RoleBinding));

  const scopeOf = (namespace: string): Scope => {
    const known = scopes.get(namespace);
    if (known !== undefined) return known;
    const [oldest] = scopes.keys();
    if (oldest !== undefined && scopes.size >= MAX_SCOPES) scopes.delete(oldest);
    lastNumber += 1;
    const scope = { number: lastNumber, grants: namespace === '' ? new Map() : grantsOf(ROLE_BINDINGS, namespace) };
    scopes.set(namespace, scope);
    return scope;
  };

  const rulesOf: Rbac['rulesOf'] = ({ kind, name }, namespace) => {
    const isCluster = kind !== 'Role';
    if (isCluster && clusterRules.has(name)) return clusterRules.get(name);
    const entry = isCluster ? store.get(CLUSTER_ROLES, '', name) : store.get(ROLES, namespace, name);
    const rules = entry && ((entry.object as Role).rules ?? []);
    if (isCluster) clusterRules.set(name, rules);
    return rules;
  };

  /** Every rule that holds for the user, as it is come upon; roles that are not there are told to `errors`. */
  function* rulesThatHold(user: UserInfo, scope: Scope, errors: string[]): Generator<[PolicyRule, Grant]> {
    clusterGrants ??= grantsOf(CLUSTER_ROLE_BINDINGS, '');
    for (const grants of [clusterGrants, scope.grants]) {
      for (const grant of grantsFor(user, grants)) {
        const { roleRef } = grant;
        const rules = rulesOf(roleRef, grant.namespace);
        if (rules === undefined) errors.push(`${roleRef.kind.toLowerCase()}.${RBAC_GROUP} "${roleRef.name}" not found`);
        for (const rule of rules ?? []) yield [rule, grant];
      }
    }
  }

  const decide = (user: UserInfo, attributes: AccessAttributes, scope: Scope): Decision => {
    if (user.groups.includes('system:masters')) return MASTER;
    const errors: string[] = [];
    for (const [rule, { decision }] of rulesThatHold(user, scope, errors)) {
      if (ruleAllows(rule, attributes)) return decision;
    }
    return errors.length === 0 ? DENIED : { allowed: false, reason: `rbac: RBAC: ${aggregate(errors)}` };
  };

  const policyRulesFor: Rbac['policyRulesFor'] = (user, namespace) => {
    const errors: string[] = [];
    const rules = Array.from(rulesThatHold(user, scopeOf(namespace), errors), ([rule]) => rule);
    return { rules, errors };
  };

  return {
    policyRulesFor,
    rulesOf,
    authorize(user, attributes) {
      const scope = scopeOf(attributes.path === undefined ? (attributes.namespace ?? '') : '');
      const key = decisionKey(user, attributes, scope);
      const known = decisions.get(key);
      if (known !== undefined) return known;
      const decision = decide(user, attributes, scope);
      if (decisions.size >= MAX_DECISIONS) decisions.clear();
      decisions.set(key, decision);
      return decision;
    },
    rulesFor(user, namespace) {
      const { rules, errors } = policyRulesFor(user, namespace);
      return {
        resourceRules: rules
          .filter(({ resources }) => resources?.length)
          .map(({ nonResourceURLs: _urls, resourceNames, ...rule }) =>
            resourceNames?.length ? { ...rule, resourceNames } : rule,
          ),
        nonResourceRules: rules
          .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
          .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
        ...(errors.length > 0 && { evaluationError: aggregate(errors) }),
      };
    },
  };
}

/** As JSON, since a name from a token may hold any character. */
function decisionKey({ username, groups }: UserInfo, attributes: AccessAttributes, { number }: Scope): string {
  const { verb, group, resource, subresource, name, path } = attributes;
  return JSON.stringify(
    path === undefined
      ? [number, username, groups, verb, group ?? '', resource ?? '', subresource ?? '', name ?? '']
      : [number, username, groups, verb, path],
  );
}

function indexBySubject(bindings: readonly (RoleBinding | ClusterRoleBinding)[]): Grants {
  const grants = new Map<string, Grant[]>();
  for (const [order, { metadata, roleRef, subjects = [] }] of bindings.entries()) {
    const { name, namespace = '' } = metadata;
    // Names come before namespaces here, which is how the API server prints them.
    const binding = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
    for (const [position, subject] of subjects.entries()) {
      const home = subject.namespace || namespace;
      const account = subject.kind === 'ServiceAccount';
      if (account && home === '') continue;
      const whom = account ? `${subject.name}/${home}` : subject.name;
      const reason = `RBAC: allowed by ${binding} of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${whom}"`;
      const grant = { order, position, roleRef, namespace, decision: { allowed: true, reason } };
      const key = account ? `User system:serviceaccount:${home}:${subject.name}` : `${subject.kind} ${subject.name}`;
      const others = grants.get(key);
      if (others === undefined) grants.set(key, [grant]);
      else others.push(grant);
    }
  }
  return grants;
}

/** Each binding once, by the first of its subjects that the user is, in the order of the bindings' names. */
function grantsFor(user: UserInfo, grants: Grants): readonly Grant[] {
  const keys = [`User ${user.username}`, ...user.groups.map((group) => `Group ${group}`)];
  return keys
    .flatMap((key) => grants.get(key) ?? [])
    .sort((a, b) => a.order - b.order || a.position - b.position)
    .filter(({ order }, at, sorted) => order !== sorted[at - 1]?.order);
}

/** Several errors as Go's `utilerrors.Aggregate` prints them. */
export function aggregate(errors: readonly string[]): string {
  const once = [...new Set(errors)];
  return once.length === 1 ? (once[0] ?? '') : `[${once.join(', ')}]`;
}
