/** Kubeconfigs and tokens that would lead to where nobody is let in. */
import { acme, type BadInput, badInputOf } from './operation.ts';

export const badKubernetesAccess: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: `${acme}/kubeconfig` }, [
    {
      reason: 'a kubeconfig for a cluster without the tenant',
      body: { clusters: ['north', 'south'] },
      pointer: '/clusters/1',
      says: /not placed/,
    },
    {
      reason: 'a kubeconfig that asks for tokens, with the lifetime of one that holds them',
      body: { mode: 'exec', ttlSeconds: 600 },
      pointer: '/ttlSeconds',
      says: /holds no token/,
    },
    {
      reason: 'a kubeconfig of a project that is not there',
      body: { project: 'nothing' },
      pointer: '/project',
      says: /no project of this name/,
    },
  ]),
  ...badInputOf({ method: 'POST', path: '/api/v1/kubeconfig' }, [
    {
      reason: 'a kubeconfig of all tenants, one of which is not there',
      body: { tenants: ['nobody'] },
      pointer: '/tenants/0',
      says: /member of no placed tenant/,
    },
  ]),
  ...badInputOf({ method: 'POST', path: `${acme}/kubernetes-token` }, [
    {
      reason: 'a token for a cluster that the tenant is not on',
      body: { cluster: 'nowhere' },
      pointer: '/cluster',
      says: /not placed on a cluster of this name/,
    },
    { reason: 'a token for no cluster', body: {}, says: /cluster/ },
    {
      reason: 'a token of a role that is no membership',
      body: { cluster: 'north', role: 'admin' },
      pointer: '/role',
      says: /projectDev, readOnly/,
    },
  ]),
];
