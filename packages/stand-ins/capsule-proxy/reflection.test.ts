import { describe, expect, it } from 'vitest';
import {
  allowsList,
  bindingsOf,
  capsuleUsers,
  isCapsuleUser,
  type RoleBindingFacts,
  type Subject,
  tenantOf,
} from './reflection.ts';

function binding(namespace: string, ...subjects: Subject[]): RoleBindingFacts {
  return { namespace, reflected: true, subjects, role: { kind: 'ClusterRole', name: 'view' } };
}

const group = (name: string): Subject => ({ kind: 'Group', name });
const ann = { name: 'ann', groups: ['acme-devs'] };
const robot = { name: 'system:serviceaccount:acme-ci:robot', groups: ['system:serviceaccounts'] };

describe('bindingsOf', () => {
  it.each([
    ['a group of the caller', binding('a', group('acme-devs')), ann, true],
    ['a group of which it is not', binding('a', group('other-devs')), ann, false],
    ['its name', binding('a', { kind: 'User', name: 'ann' }), ann, true],
    ['a group that is called like it', binding('a', group('ann')), ann, false],
    ['its ServiceAccount', binding('a', { kind: 'ServiceAccount', name: 'robot', namespace: 'acme-ci' }), robot, true],
    [
      'one of that name elsewhere',
      binding('a', { kind: 'ServiceAccount', name: 'robot', namespace: 'a' }),
      robot,
      false,
    ],
    ['a person called like a ServiceAccount', binding('a', { kind: 'User', name: robot.name }), robot, false],
  ])('by %s', (_what, facts, caller, found) => {
    expect(bindingsOf([facts], caller)).toHaveLength(found ? 1 : 0);
  });
});

describe('allowsList', () => {
  const rule = { verbs: ['get', 'list'], apiGroups: ['apps'], resources: ['deployments'] };
  it.each([
    ['the rule fits', [rule], true],
    ['everything is allowed', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], true],
    ['another verb is allowed', [{ ...rule, verbs: ['get', 'watch'] }], false],
    ['another group is', [{ ...rule, apiGroups: [''] }], false],
    ['only one name is', [{ ...rule, resourceNames: ['web'] }], false],
    ['there are no rules', undefined, false],
  ])('when %s', (_what, rules, allowed) => {
    expect(allowsList(rules, 'apps', 'deployments')).toBe(allowed);
  });
});

describe('tenantOf', () => {
  const namespace = (labels: Record<string, string>, owner?: string) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'n',
      labels,
      ownerReferences: owner ? [{ apiVersion: 'x', kind: owner, name: 'owned', uid: 'u' }] : [],
    },
  });
  it.each([
    [namespace({ 'projectcapsule.dev/tenant': 'new', 'capsule.clastix.io/tenant': 'old' }), 'new'],
    [namespace({ 'capsule.clastix.io/tenant': 'old' }), 'old'],
    [namespace({}, 'Tenant'), 'owned'],
    [namespace({}, 'Project'), undefined],
  ])('of %j is %s', (object, tenant) => {
    expect(tenantOf(object)).toBe(tenant);
  });
});

it('a Capsule user is one by name or by group', () => {
  const users = capsuleUsers([
    { kind: 'Group', name: 'kubenova-users' },
    { kind: 'ServiceAccount', name: robot.name },
    { kind: 'Group' },
  ]);
  expect(isCapsuleUser(users, { name: 'x', groups: ['kubenova-users'] })).toBe(true);
  expect(isCapsuleUser(users, robot)).toBe(true);
  expect(isCapsuleUser(users, { name: 'kubenova-users', groups: [] })).toBe(false);
  expect(isCapsuleUser(capsuleUsers(undefined), ann)).toBe(false);
});
