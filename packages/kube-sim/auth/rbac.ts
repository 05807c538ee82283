/**
 * The RBAC authorizer.
 *
 * A decision is asked for with each request, while roles and bindings change seldom. So nothing is scanned: bindings of
 * the whole cluster are indexed by subject, those of a namespace are looked up when it is first asked about, and the
 * decisions themselves are remembered by namespace. A change of a Role or RoleBinding forgets its namespace, a change of
 * a ClusterRole or ClusterRoleBinding forgets everything. Both are bounded: what is asked about is kept, not what exists.
 *
 * Where several bindings allow the same thing the real server names any of them; here it is the first by name.
 * Source: Kubernetes, "Using RBAC Authorization"; its texts are those of a SubjectAccessReview.
 */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  RoleBinding,
  RoleRef,
  Subject,
} from '@kubenova/kube/kinds/rbac.ts';
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

type Binding = RoleBinding | ClusterRoleBinding;
/** One binding as one of its subjects sees it. */
interface Grant {
  readonly binding: Binding;
  readonly subject: Subject;
  /** Its place in the order of names. */
  readonly order: number;
}
type Grants = ReadonlyMap<string, readonly Grant[]>;
interface Scope {
  readonly grants: Grants;
  readonly decisions: Map<string, Decision>;
}

const MAX_SCOPES = 2_000;
const MAX_DECISIONS = 500;
const ALLOWED: Decision = { allowed: true, reason: '' };
const NO_GRANTS: Grants = new Map();

export function createRbac(store: Store): Rbac {
  let clusterGrants: Grants | undefined;
  const scopes = new Map<string, Scope>();
  const forgetAll = (): void => {
    clusterGrants = undefined;
    scopes.clear();
  };
  for (const storage of [CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS]) store.onChange(storage, forgetAll);
  for (const storage of [ROLES, ROLE_BINDINGS]) {
    store.onChange(storage, ({ entry }) => void scopes.delete(entry.namespace));
  }

  const grantsOf = (storage: string, namespace: string): Grants =>
    indexBySubject(
      store.list(storage, { namespace }).entries.map((entry) => entry.object as Binding),
      namespace,
    );

  const scopeOf = (namespace: string): Scope => {
    const known = scopes.get(namespace);
    if (known !== undefined) return known;
    if (scopes.size >= MAX_SCOPES) scopes.clear();
    const scope = { grants: namespace === '' ? NO_GRANTS : grantsOf(ROLE_BINDINGS, namespace), decisions: new Map() };
    scopes.set(namespace, scope);
    return scope;
  };

  const rulesOf: Rbac['rulesOf'] = ({ kind, name }, namespace) => {
    const entry = kind === 'Role' ? store.get(ROLES, namespace, name) : store.get(CLUSTER_ROLES, '', name);
    return entry && ((entry.object as ClusterRole).rules ?? []);
  };

  /** Calls back with every rule that holds for the user until it answers true. */
  const visit = (
    user: UserInfo,
    namespace: string,
    stop: (rule: PolicyRule, grant: Grant) => boolean,
    errors: string[],
  ): void => {
    clusterGrants ??= grantsOf(CLUSTER_ROLE_BINDINGS, '');
    for (const grants of [clusterGrants, scopeOf(namespace).grants]) {
      for (const grant of grantsFor(user, grants)) {
        const { roleRef, metadata } = grant.binding;
        const rules = rulesOf(roleRef, metadata.namespace ?? '');
        if (rules === undefined) errors.push(missingRole(roleRef));
        else for (const rule of rules) if (stop(rule, grant)) return;
      }
    }
  };

  const decide = (user: UserInfo, attributes: AccessAttributes): Decision => {
    if (user.groups.includes('system:masters')) return ALLOWED;
    const errors: string[] = [];
    let by: Grant | undefined;
    visit(
      user,
      attributes.path === undefined ? (attributes.namespace ?? '') : '',
      (rule, grant) => {
        if (!ruleAllows(rule, attributes)) return false;
        by = grant;
        return true;
      },
      errors,
    );
    if (by !== undefined) return { allowed: true, reason: `RBAC: allowed by ${grantText(by)}` };
    return { allowed: false, reason: errors.length === 0 ? '' : `rbac: RBAC: ${aggregate(errors)}` };
  };

  const policyRulesFor: Rbac['policyRulesFor'] = (user, namespace) => {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    visit(user, namespace, (rule) => rules.push(rule) < 0, errors);
    return { rules, errors };
  };

  return {
    policyRulesFor,
    rulesOf,
    authorize(user, attributes) {
      const { decisions } = scopeOf(attributes.path === undefined ? (attributes.namespace ?? '') : '');
      const key = decisionKey(user, attributes);
      const known = decisions.get(key);
      if (known !== undefined) return known;
      const decision = decide(user, attributes);
      if (decisions.size >= MAX_DECISIONS) decisions.clear();
      decisions.set(key, decision);
      return decision;
    },
    rulesFor(user, namespace) {
      const { rules, errors } = policyRulesFor(user, namespace);
      const resourceRules = rules
        .filter(({ resources }) => resources?.length)
        .map(({ nonResourceURLs: _urls, resourceNames, ...rule }) => ({
          ...rule,
          ...(resourceNames?.length && { resourceNames }),
        }));
      const nonResourceRules = rules
        .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
      return { resourceRules, nonResourceRules, ...(errors.length > 0 && { evaluationError: aggregate(errors) }) };
    },
  };
}

/** As JSON, since a name from a token may hold any character. */
function decisionKey({ username, groups }: UserInfo, attributes: AccessAttributes): string {
  const { verb, group, resource, subresource, name, path } = attributes;
  return JSON.stringify(
    path === undefined
      ? [username, groups, verb, group ?? '', resource ?? '', subresource ?? '', name ?? '']
      : [username, groups, verb, path],
  );
}

function indexBySubject(bindings: readonly Binding[], namespace: string): Grants {
  const grants = new Map<string, Grant[]>();
  for (const [order, binding] of bindings.entries()) {
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const known = grants.get(key);
      if (known === undefined) grants.set(key, [{ binding, subject, order }]);
      else if (known.at(-1)?.binding !== binding) known.push({ binding, subject, order });
    }
  }
  return grants;
}

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  if (kind === 'Group') return `group ${name}`;
  if (kind === 'User') return `user ${name}`;
  const home = namespace === undefined || namespace === '' ? bindingNamespace : namespace;
  return kind === 'ServiceAccount' && home !== '' ? `user system:serviceaccount:${home}:${name}` : undefined;
}

/** Each binding once, by the first of its subjects that the user is, in the order of the bindings' names. */
function grantsFor(user: UserInfo, grants: Grants): readonly Grant[] {
  const found = [`user ${user.username}`, ...user.groups.map((group) => `group ${group}`)].flatMap(
    (key) => grants.get(key) ?? [],
  );
  const first = new Map<number, Grant>();
  for (const grant of found) {
    const other = first.get(grant.order);
    const subjects = grant.binding.subjects ?? [];
    if (other === undefined || subjects.indexOf(grant.subject) < subjects.indexOf(other.subject)) {
      first.set(grant.order, grant);
    }
  }
  return [...first.values()].sort((a, b) => a.order - b.order);
}

/** Names come before namespaces here, which is how the API server prints them. */
function grantText({ binding: { metadata, roleRef }, subject }: Grant): string {
  const { namespace } = metadata;
  const home = subject.namespace ?? namespace ?? '';
  const whom = subject.kind === 'ServiceAccount' ? `${subject.name}/${home}` : subject.name;
  const name = namespace === undefined ? metadata.name : `${metadata.name}/${namespace}`;
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  return `${kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${whom}"`;
}

const missingRole = ({ kind, name }: RoleRef): string => `${kind.toLowerCase()}.${RBAC_GROUP} "${name}" not found`;

/** Several errors as Go's `utilerrors.Aggregate` prints them. */
export function aggregate(errors: readonly string[]): string {
  const once = [...new Set(errors)];
  return once.length === 1 ? (once[0] ?? '') : `[${once.join(', ')}]`;
}
