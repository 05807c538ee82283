/** Tokens of the API whose role and scope do not go together. */
import { type BadInput, badInputOf } from './operation.ts';

export const badTokens: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: '/api/v1/tokens' }, [
    {
      reason: 'a scope for admin',
      body: { name: 't', role: 'admin', scope: { tenant: 'acme' }, ttlSeconds: 60 },
      pointer: '/scope',
      says: /leave the scope out/,
    },
    {
      reason: 'no scope for projectDev',
      body: { name: 't', role: 'projectDev', ttlSeconds: 60 },
      pointer: '/scope',
      says: /name a tenant/,
    },
    {
      reason: 'a project without its tenant',
      body: { name: 't', role: 'projectDev', scope: { project: 'shop' }, ttlSeconds: 60 },
      pointer: '/scope/tenant',
      says: /needed when project is given/,
    },
    {
      reason: 'a scope that is not there',
      body: { name: 't', role: 'projectDev', scope: { tenant: 'nobody' }, ttlSeconds: 60 },
      pointer: '/scope/tenant',
      says: /No such tenant/,
    },
  ]),
];
