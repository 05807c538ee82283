/** A tenant with each of its options, by the name of its golden file. */
import type { Tenancy } from '../tenancy.ts';

const none: Tenancy = { tenant: {}, placement: {}, owners: [], policySets: [] };
const container = {
  type: 'Container' as const,
  default: { cpu: '500m', memory: '512Mi' },
  defaultRequest: { cpu: '100m', memory: '128Mi' },
  max: { cpu: '4' },
};

export const tenantExamples: Readonly<Record<string, Tenancy>> = {
  quotas: { ...none, tenant: { quotas: { 'limits.cpu': '8', 'requests.storage': '50Gi', pods: '50' } } },
  limits: {
    ...none,
    tenant: { limits: [container, { type: 'PersistentVolumeClaim', max: { storage: '10Gi' } }] },
  },
  'network-policies': {
    ...none,
    tenant: {
      networkPolicies: [
        { podSelector: {}, policyTypes: ['Ingress'] },
        { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'edge' } } }] }] },
      ],
    },
  },
  'node-selector': { ...none, tenant: { nodeSelector: { zone: 'z1', pool: 'acme' } } },
  owners: {
    ...none,
    owners: [
      { kind: 'User', name: 'ann@example.com' },
      { kind: 'Group', name: 'acme-admins' },
    ],
  },
  policies: {
    ...none,
    plan: {
      policySets: [
        { name: 'images', policies: [{ type: 'image-pull-policy', parameters: { policies: ['Always', 'Never'] } }] },
      ],
    },
    policySets: [
      {
        name: 'strict',
        policies: [{ type: 'image-pull-policy', parameters: { policies: ['Always', 'IfNotPresent'] } }],
      },
    ],
  },
  levels: {
    ...none,
    plan: { quotas: { pods: '10', secrets: '5' }, nodeSelector: { pool: 'plan' }, limits: [container] },
    tenant: { quotas: { pods: '20' }, nodeSelector: { pool: 'tenant' } },
    placement: { quotas: { pods: '30' }, nodeSelector: {} },
  },
};
