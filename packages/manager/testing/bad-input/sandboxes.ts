/** Sandboxes that cannot be made, what may not be done in one, and rules for them that cannot be kept. */
import { acme, acmeOnNorth, type BadInput, badInputOf, shop } from './operation.ts';

export const badSandboxes: readonly BadInput[] = [
  ...badInputOf({ method: 'POST', path: `${shop}/apps` }, [
    {
      reason: 'a credential in a sandbox',
      body: {
        name: 'a',
        source: {
          kind: 'helmHttp',
          helmHttp: {
            repoUrl: 'https://x',
            chart: 'c',
            version: '1',
            credentialsSecretRef: { name: 's', namespace: 'tn-acme-shop-sbx-001' },
          },
        },
      },
      pointer: '/source/helmHttp/credentialsSecretRef/namespace',
      says: /tn-acme-shop-sbx-001/,
    },
  ]),
  ...badInputOf({ method: 'POST', path: `${shop}/sandbox` }, [
    {
      reason: 'a sandbox that lives for less than five minutes',
      body: { ttlSeconds: 299 },
      pointer: '/ttlSeconds',
      says: /300/,
    },
    {
      reason: 'a sandbox that lives for more than a year',
      body: { ttlSeconds: 31_536_001 },
      pointer: '/ttlSeconds',
      says: /31536000/,
    },
    { reason: 'a life that is no number', body: { ttlSeconds: '1h' }, pointer: '/ttlSeconds', says: /integer/ },
  ]),
  ...badInputOf({ method: 'POST', path: `${acme}/sandbox` }, [
    {
      reason: 'a sandbox of no project',
      body: { cluster: 'north' },
      pointer: '/project',
      says: /missing|needed|required/i,
    },
    {
      reason: 'a sandbox on a cluster that is not there',
      body: { cluster: 'nowhere', project: 'shop' },
      status: 404,
      says: /cluster/,
    },
  ]),
  ...badInputOf({ method: 'PATCH', path: `${shop}/sandbox/sbx-001`, status: 404 }, [
    { reason: 'a change of a sandbox that changes nothing', body: {}, says: /sandbox/ },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/projects/shop` }, [
    {
      reason: 'rules for a negative number of sandboxes',
      body: { sandboxes: { maxPerProject: -1 } },
      pointer: '/sandboxes/maxPerProject',
      says: /0/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: shop }, [
    {
      reason: 'a quota for sandboxes that is no quantity',
      body: { sandboxes: { quotas: { 'limits.cpu': 'lots' } } },
      pointer: '/sandboxes/quotas/limits.cpu',
      says: /must match/,
    },
  ]),
  ...badInputOf({ method: 'POST', path: `${acmeOnNorth}/projects` }, [
    {
      reason: 'a quota for sandboxes of something that Kubernetes does not count',
      body: { name: 'blog', sandboxes: { quotas: { cups: '3' } } },
      pointer: '/sandboxes/quotas/cups',
      says: /count\/|resource/,
    },
  ]),
];
