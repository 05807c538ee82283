/** Settings of a tenant, everywhere or on one cluster, that Kubernetes could not keep. */
import { acme, acmeOnNorth, type BadInput, badInputOf } from './operation.ts';

export const badSettings: readonly BadInput[] = [
  ...badInputOf({ method: 'PUT', path: acmeOnNorth }, [
    {
      reason: 'a quota that is no quantity',
      body: { quotas: { cpu: 'much' } },
      pointer: '/quotas/cpu',
      says: /must match/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/quotas` }, [
    {
      reason: 'a quota of what Kubernetes does not count',
      body: { storage: '1Gi' },
      pointer: '/storage',
      says: /Write requests\.storage/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acmeOnNorth}/limits` }, [
    {
      reason: 'limits that contradict each other',
      body: [{ type: 'Container', default: { cpu: '2' }, max: { cpu: '1' } }],
      pointer: '/0/default/cpu',
      says: /more than max/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/network-policies` }, [
    {
      reason: 'a network policy with a peer that is none',
      body: [{ podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1' } }] }] }],
      pointer: '/0/egress/0/to/0/ipBlock/cidr',
      says: /address\/length/,
    },
  ]),
  ...badInputOf({ method: 'PUT', path: `${acme}/node-selector` }, [
    { reason: 'a node selector that is no label', body: { pool: 'a b' }, pointer: '/pool', says: /must match/ },
  ]),
];
