/**
 * As whom an Application's objects are applied. The annotations decide, and the one that names any user wins over the
 * one that names a ServiceAccount of the Application's own namespace: it is the API server that must refuse, by not
 * letting vela-core impersonate others. Without an annotation the default user of the gate AuthenticateApplication is
 * taken, which a confined vela-core may not impersonate either.
 */
import type { Application } from './application.ts';
import { annotation } from './vocabulary.ts';

export const DEFAULT_USER = 'kubevela:vela-core';

export interface Identity {
  username: string;
  groups?: string[];
}

export function identityOf(app: Application): Identity {
  const given = app.metadata.annotations ?? {};
  const group = given[annotation.group];
  const groups = group ? { groups: group.split(',') } : {};
  const username = given[annotation.username];
  if (username) return { username, ...groups };
  const account = given[annotation.serviceAccount];
  if (account) return { username: `system:serviceaccount:${app.metadata.namespace}:${account}`, ...groups };
  return { username: DEFAULT_USER, ...groups };
}
