/** Projects whose names are taken or lead astray, and members that a project cannot have. */
import { acme, type BadInput, badInputOf, uuidLike } from './operation.ts';

const ann = { kind: 'User', name: 'ann' };

export const badProjects: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: `${acme}/projects` }, [
    { reason: 'a project that looks like an id', body: { name: uuidLike }, pointer: '/name', says: /UUID/ },
    {
      reason: 'a second project of a name',
      body: { name: 'shop' },
      status: 409,
      says: /has a project named shop already/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/projects/shop/access` }, [
    {
      reason: 'a member with a role for tenants',
      body: { members: [{ subject: ann, role: 'tenantOwner' }] },
      pointer: '/members/0/role',
      says: /projectDev, readOnly/,
    },
    {
      reason: 'a member twice',
      body: { members: ['projectDev', 'readOnly'].map((role) => ({ subject: ann, role })) },
      pointer: '/members/1/subject',
      says: /named twice/,
    },
    {
      reason: 'a member that is a token which is not there',
      body: { members: [{ subject: { kind: 'Token', name: uuidLike }, role: 'readOnly' }] },
      pointer: '/members/0/subject/name',
      says: /No such token/,
    },
  ]),
];
