/** The answers are those of a real API server (1.37.2) to the same objects and users. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../admission/admission.ts';
import { bootstrapObjects } from './bootstrap.ts';
import { createEscalationCheck } from './escalation.ts';
import { createRbac, RBAC_GROUP } from './rbac.ts';
import { binding, put, role, rule, storeOf } from './testing/rbac-objects.ts';
import type { UserInfo } from './user.ts';

const store = storeOf(...bootstrapObjects());
for (const object of [
  role('imp', [
    rule('impersonate', '', 'users', 'jane'),
    rule('impersonate', '', 'groups', 'devs'),
    rule('impersonate', 'authentication.k8s.io', 'userextras/scopes', 'view'),
  ]),
  role('esc', [
    rule('get,list,create,update,patch,delete', RBAC_GROUP, 'roles,rolebindings,clusterroles,clusterrolebindings'),
    rule('get,list', '', 'pods'),
    rule('get', '', 'pods/log'),
    rule('get', '', '*/status'),
    { verbs: ['get'], nonResourceURLs: ['/healthz/*'] },
  ]),
  role('bind', [rule('bind', RBAC_GROUP, 'clusterroles', 'view'), rule('escalate', RBAC_GROUP, 'roles')]),
  binding('esc', 'ClusterRole esc', ['User esc', 'User binder']),
  binding('bind', 'ClusterRole bind', ['User binder']),
]) {
  put(store, object);
}
const { mutate } = createEscalationCheck(createRbac(store));

const ESC: UserInfo = { username: 'esc', groups: ['system:authenticated'] };
const BINDER: UserInfo = { ...ESC, username: 'binder' };

/** What is answered to a write; 'ok' when it passes. */
function write(user: UserInfo, object: KubeObject, oldObject?: KubeObject): unknown {
  const plural = `${object.kind.toLowerCase()}s`;
  const type = { group: RBAC_GROUP, version: 'v1', kind: object.kind, plural } as ResourceType;
  const { namespace = '', name } = object.metadata;
  const request: AdmissionRequest = {
    operation: oldObject ? 'UPDATE' : 'CREATE',
    type,
    namespace,
    name,
    object,
    oldObject,
    user,
    dryRun: false,
    options: undefined,
    warnings: [],
  };
  try {
    mutate?.(request);
    return 'ok';
  } catch (error) {
    if (!isApiError(error)) throw error;
    const { code, reason, message, details } = error.status;
    return [code, reason, message, details];
  }
}

const forbidden = (kind: string, name: string, why: string): unknown => [
  403,
  'Forbidden',
  `${kind}.rbac.authorization.k8s.io "${name}" is forbidden: ${why}`,
  { name, group: RBAC_GROUP, kind },
];
const attempt = (who: string, ...rules: string[]): string =>
  `user ${who} is attempting to grant RBAC permissions not currently held:\n${rules.join('\n')}`;
const ESC_TEXT = '"esc" (groups=["system:authenticated"])';
const IMPERSONATION = [
  '{APIGroups:[""], Resources:["groups"], ResourceNames:["devs"], Verbs:["impersonate"]}',
  '{APIGroups:[""], Resources:["users"], ResourceNames:["jane"], Verbs:["impersonate"]}',
  '{APIGroups:["authentication.k8s.io"], Resources:["userextras/scopes"], ResourceNames:["view"], Verbs:["impersonate"]}',
];
const EVERYTHING = '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}';
const STATUS_AND_LOG = role('r', [rule('patch,get', '', 'services/status,pods/log')]);
const existing = (name: string): KubeObject => {
  const entry = store.get('clusterroles.rbac.authorization.k8s.io', '', name);
  if (entry === undefined) throw new Error(`no ${name}`);
  return entry.object;
};
const relabelled = (object: KubeObject, metadata: object): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});

describe('a role', () => {
  it('may hold what its writer holds', () => {
    expect(write(ESC, role('r1', [rule('get,list', '', 'pods')], 'n'))).toBe('ok');
    expect(write(ESC, role('r5', [rule('get', '', 'services/status,pods/log')]))).toBe('ok');
  });

  it('is refused with each missing right, verbs joined, groups of the writer named', () => {
    const wanted = [rule('get,list', '', 'pods,secrets'), rule('*', 'apps,', 'deployments', 'a,b')];
    const user = { username: 'esc', groups: ['g1', 'g2', 'system:authenticated'] };
    expect(write(user, role('r2', wanted, 'n'))).toEqual(
      forbidden(
        'roles',
        'r2',
        attempt(
          '"esc" (groups=["g1" "g2" "system:authenticated"])',
          '{APIGroups:[""], Resources:["deployments"], ResourceNames:["a"], Verbs:["*"]}',
          '{APIGroups:[""], Resources:["deployments"], ResourceNames:["b"], Verbs:["*"]}',
          '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
          '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["a"], Verbs:["*"]}',
          '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["b"], Verbs:["*"]}',
        ),
      ),
    );
  });

  it('is refused with paths one by one', () => {
    const urls = [{ verbs: ['get', 'post'], nonResourceURLs: ['/healthz/x', '/metrics', '/logs'] }];
    expect(write(ESC, role('r3', urls))).toEqual(
      forbidden(
        'clusterroles',
        'r3',
        attempt(
          ESC_TEXT,
          '{NonResourceURLs:["/healthz/x"], Verbs:["post"]}',
          '{NonResourceURLs:["/logs"], Verbs:["get"]}',
          '{NonResourceURLs:["/logs"], Verbs:["post"]}',
          '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
          '{NonResourceURLs:["/metrics"], Verbs:["post"]}',
        ),
      ),
    );
  });

  it('aggregates only for those who hold everything', () => {
    const aggregated = { ...role('r4', []), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } };
    const refused = forbidden('clusterroles', 'r4', 'must have cluster-admin privileges to use the aggregationRule');
    expect(write(ESC, aggregated)).toEqual(refused);
    expect(write(ESC, role('r4', []), aggregated)).toEqual(refused);
    expect(write({ username: 'root', groups: ['system:masters'] }, aggregated)).toBe('ok');
  });

  it('is checked again when it changes, whatever changes', () => {
    const refused = attempt(
      ESC_TEXT,
      '{APIGroups:[""], Resources:["pods/log"], Verbs:["patch"]}',
      '{APIGroups:[""], Resources:["services/status"], Verbs:["patch"]}',
    );
    expect(write(ESC, STATUS_AND_LOG, role('r', []))).toEqual(forbidden('clusterroles', 'r', refused));
    const admin = existing('cluster-admin');
    expect(write(ESC, relabelled(admin, { labels: { x: 'y' } }), admin)).toEqual(
      forbidden('clusterroles', 'cluster-admin', attempt(ESC_TEXT, EVERYTHING, '{NonResourceURLs:["*"], Verbs:["*"]}')),
    );
  });

  it('loses finalizers and owners by anybody', () => {
    const view = existing('view');
    expect(write(ESC, relabelled(view, { finalizers: ['a.b/c'], ownerReferences: [], managedFields: [] }), view)).toBe(
      'ok',
    );
  });

  it('passes for those who may escalate that kind', () => {
    const all = [rule('*', '*', '*')];
    expect(write(BINDER, role('r9', all, 'n'))).toBe('ok');
    const refused = attempt('"binder" (groups=["system:authenticated"])', EVERYTHING);
    expect(write(BINDER, role('r10', all))).toEqual(forbidden('clusterroles', 'r10', refused));
  });
});

describe('a binding', () => {
  it.each<[string, UserInfo, KubeObject, unknown]>([
    [
      'of a role that gives more',
      ESC,
      binding('b1', 'ClusterRole imp', [], 'n'),
      forbidden('rolebindings', 'b1', attempt(ESC_TEXT, ...IMPERSONATION)),
    ],
    [
      'of everything',
      ESC,
      binding('b5', 'ClusterRole cluster-admin', []),
      forbidden('clusterrolebindings', 'b5', attempt(ESC_TEXT, EVERYTHING, '{NonResourceURLs:["*"], Verbs:["*"]}')),
    ],
    [
      'of no role',
      ESC,
      binding('b2', 'ClusterRole nope', [], 'n'),
      [
        404,
        'NotFound',
        'rolebindings.rbac.authorization.k8s.io "nope" not found',
        { name: 'nope', group: RBAC_GROUP, kind: 'rolebindings' },
      ],
    ],
    [
      'of an unknown kind',
      ESC,
      binding('b4', 'X nope', [], 'n'),
      [500, undefined, 'unsupported role reference kind: "X"', undefined],
    ],
    [
      'of a Role for the cluster',
      ESC,
      binding('b6', 'Role r', []),
      [400, 'BadRequest', 'Namespace parameter required.', undefined],
    ],
    ['of a role that the writer may bind', BINDER, binding('b7', 'ClusterRole view', [], 'n'), 'ok'],
    ['of what the writer holds', ESC, binding('b8', 'ClusterRole esc', [], 'n'), 'ok'],
  ])('%s', (_what, user, object, answer) => {
    expect(write(user, object)).toEqual(answer);
  });
});
