import { describe, expect, it } from 'vitest';
import { addAmounts, quotaAmounts, roundedAmounts } from './resource-amounts.ts';

describe('hard limits as numbers', () => {
  it.each([
    ['cores, bytes and pieces', { cpu: '1500m', memory: '1Gi', pods: '10' }, { cpu: 1.5, memory: 2 ** 30, pods: 10 }],
    ['another name for the same', { 'requests.cpu': '2', 'count/pods': '3' }, { cpu: 2, pods: 3 }],
    ['the lower one of two names', { cpu: '4', 'requests.cpu': '3' }, { cpu: 3 }],
    ['limits are something else', { 'limits.cpu': '8' }, { 'limits.cpu': 8 }],
    ['storage', { 'requests.storage': '1Ti' }, { storage: 2 ** 40 }],
    [
      'a class of storage keeps its name',
      { 'gold.storageclass.storage.k8s.io/requests.storage': '1' },
      { 'gold.storageclass.storage.k8s.io/requests.storage': 1 },
    ],
    ['other kinds keep theirs', { 'count/deployments.apps': '5' }, { 'count/deployments.apps': 5 }],
    ['what is no quantity', { cpu: 'many' }, {}],
  ])('%s', (_reason, quotas, expected) => {
    expect(quotaAmounts(quotas)).toEqual(expected);
  });
});

it('adds without what doubles leave behind', () => {
  const sum = {};
  for (let count = 0; count < 10; count += 1) addAmounts(sum, { cpu: 0.1 });
  expect(roundedAmounts(sum)).toEqual({ cpu: 1 });
});
