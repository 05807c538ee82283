import type { Limits, NetworkPolicies, PlacementSpec } from '@kubenova/knapi/schemas.ts';
import { describe, expect, it } from 'vitest';
import { settingProblems, settingsProblems } from './settings-problems.ts';

describe('quotas', () => {
  it.each([
    ['cpu', '8'],
    ['requests.storage', '1.5Ti'],
    ['pods', '20'],
    ['count/deployments.apps', '5'],
    ['requests.nvidia.com/gpu', '2'],
    ['fast.storageclass.storage.k8s.io/requests.storage', '10Gi'],
    ['hugepages-2Mi', '1Gi'],
    ['requests.hugepages-2Mi', '1Gi'],
  ])('take %s', (name, quantity) => {
    expect(settingProblems('quotas', { [name]: quantity })).toEqual([]);
  });

  it.each([
    ['a name that a ResourceQuota has another one for', 'storage', '1Gi', '/storage', 'Write requests.storage.'],
    ['a kind that is counted by its group', 'deployments', '1', '/deployments', 'Write count/deployments.apps.'],
    ['a resource that there is not', 'bananas', '1', '/bananas', 'does not know bananas'],
    ['half a pod', 'pods', '500m', '/pods', 'whole pieces'],
    ['half a deployment', 'count/deployments.apps', '1.5', '/count~1deployments.apps', 'whole pieces'],
    ['two slashes', 'a/b/c', '1', '/a~1b~1c', 'not the name of a resource'],
    ['a domain that is none', '-x/y', '1', '/-x~1y', 'not the name of a resource'],
    ['a long name', 'x'.repeat(64), '1', `/${'x'.repeat(64)}`, 'not the name of a resource'],
    ['no quantity', 'cpu', 'much', '/cpu', 'not a quantity'],
  ])('refuse %s', (_why, name, quantity, pointer, detail) => {
    expect(settingProblems('quotas', { [name]: quantity })).toEqual([
      { pointer, detail: expect.stringContaining(detail) },
    ]);
  });
});

describe('limits', () => {
  it('take a range of each type, with equal bounds', () => {
    const limits: Limits = [
      {
        type: 'Container',
        min: { cpu: '100m', memory: '64Mi' },
        defaultRequest: { cpu: '0.1', memory: '128Mi' },
        default: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' },
        max: { cpu: '1000m', memory: '1024Mi' },
        maxLimitRequestRatio: { cpu: '10' },
      },
      { type: 'Pod', max: { cpu: '4', 'ephemeral-storage': '1Gi', 'hugepages-2Mi': '64Mi' } },
      { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
    ];
    expect(settingProblems('limits', limits)).toEqual([]);
  });

  it.each<[string, Limits[number], string, string]>([
    [
      'min above max',
      { type: 'Container', min: { cpu: '2' }, max: { cpu: '1500m' } },
      '/0/min/cpu',
      'is more than max',
    ],
    [
      'a default below min',
      { type: 'Container', min: { cpu: '2' }, default: { cpu: '1' } },
      '/0/default/cpu',
      'min (2) of cpu is more than default (1)',
    ],
    [
      'a default above max',
      { type: 'Container', default: { memory: '2Gi' }, max: { memory: '1Gi' } },
      '/0/default/memory',
      'is more than max',
    ],
    [
      'a request by default below min',
      { type: 'Container', min: { cpu: '1' }, defaultRequest: { cpu: '500m' } },
      '/0/defaultRequest/cpu',
      'is more than defaultRequest',
    ],
    [
      'a request by default above the default limit',
      { type: 'Container', defaultRequest: { cpu: '2' }, default: { cpu: '1' } },
      '/0/defaultRequest/cpu',
      'is more than default (1)',
    ],
    [
      'a request by default above max',
      { type: 'Container', defaultRequest: { cpu: '2' }, max: { cpu: '1' } },
      '/0/defaultRequest/cpu',
      'is more than max',
    ],
    [
      'a ratio below 1',
      { type: 'Container', maxLimitRequestRatio: { cpu: '500m' } },
      '/0/maxLimitRequestRatio/cpu',
      'at least 1',
    ],
    [
      'a ratio that min and max rule out',
      { type: 'Container', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } },
      '/0/maxLimitRequestRatio/cpu',
      'which is 2',
    ],
    [
      'overcommitted devices',
      { type: 'Container', default: { 'nvidia.com/gpu': '2' }, defaultRequest: { 'nvidia.com/gpu': '1' } },
      '/0/defaultRequest/nvidia.com~1gpu',
      'overcommitted',
    ],
    ['a default of a Pod', { type: 'Pod', default: { cpu: '1' } }, '/0/default', 'set it for Container'],
    ['storage of a container', { type: 'Container', max: { storage: '1Gi' } }, '/0/max/storage', 'not in storage'],
    ['a claim without a size', { type: 'PersistentVolumeClaim' }, '/0', 'needs min.storage or max.storage'],
    [
      'the cpu of a claim',
      { type: 'PersistentVolumeClaim', max: { storage: '1Gi', cpu: '1' } },
      '/0/max/cpu',
      'limited in storage',
    ],
  ])('refuse %s', (_why, item, pointer, detail) => {
    expect(settingProblems('limits', [item])).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
  });

  it('refuse two items of a type', () => {
    const limits: Limits = [
      { type: 'Pod', max: { cpu: '1' } },
      { type: 'Pod', max: { memory: '1Gi' } },
    ];
    expect(settingProblems('limits', limits)).toMatchObject([{ pointer: '/1/type' }]);
  });
});

describe('network policies', () => {
  it('take what Kubernetes takes', () => {
    const policies: NetworkPolicies = [
      { podSelector: {} },
      { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [] },
      {
        podSelector: {
          matchLabels: { app: 'web', 'example.com/tier': '' },
          matchExpressions: [
            { key: 'env', operator: 'NotIn', values: ['dev', 'test'] },
            { key: 'env', operator: 'Exists' },
          ],
        },
        ingress: [
          {
            from: [
              { namespaceSelector: { matchLabels: { team: 'edge' } }, podSelector: {} },
              { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
              { ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } },
              { ipBlock: { cidr: '0.0.0.0/0' } },
            ],
            ports: [
              { port: 80 },
              { port: 'http', protocol: 'TCP' },
              { port: 8000, endPort: 9000 },
              { protocol: 'UDP' },
            ],
          },
        ],
      },
    ];
    expect(settingProblems('networkPolicies', policies)).toEqual([]);
  });

  const ingress = (rule: Record<string, unknown>): NetworkPolicies[number] => ({ podSelector: {}, ingress: [rule] });
  it.each<[string, NetworkPolicies[number], string, string]>([
    ['a selector with a field of another', { podSelector: { app: 'web' } }, '/0/podSelector/app', 'no such field'],
    [
      'a key of a label that is none',
      { podSelector: { matchLabels: { 'a b': 'c' } } },
      '/0/podSelector/matchLabels/a b',
      'key of a label',
    ],
    [
      'a value of a label that is none',
      { podSelector: { matchLabels: { a: '-' } } },
      '/0/podSelector/matchLabels/a',
      'value of a label',
    ],
    [
      'In without values',
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      '/0/podSelector/matchExpressions/0/values',
      'needs values',
    ],
    [
      'Exists with values',
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      '/0/podSelector/matchExpressions/0/values',
      'takes no values',
    ],
    [
      'an operator that there is not',
      { podSelector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] } },
      '/0/podSelector/matchExpressions/0/operator',
      'In, NotIn',
    ],
    ['egress peers in ingress', ingress({ to: [] }), '/0/ingress/0/to', 'no such field'],
    ['peers that are no list', ingress({ from: {} }), '/0/ingress/0/from', 'a list'],
    ['an empty peer', ingress({ from: [{}] }), '/0/ingress/0/from/0', 'Name a peer'],
    [
      'a block beside a selector',
      ingress({ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }),
      '/0/ingress/0/from/0',
      'stands alone',
    ],
    [
      'an address for a network',
      ingress({ from: [{ ipBlock: { cidr: '10.0.0.1' } }] }),
      '/0/ingress/0/from/0/ipBlock/cidr',
      'address/length',
    ],
    [
      'bits beyond the length',
      ingress({ from: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }),
      '/0/ingress/0/from/0/ipBlock/cidr',
      'no bit set',
    ],
    [
      'a block without a network',
      ingress({ from: [{ ipBlock: {} }] }),
      '/0/ingress/0/from/0/ipBlock/cidr',
      'Write it as a CIDR',
    ],
    [
      'an exception from outside',
      ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }),
      '/0/ingress/0/from/0/ipBlock/except/0',
      'a part of 10.0.0.0/8',
    ],
    [
      'an exception of all',
      ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }] }),
      '/0/ingress/0/from/0/ipBlock/except/0',
      'less than all of it',
    ],
    [
      'an exception of another family',
      ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['2001:db8::/32'] } }] }),
      '/0/ingress/0/from/0/ipBlock/except/0',
      'a part of',
    ],
    ['port 0', ingress({ ports: [{ port: 0 }] }), '/0/ingress/0/ports/0/port', '1 to 65535'],
    ['a port with a name that is none', ingress({ ports: [{ port: '80' }] }), '/0/ingress/0/ports/0/port', 'a name'],
    ['ICMP', ingress({ ports: [{ protocol: 'ICMP' }] }), '/0/ingress/0/ports/0/protocol', 'TCP, UDP or SCTP'],
    [
      'a range that runs backwards',
      ingress({ ports: [{ port: 90, endPort: 80 }] }),
      '/0/ingress/0/ports/0/endPort',
      'less than port',
    ],
    [
      'a range from a name',
      ingress({ ports: [{ port: 'http', endPort: 80 }] }),
      '/0/ingress/0/ports/0/endPort',
      'a port that is a number',
    ],
    [
      'rules that would not act',
      { podSelector: {}, policyTypes: ['Ingress'], egress: [{}] },
      '/0/egress',
      'policyTypes holds Egress',
    ],
  ])('refuse %s', (_why, policy, pointer, detail) => {
    expect(settingProblems('networkPolicies', [policy])).toEqual([
      { pointer, detail: expect.stringContaining(detail) },
    ]);
  });
});

describe('all settings', () => {
  it('are told with pointers into the body that holds them', () => {
    const settings: PlacementSpec = {
      quotas: { bananas: '1' },
      limits: [{ type: 'Pod', default: { cpu: '1' } }],
      networkPolicies: [{ podSelector: { app: 'x' } }],
      nodeSelector: { 'a..b/c': 'x', pool: 'y-' },
    };
    expect(settingsProblems(settings, ['spec']).map(({ pointer }) => pointer)).toEqual([
      '/spec/quotas/bananas',
      '/spec/limits/0/default',
      '/spec/networkPolicies/0/podSelector/app',
      '/spec/nodeSelector/a..b~1c',
      '/spec/nodeSelector/pool',
    ]);
    expect(settingsProblems({})).toEqual([]);
  });
});
