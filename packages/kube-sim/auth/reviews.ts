/**
 * Kinds that are asked, not stored: who somebody is and what they may do. The selectors of an access review are ignored,
 * as RBAC ignores them.
 * Source: `authentication.k8s.io/v1` and `authorization.k8s.io/v1`.
 */
import type { TokenReview } from '@kubenova/kube/kinds/authentication.ts';
import type { SubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest, invalid } from '../api/api-error.ts';
import type { FieldError } from '../api/field-error.ts';
import { type Clock, timestamp } from '../clock.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { Authorizer, RuleResolver } from './authorizer.ts';
import type { TokenReviewer } from './create-authenticator.ts';
import type { UserInfo } from './user.ts';

export interface ReviewParts {
  readonly authorizer: Authorizer & RuleResolver;
  readonly authenticator: TokenReviewer;
  readonly clock: Clock;
}

/** Reviews answer without their kind in an error. */
const NAMELESS = { group: 'authorization.k8s.io', kind: '' };

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
  switch (type.kind) {
    case 'TokenReview':
      return reviewToken(object as TokenReview, parts);
    case 'SelfSubjectReview':
      return anew(object, { creationTimestamp: timestamp(parts.clock) }, { status: { userInfo: shown(user) } });
    case 'SelfSubjectRulesReview':
      return reviewRules(object, user, parts);
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview':
    case 'SelfSubjectAccessReview':
      return reviewAccess(type.kind, object as SubjectAccessReview, user, parts, namespace);
    default:
      throw badRequest(`not a review: ${type.kind}`);
  }
}

/** An answer that holds nothing of what was sent. */
function anew({ kind, apiVersion }: KubeObject, metadata: object, rest: object): KubeObject {
  return { kind, apiVersion, metadata: metadata as KubeObject['metadata'], ...rest };
}

/** As it goes out: what is empty is left out. */
function shown({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid && { uid }), groups, ...(extra && Object.keys(extra).length > 0 && { extra }) };
}

async function reviewToken(review: TokenReview, { authenticator }: ReviewParts): Promise<KubeObject> {
  const { token, audiences } = review.spec ?? {};
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const result = await authenticator.review(token, audiences?.length ? audiences : undefined);
  if ('error' in result) return { ...review, status: { user: {}, error: result.error } };
  return { ...review, status: { authenticated: true, user: shown(result.user), audiences: result.audiences } };
}

function reviewRules(review: KubeObject, user: UserInfo, { authorizer }: ReviewParts): KubeObject {
  const { namespace } = (review.spec ?? {}) as { namespace?: string };
  if (!namespace) throw badRequest('no namespace on request');
  return anew(review, {}, { spec: {}, status: { ...authorizer.rulesFor(user, namespace), incomplete: false } });
}

function reviewAccess(
  kind: string,
  review: SubjectAccessReview,
  caller: UserInfo,
  { authorizer }: ReviewParts,
  namespace: string,
): KubeObject {
  const spec = (review.spec ?? {}) as SubjectAccessReview['spec'];
  const errors = validate(kind, review, spec, namespace);
  if (errors.length > 0) throw invalid(NAMELESS, '', errors);
  const self = kind === 'SelfSubjectAccessReview';
  const user = self ? caller : { username: spec.user ?? '', groups: spec.groups ?? [] };
  const { resourceAttributes, nonResourceAttributes } = spec;
  const { verb = '', path = '' } = nonResourceAttributes ?? {};
  const { allowed, reason } = authorizer.authorize(
    user,
    resourceAttributes ? { ...resourceAttributes, verb: resourceAttributes.verb ?? '' } : { verb, path },
  );
  return { ...review, status: { allowed, ...(reason !== '' && { reason }) } };
}

function validate(
  kind: string,
  review: SubjectAccessReview,
  spec: SubjectAccessReview['spec'],
  namespace: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const bad = (field: string, value: unknown, detail: string): void =>
    void errors.push({ kind: 'Invalid', field, value, detail });
  const { resourceAttributes, nonResourceAttributes, user, groups } = spec;
  // The server prints its own struct here, whose fields have no JSON names.
  const shownPath = nonResourceAttributes && {
    Path: nonResourceAttributes.path ?? '',
    Verb: nonResourceAttributes.verb ?? '',
  };
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    bad('spec', shownPath ?? null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  if (kind !== 'SelfSubjectAccessReview' && !user && !groups?.length) {
    bad('spec.user', '', 'at least one of user or group must be specified');
  }
  const local = kind === 'LocalSubjectAccessReview';
  const { managedFields: _tracked, namespace: _own, ...rest } = review.metadata ?? {};
  if (Object.keys(rest).length > 0) {
    bad('metadata', review.metadata, local ? 'must be empty except for namespace' : 'must be empty');
  }
  if (local && resourceAttributes && (resourceAttributes.namespace ?? '') !== namespace) {
    bad('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace');
  }
  if (local && nonResourceAttributes)
    bad('spec.nonResourceAttributes', shownPath, 'disallowed on this kind of request');
  return errors;
}
