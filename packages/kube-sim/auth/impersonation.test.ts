/** The answers are those of a real API server (1.37.2) to the same headers and rights. */

import { isApiError } from '@kubenova/kube-model/api-error.ts';
import { describe, expect, it } from 'vitest';
import { type DistinctHeaders, impersonate } from './impersonation.ts';
import { createRbac } from './rbac.ts';
import { binding, role, rule, storeOf } from './testing/rbac-objects.ts';
import { serviceAccountUser, type UserInfo } from './user.ts';

const PODS = { verb: 'list', resource: 'pods', namespace: 'a' };
const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** A new one each time: who has impersonated with success is remembered. */
function session(user: UserInfo): (headers: DistinctHeaders, path?: string) => unknown {
  const rbac = createRbac(
    storeOf(
      role('imp', [
        rule('impersonate', '', 'users', 'jane'),
        rule('impersonate', '', 'groups', 'devs'),
        rule('impersonate', 'authentication.k8s.io', 'userextras/scopes', 'view'),
      ]),
      binding('imp', 'ClusterRole imp', ['ServiceAccount a/default']),
      role('sa', [rule('impersonate', '', 'serviceaccounts', 'other')], 'a'),
      binding('sa', 'Role sa', ['ServiceAccount a/default'], 'a'),
    ),
  );
  return (headers, path) => {
    try {
      return impersonate(headers, user, rbac, path === undefined ? PODS : { verb: 'get', path });
    } catch (error) {
      if (!isApiError(error)) throw error;
      return [error.status.code, error.status.message];
    }
  };
}

const cannot = (what: string, verb: string, resource: string, where: string, group = '', by = 'a'): unknown => [
  403,
  `${what} is forbidden: User "system:serviceaccount:${by}:default" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
];
const CLUSTER = 'at the cluster scope';
const IN_A = 'in the namespace "a"';

describe('one who may impersonate a few', () => {
  const asked = session(serviceAccountUser('a', 'default', 'u1'));
  it.each<[string, DistinctHeaders, unknown]>([
    ['without headers', {}, serviceAccountUser('a', 'default', 'u1')],
    ['with an empty user', { 'impersonate-user': '' }, serviceAccountUser('a', 'default', 'u1')],
    [
      'another user, first',
      { 'impersonate-user': 'joe' },
      cannot('pods', 'impersonate-on:user-info:list', 'pods', IN_A),
    ],
    ['the user', { 'impersonate-user': 'jane' }, { username: 'jane', groups: ['system:authenticated'] }],
    [
      'another user, after the old verb has worked',
      { 'impersonate-user': 'joe' },
      cannot('users "joe"', 'impersonate', 'users', CLUSTER),
    ],
    [
      'the first of two users',
      { 'impersonate-user': ['jane', 'joe'] },
      { username: 'jane', groups: ['system:authenticated'] },
    ],
    [
      'a group',
      { 'impersonate-user': 'jane', 'impersonate-group': ['devs'] },
      { username: 'jane', groups: ['devs', 'system:authenticated'] },
    ],
    [
      'another group',
      { 'impersonate-user': 'jane', 'impersonate-group': ['devs', 'ops'] },
      cannot('groups "ops"', 'impersonate', 'groups', CLUSTER),
    ],
    [
      'a uid',
      { 'impersonate-user': 'jane', 'impersonate-uid': '7' },
      cannot('uids.authentication.k8s.io "7"', 'impersonate', 'uids', CLUSTER, 'authentication.k8s.io'),
    ],
    [
      'an extra',
      { 'impersonate-user': 'jane', 'impersonate-extra-scopes': ['view'] },
      { username: 'jane', groups: ['system:authenticated'], extra: { scopes: ['view'] } },
    ],
    [
      'another extra',
      { 'impersonate-user': 'jane', 'impersonate-extra-scopes': ['edit'] },
      cannot(
        'userextras.authentication.k8s.io "edit"',
        'impersonate',
        'userextras/scopes',
        CLUSTER,
        'authentication.k8s.io',
      ),
    ],
    ['an account', { 'impersonate-user': 'system:serviceaccount:a:other' }, serviceAccountUser('a', 'other')],
    [
      'another account',
      { 'impersonate-user': 'system:serviceaccount:a:default' },
      cannot('serviceaccounts "default"', 'impersonate', 'serviceaccounts', IN_A),
    ],
    [
      'a node',
      { 'impersonate-user': 'system:node:n1' },
      cannot('users "system:node:n1"', 'impersonate', 'users', CLUSTER),
    ],
    [
      'what is no account',
      { 'impersonate-user': 'system:serviceaccount:a' },
      cannot('users "system:serviceaccount:a"', 'impersonate', 'users', CLUSTER),
    ],
  ])('%s', (_what, headers, answer) => {
    expect(asked(headers)).toEqual(answer);
  });
});

describe('one who may not', () => {
  const verb = (mode: string): unknown => cannot('pods', `impersonate-on:${mode}:list`, 'pods', IN_A, '', 'b');
  it.each<[string, string, unknown]>([
    ['a user', 'joe', verb('user-info')],
    ['an account', 'system:serviceaccount:a:other', verb('serviceaccount')],
    ['nobody', 'system:anonymous', verb('user-info')],
  ])('is told of the first mode for %s', (_what, user, answer) => {
    expect(session(serviceAccountUser('b', 'default'))({ 'impersonate-user': user })).toEqual(answer);
  });

  it('is told of a path', () => {
    const asked = session(serviceAccountUser('b', 'default'));
    const told =
      'forbidden: User "system:serviceaccount:b:default" cannot impersonate-on:user-info:get path "/healthz"';
    expect(asked({ 'impersonate-user': 'joe' }, '/healthz')).toEqual([403, told]);
  });
});

describe('headers without a user are refused as', () => {
  it.each<[DistinctHeaders, string]>([
    [{ 'impersonate-group': ['devs'] }, 'Name:"", UID:"", Groups:[]string{"devs"}, Extra:map[string][]string(nil)'],
    [
      { 'impersonate-group': ['devs', 'o"ps'], 'impersonate-extra-scopes': ['view'], 'impersonate-uid': '7' },
      'Name:"", UID:"7", Groups:[]string{"devs", "o\\"ps"}, Extra:map[string][]string{"scopes":[]string{"view"}}',
    ],
    [
      { 'impersonate-extra-scopes': ['view'] },
      'Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"scopes":[]string{"view"}}',
    ],
  ])('%j', (headers, user) => {
    const message = `requested &user.DefaultInfo{${user}} without impersonating a user name`;
    expect(session(ADMIN)(headers)).toEqual([400, message]);
  });
});

describe('who one becomes', () => {
  it.each<[string, DistinctHeaders, UserInfo]>([
    ['a user', { 'impersonate-user': 'joe' }, { username: 'joe', groups: ['system:authenticated'] }],
    [
      'a user with groups, one with a comma',
      { 'impersonate-user': 'joe', 'impersonate-group': ['a,  b', 'c'] },
      { username: 'joe', groups: ['a,  b', 'c', 'system:authenticated'] },
    ],
    [
      'a user who says so already',
      { 'impersonate-user': 'joe', 'impersonate-group': ['system:authenticated', 'a'] },
      { username: 'joe', groups: ['system:authenticated', 'a'] },
    ],
    [
      'a user who is not authenticated',
      { 'impersonate-user': 'joe', 'impersonate-group': ['system:unauthenticated'] },
      { username: 'joe', groups: ['system:unauthenticated'] },
    ],
    [
      'nobody',
      { 'impersonate-user': 'system:anonymous' },
      { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    ],
    [
      'an account with groups of its own',
      { 'impersonate-user': 'system:serviceaccount:a:x', 'impersonate-group': ['a'] },
      { username: 'system:serviceaccount:a:x', groups: ['a', 'system:authenticated'] },
    ],
    [
      'a master with extras',
      {
        'impersonate-user': 'joe',
        'impersonate-group': ['system:masters'],
        'impersonate-extra-a': ['1', '2'],
        'impersonate-extra-acme.com%2fx': ['3'],
        'impersonate-extra-100%': ['4'],
      },
      {
        username: 'joe',
        groups: ['system:masters', 'system:authenticated'],
        extra: { a: ['1', '2'], 'acme.com/x': ['3'], '100%': ['4'] },
      },
    ],
  ])('%s', (_what, headers, user) => {
    expect(session(ADMIN)(headers)).toEqual(user);
  });
});
