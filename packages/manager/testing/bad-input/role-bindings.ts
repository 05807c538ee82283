/** Roles for subjects, or in places, that there cannot be. */
import { type BadInput, badInputOf, uuidLike } from './operation.ts';

const ann = { kind: 'User', name: 'ann' };

export const badRoleBindings: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/role-bindings' }, [
    {
      reason: 'a subject of an unknown kind',
      body: { subject: { kind: 'ServiceAccount', name: 'x' }, role: 'ops' },
      pointer: '/subject/kind',
      says: /User, Group, Token/,
    },
    {
      reason: 'a subject with a line break',
      body: { subject: { kind: 'User', name: 'ann\nadmin' }, role: 'ops' },
      pointer: '/subject/name',
      says: /no control character/,
    },
    {
      reason: 'an unknown role',
      body: { subject: ann, role: 'owner' },
      pointer: '/role',
      says: /tenantOwner/,
    },
    {
      reason: 'a role in a tenant that is not there',
      body: { subject: ann, role: 'readOnly', scope: { tenant: 'nobody' } },
      pointer: '/scope/tenant',
      says: /No such tenant/,
    },
    {
      reason: 'a role for a token by its name',
      body: { subject: { kind: 'Token', name: 'ci' }, role: 'ops' },
      pointer: '/subject/name',
      says: /by its id/,
    },
  ]),
  ...badInputOf({ method: 'DELETE', path: `/api/v1/role-bindings/${uuidLike}`, status: 404 }, [
    { reason: 'a role binding that is not there', says: /No such role binding/ },
  ]),
  ...badInputOf({ method: 'DELETE', path: '/api/v1/role-bindings/crew', status: 400 }, [
    { reason: 'a role binding by a name', pointer: 'roleBinding', says: /uuid/i },
  ]),
];
