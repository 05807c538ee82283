/** Tenants whose names are taken or lead astray, and owners that a tenant cannot have. */
import { acme, type BadInput, badInputOf, uuidLike } from './operation.ts';

export const badTenants: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/tenants' }, [
    { reason: 'a name with capitals', body: { name: 'Acme' }, pointer: '/name', says: /lower-case/ },
    { reason: 'a name that is too long', body: { name: 'a'.repeat(41) }, pointer: '/name', says: /at most 40/ },
    { reason: 'a name that looks like an id', body: { name: uuidLike }, pointer: '/name', says: /UUID/ },
    {
      reason: 'a second tenant of a name',
      body: { name: 'acme' },
      status: 409,
      says: /tenant named acme exists already/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/owners` }, [
    {
      reason: 'an owner that is a token',
      body: [{ kind: 'Token', name: 'ci' }],
      pointer: '/0/kind',
      says: /must be one of: User, Group/,
    },
  ]),
];
