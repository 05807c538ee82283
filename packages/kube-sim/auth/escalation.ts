/**
 * Nobody grants what they do not hold: writes of roles and bindings are checked against the writer's own rights, unless
 * they may `escalate` or `bind`. Source: Kubernetes, "Using RBAC Authorization", privilege escalation prevention.
 *
 * The API server asks after mutating admission and before validation, so that a grant too many is refused before a bad name
 * is. Hence it is a mutating plugin, though it changes nothing, and has to be the last of them.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ClusterRole, PolicyRule, RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { ApiError, badRequest, forbidden, notFound } from '@kubenova/kube-model/api-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.ts';
import { missingRights, quotedList } from './policy-rules.ts';
import { RBAC_GROUP, type Rbac } from './rbac.ts';
import type { UserInfo } from './user.ts';

const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

export function createEscalationCheck(rbac: Rbac): AdmissionPlugin {
  const refusal = (user: UserInfo, namespace: string, wanted: readonly PolicyRule[]): string | undefined => {
    const missing = missingRights(rbac.policyRulesFor(user, namespace).rules, wanted);
    if (missing.length === 0) return undefined;
    const who = `user ${JSON.stringify(user.username)} (groups=${quotedList(user.groups)})`;
    return `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`;
  };

  const checkRole = ({ type, namespace, object, oldObject, user, operation, name }: AdmissionRequest): void => {
    // A create names nothing yet: only an `escalate` on all names allows it.
    const asked = { verb: 'escalate', group: RBAC_GROUP, resource: type.plural, namespace };
    if (rbac.authorize(user, operation === 'CREATE' ? asked : { ...asked, name }).allowed) return;
    const role = object as ClusterRole;
    const why = refusal(user, namespace, role.rules ?? []);
    if (why !== undefined) throw forbidden(type, role.metadata.name, why);
    const aggregates = [role, oldObject as ClusterRole | undefined].some(
      (one) => one?.aggregationRule?.clusterRoleSelectors?.length,
    );
    if (aggregates && refusal(user, namespace, EVERYTHING) !== undefined) {
      throw forbidden(type, role.metadata.name, 'must have cluster-admin privileges to use the aggregationRule');
    }
  };

  const checkBinding = ({ type, namespace, object, user }: AdmissionRequest): void => {
    const { roleRef, metadata } = object as RoleBinding;
    const { kind, name } = roleRef;
    const resource = { Role: 'roles', ClusterRole: 'clusterroles' }[kind];
    if (resource === undefined) throw new ApiError(500, '', `unsupported role reference kind: ${JSON.stringify(kind)}`);
    if (rbac.authorize(user, { verb: 'bind', group: RBAC_GROUP, resource, namespace, name }).allowed) return;
    if (kind === 'Role' && namespace === '') throw badRequest('Namespace parameter required.');
    const rules = rbac.rulesOf(roleRef, namespace);
    // It is looked up within the request, and so the error speaks of the request's resource.
    if (rules === undefined) throw notFound(type, name);
    const why = refusal(user, namespace, rules);
    if (why !== undefined) throw forbidden(type, metadata.name, why);
  };

  return {
    name: 'RBACEscalation',
    mutate(request) {
      const { type, object, oldObject, operation, user, subresource } = request;
      if (type.group !== RBAC_GROUP || subresource !== undefined) return;
      if (object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
      if (user.groups.includes('system:masters')) return;
      // The garbage collector must be able to take its finalizers and owner references away.
      if (oldObject && isDeepStrictEqual(withoutLifecycle(object), withoutLifecycle(oldObject))) return;
      if (type.plural === 'roles' || type.plural === 'clusterroles') checkRole(request);
      else checkBinding(request);
    },
  };
}

function withoutLifecycle({ metadata, ...rest }: KubeObject): object {
  const { finalizers, ownerReferences, managedFields, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
