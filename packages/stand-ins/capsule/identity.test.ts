import { describe, expect, it } from 'vitest';
import { standingOf } from './identity.ts';

const configuration = {
  apiVersion: 'capsule.clastix.io/v1beta2',
  kind: 'CapsuleConfiguration',
  metadata: { name: 'default' },
  spec: {
    administrators: [
      { kind: 'Group' as const, name: 'admins' },
      { kind: 'ServiceAccount' as const, name: 'system:serviceaccount:a:manager' },
    ],
  },
  status: {
    users: [
      { kind: 'Group', name: 'system:authenticated' },
      { kind: 'User', name: 'bob' },
    ],
  },
};

describe('somebody', () => {
  it.each([
    ['Capsule itself', { username: 'system:serviceaccount:capsule-system:capsule' }, 'administrator'],
    ['a member of a group of administrators', { username: 'x', groups: ['admins'] }, 'administrator'],
    ['an account among the administrators', { username: 'system:serviceaccount:a:manager' }, 'administrator'],
    ['a user by name', { username: 'bob' }, 'user'],
    ['a user by group', { username: 'x', groups: ['system:authenticated'] }, 'user'],
    ['both', { username: 'bob', groups: ['admins'] }, 'administrator'],
    ['one who has the name of a group', { username: 'admins' }, 'other'],
    [
      'a controller of Kubernetes, whatever its groups',
      { username: 'c', groups: ['system:serviceaccounts:kube-system', 'system:authenticated'] },
      'other',
    ],
    ['anybody else', { username: 'x', groups: ['system:masters'] }, 'other'],
  ] as const)('%s', (_who, user, standing) => {
    expect(standingOf(user, configuration)).toBe(standing);
  });

  it('is nobody where there is no configuration', () => {
    expect(standingOf({ username: 'bob' }, undefined)).toBe('other');
  });
});
