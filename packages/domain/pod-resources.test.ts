import type { ResourceAmounts } from '@kubenova/knapi/schemas.ts';
import { describe, expect, it } from 'vitest';
import { podLimits, podRequests } from './pod-resources.ts';
import { roundedAmounts } from './resource-amounts.ts';

const asks = (requests: Record<string, string>, more: object = {}) => ({ name: 'c', resources: { requests }, ...more });
const cpu = (quantity: string, more: object = {}) => asks({ cpu: quantity }, more);
const always = { restartPolicy: 'Always' };

describe('what a pod requests', () => {
  const cases: [string, object, ResourceAmounts][] = [
    ['nothing', { spec: { containers: [{ name: 'c' }] } }, {}],
    [
      'containers add up, whatever they ask for',
      { spec: { containers: [asks({ cpu: '100m', memory: '1Gi' }), asks({ cpu: '0.2', 'example.com/gpu': '1' })] } },
      { cpu: 0.3, memory: 2 ** 30, 'example.com/gpu': 1 },
    ],
    [
      'a small init container counts for nothing',
      { spec: { containers: [cpu('2')], initContainers: [cpu('1'), cpu('1500m')] } },
      { cpu: 2 },
    ],
    [
      'the largest init container counts where it is more',
      { spec: { containers: [cpu('1')], initContainers: [cpu('3'), cpu('2')] } },
      { cpu: 3 },
    ],
    [
      'a sidecar adds to the containers',
      { spec: { containers: [cpu('1')], initContainers: [cpu('1', always)] } },
      { cpu: 2 },
    ],
    [
      'a sidecar adds to the init containers after it',
      { spec: { containers: [cpu('1')], initContainers: [cpu('1', always), cpu('3')] } },
      { cpu: 4 },
    ],
    [
      'and not to those before it',
      { spec: { containers: [cpu('1')], initContainers: [cpu('3'), cpu('1', always)] } },
      { cpu: 3 },
    ],
    [
      'the whole pod stands in for its containers, in cpu and memory',
      {
        spec: {
          containers: [asks({ cpu: '1', memory: '1Ki', 'ephemeral-storage': '5' })],
          resources: { requests: { cpu: '3', 'ephemeral-storage': '9' } },
        },
      },
      { cpu: 3, memory: 1024, 'ephemeral-storage': 5 },
    ],
    [
      'the overhead comes on top',
      { spec: { containers: [cpu('1')], overhead: { cpu: '250m', memory: '1Mi' } } },
      { cpu: 1.25, memory: 2 ** 20 },
    ],
    [
      'a pod that is being resized takes the most of what it asks for and what it was allotted',
      {
        spec: { containers: [cpu('1')] },
        status: {
          containerStatuses: [
            { name: 'c', allocatedResources: { cpu: '2' }, resources: { requests: { cpu: '1500m' } } },
          ],
        },
      },
      { cpu: 2 },
    ],
    [
      'a resize that no node can fulfil does not count',
      {
        spec: { containers: [cpu('64')] },
        status: {
          conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }],
          containerStatuses: [{ name: 'c', allocatedResources: { cpu: '2' } }],
        },
      },
      { cpu: 2 },
    ],
    ['what is no quantity is left out', { spec: { containers: [cpu('lots')] } }, {}],
    ['no pod at all', {}, {}],
  ];
  it.each(cases)('%s', (_reason, pod, expected) => {
    expect(roundedAmounts(podRequests(pod))).toEqual(expected);
  });
});

describe('what a pod limits', () => {
  const limited = (limits: Record<string, string>) => ({ name: 'c', resources: { limits } });
  const cases: [string, object, ResourceAmounts][] = [
    ['containers add up', { spec: { containers: [limited({ cpu: '1' }), limited({ cpu: '2' })] } }, { cpu: 3 }],
    [
      'overhead widens a limit and makes none',
      { spec: { containers: [limited({ cpu: '1' })], overhead: { cpu: '1', memory: '1Mi' } } },
      { cpu: 2 },
    ],
    [
      'the whole pod',
      { spec: { containers: [limited({ cpu: '1' })], resources: { limits: { cpu: '4', memory: '1Ki' } } } },
      { cpu: 4, memory: 1024 },
    ],
  ];
  it.each(cases)('%s', (_reason, pod, expected) => {
    expect(podLimits(pod)).toEqual(expected);
  });
});
