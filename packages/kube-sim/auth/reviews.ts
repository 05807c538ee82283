/**
 * Kinds that are asked, not stored: who somebody is and what they may do. The selectors of an access review are ignored,
 * as RBAC ignores them.
 * Source: `authentication.k8s.io/v1` and `authorization.k8s.io/v1`.
 */
import type { TokenReview } from '@kubenova/kube/kinds/authentication.ts';
import type { SubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest, invalid } from '@kubenova/kube-model/api-error.ts';
import { type Clock, timestamp } from '@kubenova/kube-model/clock.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { ClusterAuthenticator } from './create-authenticator.ts';
import { aggregate, type Rbac } from './rbac.ts';
import type { UserInfo } from './user.ts';

export interface ReviewParts {
  readonly authorizer: Rbac;
  readonly authenticator: ClusterAuthenticator;
  readonly clock: Clock;
}

/**
 * @param type of a virtual kind of these groups
 * @param user who asks
 * @param namespace of the request, for a LocalSubjectAccessReview
 * @throws ApiError 400 or 422 as the API server refuses it
 */
export async function answerReview(
  type: ResourceType,
  object: KubeObject,
  user: UserInfo,
  parts: ReviewParts,
  namespace = '',
): Promise<KubeObject> {
  const { kind, apiVersion } = object;
  switch (type.kind) {
    case 'TokenReview':
      return { ...object, status: await reviewToken(object as TokenReview, parts) };
    // These two answer nothing of what was sent.
    case 'SelfSubjectReview': {
      const metadata = { creationTimestamp: timestamp(parts.clock) } as KubeObject['metadata'];
      return { kind, apiVersion, metadata, status: { userInfo: shown(user) } };
    }
    case 'SelfSubjectRulesReview': {
      const status = reviewRules((object.spec as { namespace?: string } | undefined)?.namespace, user, parts);
      return { kind, apiVersion, metadata: {} as KubeObject['metadata'], spec: {}, status };
    }
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
    case 'SelfSubjectAccessReview':
      return { ...object, status: reviewAccess(type.kind, object as SubjectAccessReview, user, parts, namespace) };
    default:
      throw badRequest(`not a review: ${type.kind}`);
  }
}

/** As it goes out: what is empty is left out. */
function shown({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid && { uid }), groups, ...(extra && Object.keys(extra).length > 0 && { extra }) };
}

async function reviewToken({ spec }: TokenReview, { authenticator }: ReviewParts): Promise<object> {
  if (!spec?.token) throw badRequest('token is required for TokenReview in authentication');
  const result = await authenticator.review(spec.token, spec.audiences?.length ? spec.audiences : undefined);
  if ('error' in result) return { user: {}, error: result.error };
  return { authenticated: true, user: shown(result.user), audiences: result.audiences };
}

function reviewRules(namespace: string | undefined, user: UserInfo, { authorizer }: ReviewParts): object {
  if (!namespace) throw badRequest('no namespace on request');
  const { rules, errors } = authorizer.policyRulesFor(user, namespace);
  return {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => {
        return { verbs, apiGroups, resources, ...(resourceNames?.length && { resourceNames }) };
      }),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    ...(errors.length > 0 && { evaluationError: aggregate(errors) }),
    incomplete: false,
  };
}

function reviewAccess(
  kind: string,
  review: SubjectAccessReview,
  caller: UserInfo,
  { authorizer }: ReviewParts,
  namespace: string,
): object {
  const errors: FieldError[] = [];
  const bad = (field: string, value: unknown, detail: string): void =>
    void errors.push({ kind: 'Invalid', field, value, detail });
  const { user = '', groups = [], resourceAttributes, nonResourceAttributes } = review.spec ?? {};
  const { verb = '', path = '' } = nonResourceAttributes ?? {};
  // The server prints its own struct here, whose fields have no JSON names.
  const shownPath = nonResourceAttributes && { Path: path, Verb: verb };
  const self = kind === 'SelfSubjectAccessReview';
  const local = kind === 'LocalSubjectAccessReview';
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    bad('spec', shownPath ?? null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  if (!self && user === '' && groups.length === 0) {
    bad('spec.user', '', 'at least one of user or group must be specified');
  }
  const { managedFields: _tracked, namespace: _own, ...rest } = review.metadata ?? {};
  if (Object.keys(rest).length > 0) {
    bad('metadata', review.metadata, `must be empty${local ? ' except for namespace' : ''}`);
  }
  if (local && resourceAttributes && (resourceAttributes.namespace ?? '') !== namespace) {
    bad('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace');
  }
  if (local && shownPath) bad('spec.nonResourceAttributes', shownPath, 'disallowed on this kind of request');
  // A review is refused without the name of its kind.
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);

  const asked = resourceAttributes ? { verb: '', ...resourceAttributes } : { verb, path };
  const { allowed, reason } = authorizer.authorize(self ? caller : { username: user, groups }, asked);
  return { allowed, ...(reason !== '' && { reason }) };
}
