/** The answers are those of a real API server (1.37.2), less `managedFields`, which the API server adds to reviews too. */
import type { KubeObject, ObjectMeta } from '@kubenova/kube/object.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { bootstrapObjects } from './bootstrap.ts';
import { createAuthenticator } from './create-authenticator.ts';
import { createRbac } from './rbac.ts';
import { answerReview } from './reviews.ts';
import { createServiceAccountTokens } from './service-account-token.ts';
import { binding, put, storeOf } from './testing/rbac-objects.ts';
import { answerTokenRequest } from './token-request.ts';
import type { UserInfo } from './user.ts';

const clock = { now: () => Date.UTC(2026, 10, 24, 23, 19, 38, 500), after: () => () => {} };
const store = storeOf(...bootstrapObjects(), binding('lost', 'ClusterRole nope', ['User lost']));
const object = (kind: string, name: string, uid: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, uid, ...(kind !== 'Node' && { namespace: 'n' }) },
  ...more,
});
for (const one of [
  object('ServiceAccount', 'default', 'sa-1'),
  object('ServiceAccount', 'other', 'sa-2'),
  object('Pod', 'q', 'pod-1', { spec: { serviceAccountName: 'default' } }),
  object('Secret', 's', 'secret-1'),
  object('Node', 'w', 'node-1'),
]) {
  put(store, one);
}
const tokens = createServiceAccountTokens({ store, clock });
const authorizer = createRbac(store);
const authenticator = createAuthenticator({ tokens, clock });

const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };
const BOB: UserInfo = { username: 'bob', uid: '17', groups: ['system:authenticated'], extra: { 'foo/bar': ['a'] } };

async function refusalOr(answer: Promise<KubeObject>): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if (!isApiError(error)) throw error;
    const { code, message, details } = error.status;
    return [code, message, details];
  });
}

function review(kind: string, body: object, user: UserInfo = ADMIN, namespace = ''): Promise<unknown> {
  const group = kind.endsWith('AccessReview') || kind.endsWith('RulesReview') ? 'authorization' : 'authentication';
  const asked = { kind, apiVersion: `${group}.k8s.io/v1`, metadata: {}, ...body } as KubeObject;
  const type = { kind, group: `${group}.k8s.io`, version: 'v1' } as ResourceType;
  return refusalOr(answerReview(type, asked, user, { authorizer, authenticator, clock }, namespace));
}

describe('who somebody is', () => {
  it('SelfSubjectReview answers nothing of what was sent', async () => {
    const sent = { metadata: { name: 'x', labels: { a: 'b' } }, status: { userInfo: { username: 'h' } } };
    expect(await review('SelfSubjectReview', sent, BOB)).toEqual({
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: '2026-11-24T23:19:38Z' },
      status: {
        userInfo: { username: 'bob', uid: '17', groups: ['system:authenticated'], extra: { 'foo/bar': ['a'] } },
      },
    });
    const admin = { userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] } };
    expect(await review('SelfSubjectReview', {})).toMatchObject({ status: admin });
  });

  it('TokenReview tells whose a token is and for which audience', async () => {
    const account = object('ServiceAccount', 'default', 'sa-1');
    const token = await tokens.sign({ account, bound: {}, audiences: ['a', 'b'], expirationSeconds: 600 });
    const good = await review('TokenReview', { metadata: { name: 'x' }, spec: { token, audiences: ['b'] } });
    expect(good).toMatchObject({
      metadata: { name: 'x' },
      status: {
        authenticated: true,
        user: { username: 'system:serviceaccount:n:default', uid: 'sa-1' },
        audiences: ['b'],
      },
    });
    const bad = await review('TokenReview', { spec: { token: 'h' } });
    expect(bad).toMatchObject({ spec: { token: 'h' }, status: { user: {}, error: 'invalid bearer token' } });
    expect(await review('TokenReview', { spec: {} })).toEqual([
      400,
      'token is required for TokenReview in authentication',
      undefined,
    ]);
  });
});

const invalid = (field: string, message: string): unknown => [
  422,
  `.authorization.k8s.io "" is invalid: ${field}: ${message}`,
  {
    group: 'authorization.k8s.io',
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  },
];
const PODS = { verb: 'get', resource: 'pods', namespace: 'n' };
const ONE_OF = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';

describe('what somebody may do', () => {
  it.each<[string, string, object, unknown]>([
    [
      'allowed by a binding',
      'SubjectAccessReview',
      { user: 'u', groups: ['system:authenticated'], nonResourceAttributes: { path: '/version', verb: 'post' } },
      { allowed: false },
    ],
    [
      'allowed to be asked',
      'SubjectAccessReview',
      {
        user: 'u',
        groups: ['system:authenticated'],
        resourceAttributes: { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' },
      },
      {
        allowed: true,
        reason:
          'RBAC: allowed by ClusterRoleBinding "system:basic-user" of ClusterRole "system:basic-user" to Group "system:authenticated"',
      },
    ],
    [
      'a master',
      'SubjectAccessReview',
      { user: 'u', groups: ['system:masters'], resourceAttributes: PODS },
      { allowed: true },
    ],
    ['nobody', 'LocalSubjectAccessReview', { user: 'u', resourceAttributes: PODS }, { allowed: false }],
    ['oneself', 'SelfSubjectAccessReview', { resourceAttributes: PODS }, { allowed: true }],
    [
      'a binding without its role',
      'SubjectAccessReview',
      { user: 'lost', resourceAttributes: PODS },
      { allowed: false, reason: 'rbac: RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found' },
    ],
  ])('%s', async (_what, kind, spec, status) => {
    const answer = await review(kind, { spec }, ADMIN, kind.startsWith('Local') ? 'n' : '');
    expect(answer).toMatchObject({ kind, spec });
    expect(answer).toHaveProperty('status', status);
  });

  it.each<[string, string, object, unknown]>([
    [
      'both attributes',
      'SubjectAccessReview',
      { spec: { user: 'u', resourceAttributes: PODS, nonResourceAttributes: { path: '/x', verb: 'get' } } },
      invalid('spec', `Invalid value: {"Path":"/x","Verb":"get"}: ${ONE_OF}`),
    ],
    [
      'no attributes',
      'SubjectAccessReview',
      { spec: { user: 'u' } },
      invalid('spec', `Invalid value: null: ${ONE_OF}`),
    ],
    [
      'no attributes of oneself',
      'SelfSubjectAccessReview',
      { spec: {} },
      invalid('spec', `Invalid value: null: ${ONE_OF}`),
    ],
    [
      'nobody to ask about',
      'SubjectAccessReview',
      { spec: { resourceAttributes: PODS } },
      invalid('spec.user', 'Invalid value: "": at least one of user or group must be specified'),
    ],
    [
      'a name',
      'SubjectAccessReview',
      { metadata: { name: 'x' }, spec: { user: 'u', resourceAttributes: PODS } },
      invalid('metadata', 'Invalid value: {"name":"x"}: must be empty'),
    ],
    [
      'another namespace',
      'LocalSubjectAccessReview',
      { spec: { user: 'u', resourceAttributes: { ...PODS, namespace: 'm' } } },
      invalid('spec.resourceAttributes.namespace', 'Invalid value: "m": must match metadata.namespace'),
    ],
    [
      'a path in a namespace',
      'LocalSubjectAccessReview',
      { spec: { user: 'u', nonResourceAttributes: { verb: 'get', path: '/x' } } },
      invalid(
        'spec.nonResourceAttributes',
        'Invalid value: {"Path":"/x","Verb":"get"}: disallowed on this kind of request',
      ),
    ],
    [
      'a name in a namespace',
      'LocalSubjectAccessReview',
      { metadata: { name: 'x', namespace: 'n' }, spec: { user: 'u', resourceAttributes: PODS } },
      invalid('metadata', 'Invalid value: {"name":"x","namespace":"n"}: must be empty except for namespace'),
    ],
  ])('is not answered to %s', async (_what, kind, body, refusal) => {
    expect(await review(kind, body, ADMIN, 'n')).toEqual(refusal);
  });

  it('is refused with all that is wrong', async () => {
    expect(await review('SubjectAccessReview', {})).toMatchObject([
      422,
      `.authorization.k8s.io "" is invalid: [spec: Invalid value: null: ${ONE_OF}, spec.user: Invalid value: "": at least one of user or group must be specified]`,
      { causes: [{ field: 'spec' }, { field: 'spec.user' }] },
    ]);
  });

  it('is listed by SelfSubjectRulesReview, which does not repeat what was asked', async () => {
    expect(await review('SelfSubjectRulesReview', { spec: { namespace: 'n' } }, BOB)).toEqual({
      kind: 'SelfSubjectRulesReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec: {},
      status: {
        resourceRules: [
          {
            verbs: ['create'],
            apiGroups: ['authorization.k8s.io'],
            resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
          },
          { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
        ],
        nonResourceRules: [
          {
            verbs: ['get'],
            nonResourceURLs: [
              '/api',
              '/api/*',
              '/apis',
              '/apis/*',
              '/healthz',
              '/livez',
              '/openapi',
              '/openapi/*',
              '/readyz',
              '/version',
              '/version/',
            ],
          },
          { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
        ],
        incomplete: false,
      },
    });
    expect(await review('SelfSubjectRulesReview', { spec: {} })).toEqual([400, 'no namespace on request', undefined]);
    const lost = await review('SelfSubjectRulesReview', { spec: { namespace: 'n' } }, { username: 'lost', groups: [] });
    const evaluationError = 'clusterrole.rbac.authorization.k8s.io "nope" not found';
    expect(lost).toHaveProperty('status', {
      resourceRules: [],
      nonResourceRules: [],
      evaluationError,
      incomplete: false,
    });
  });
});

describe('TokenRequest', () => {
  const request = (spec: object, name = 'default'): Promise<unknown> => {
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {} as ObjectMeta,
      spec,
    };
    return refusalOr(answerTokenRequest({ namespace: 'n', name }, body, { store, clock, tokens }));
  };
  const now = Math.floor(clock.now() / 1000);
  const ISSUER = 'https://kubernetes.default.svc';

  it.each<[string, object, object, object]>([
    [
      'by default',
      {},
      { spec: { audiences: [ISSUER], expirationSeconds: 3600, boundObjectRef: null } },
      { aud: [ISSUER], exp: now + 3600, 'kubernetes.io': {} },
    ],
    [
      'for others and a Secret',
      {
        audiences: ['a', 'b'],
        expirationSeconds: 600,
        boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 's' },
      },
      { status: { expirationTimestamp: '2026-11-24T23:29:38Z' } },
      { aud: ['a', 'b'], exp: now + 600, 'kubernetes.io': { secret: { name: 's', uid: 'secret-1' } } },
    ],
    [
      'for a pod',
      { expirationSeconds: 3607, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'q', uid: 'pod-1' } },
      { spec: { expirationSeconds: 3607 }, status: { expirationTimestamp: '2026-11-25T00:19:45Z' } },
      { exp: now + 3607, 'kubernetes.io': { pod: { name: 'q', uid: 'pod-1' } } },
    ],
    [
      'for a node',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Node', name: 'w' } },
      {},
      { 'kubernetes.io': { node: { name: 'w', uid: 'node-1' } } },
    ],
  ])('%s', async (_what, spec, answer, claims) => {
    const answered = (await request(spec)) as KubeObject & { status: { token: string } };
    const metadata = { name: 'default', namespace: 'n', uid: 'sa-1', creationTimestamp: '2026-11-24T23:19:38Z' };
    expect(answered).toMatchObject({ metadata, ...answer });
    const { 'kubernetes.io': bound, ...rest } = decodeJwt(answered.status.token);
    const { 'kubernetes.io': expected, ...others } = claims as Record<string, object>;
    expect(rest).toMatchObject({ iss: ISSUER, iat: now, nbf: now, sub: 'system:serviceaccount:n:default', ...others });
    expect(bound).toEqual({ namespace: 'n', serviceaccount: { name: 'default', uid: 'sa-1' }, ...expected });
    expect(await tokens.verify(answered.status.token, rest.aud as string[])).toHaveProperty('user');
  });

  const wrong = (field: string, message: string): unknown => [
    422,
    `TokenRequest.authentication.k8s.io "" is invalid: ${field}: ${message}`,
    {
      group: 'authentication.k8s.io',
      kind: 'TokenRequest',
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    },
  ];
  const bad = (message: string): unknown => [400, message, undefined];
  const ref = (apiVersion: string, kind: string, name: string, uid?: string): object => ({
    boundObjectRef: { apiVersion, kind, name, ...(uid && { uid }) },
  });
  it.each<[string, object, string, unknown]>([
    [
      'too short',
      { expirationSeconds: 599 },
      'default',
      wrong('spec.expirationSeconds', 'Invalid value: 599: may not specify a duration less than 10 minutes'),
    ],
    [
      'too long',
      { expirationSeconds: 2 ** 32 + 1 },
      'default',
      wrong('spec.expirationSeconds', 'Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds'),
    ],
    [
      'a pod that is not',
      ref('v1', 'Pod', 'nope'),
      'default',
      [404, 'pods "nope" not found', { name: 'nope', kind: 'pods' }],
    ],
    [
      'another pod',
      ref('v1', 'Pod', 'q', 'x'),
      'default',
      [
        409,
        'Operation cannot be fulfilled on Pod "q": the UID in the bound object reference (x) does not match the UID in record. The object might have been deleted and then recreated',
        { name: 'q', kind: 'Pod' },
      ],
    ],
    ['a kind', ref('v1', 'ConfigMap', 'q'), 'default', bad('cannot bind token to object of type /v1, Kind=ConfigMap')],
    [
      'a kind of a group',
      ref('apps/v1', 'Deployment', 'q'),
      'default',
      bad('cannot bind token to object of type apps/v1, Kind=Deployment'),
    ],
    ['nothing', { boundObjectRef: {} }, 'default', bad('cannot bind token to object of type /, Kind=')],
    [
      "somebody else's pod",
      ref('v1', 'Pod', 'q'),
      'other',
      bad('cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.'),
    ],
    ['no account', {}, 'nope', [404, 'serviceaccounts "nope" not found', { name: 'nope', kind: 'serviceaccounts' }]],
  ])('is refused for %s', async (_what, spec, name, answer) => {
    expect(await request(spec, name)).toEqual(answer);
  });
});
