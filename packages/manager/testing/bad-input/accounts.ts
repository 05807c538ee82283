/** What no account can be made of, and what whoever has none here cannot change. */
import { type BadInput, badInputOf, uuidLike } from './operation.ts';

const password = 'correct horse battery';

export const badAccounts: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/accounts' }, [
    { reason: 'an account with capitals', body: { name: 'Ann', password }, pointer: '/name', says: /lower-case/ },
    { reason: 'an account that looks like an id', body: { name: uuidLike, password }, pointer: '/name', says: /UUID/ },
    { reason: 'an account without a password', body: { name: 'ann' }, pointer: '/password', says: /needed/ },
    {
      reason: 'a password that is too short',
      body: { name: 'ann', password: 'eleven char' },
      pointer: '/password',
      says: /at least 12/,
    },
    {
      reason: 'a password that is too long to be checked',
      body: { name: 'ann', password: password.repeat(20) },
      pointer: '/password',
      says: /at most 256/,
    },
    {
      reason: 'an e-mail address that is none',
      body: { name: 'ann', password, email: 'ann' },
      pointer: '/email',
      says: /e-mail address/,
    },
    {
      reason: 'a group twice',
      body: { name: 'ann', password, groups: ['crew', 'crew'] },
      pointer: '/groups',
      says: /more than once/,
    },
    {
      reason: 'a group that begins with a space',
      body: { name: 'ann', password, groups: [' crew'] },
      pointer: '/groups/0',
      says: /begin nor end with a space/,
    },
  ]),
  ...badInputOf({ method: 'PATCH', path: '/api/v1/accounts/nobody', status: 404 }, [
    { reason: 'an account that is not there', body: { password }, says: /No such account/ },
  ]),
  ...badInputOf({ method: 'PUT', path: '/api/v1/me/password', status: 403 }, [
    {
      reason: 'a password of whoever has none here',
      body: { currentPassword: password, newPassword: password },
      says: /at their provider/,
    },
  ]),
];
