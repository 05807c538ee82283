/** Expectations were read off kube-apiserver 1.37.2. */

import { formatQuantity } from '@kubenova/kube-model/schema/quantity.ts';
import { describe, expect, it } from 'vitest';
import { quotaUsage } from './resource-quota.ts';
import { admissionScene, type Body } from './testing/admission-scene.ts';

const quota: Body = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'a' },
  spec: {
    hard: {
      pods: '2',
      'requests.cpu': '1',
      'limits.memory': '1Gi',
      configmaps: '1',
      'count/secrets': '1',
      services: '2',
      'services.nodeports': '1',
      'requests.storage': '5Gi',
      'count/deployments.apps': '0',
    },
  },
};
const pod = (name: string, resources: object = {}, rest: object = {}): Body => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a' },
  spec: { containers: [{ name: 'c', image: 'i', resources }] },
  ...rest,
});
const modest = { requests: { cpu: '100m' }, limits: { memory: '100Mi' } };
const named = (kind: string, name: string, rest: object = {}): Body => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'a' },
  ...rest,
});

function scene() {
  const of = admissionScene();
  of.given(quota, pod('ok', modest), named('ConfigMap', 'first'), named('Secret', 'first'));
  return of;
}

describe('a quota', () => {
  it.each<[string, Body, string]>([
    [
      'what a pod asks for',
      pod('p', { requests: { cpu: '1500m' }, limits: { memory: '1Mi' } }),
      'exceeded quota: q, requested: requests.cpu=1500m, used: requests.cpu=100m, limited: requests.cpu=1',
    ],
    [
      'all that is too much, by name',
      pod('p', { requests: { cpu: '2' }, limits: { memory: '2048Mi' } }),
      'exceeded quota: q, requested: limits.memory=2Gi,requests.cpu=2, used: limits.memory=100Mi,requests.cpu=100m, limited: limits.memory=1Gi,requests.cpu=1',
    ],
    ['what a pod must say', pod('p'), 'failed quota: q: must specify limits.memory for: c; requests.cpu for: c'],
    [
      'objects by their old name',
      named('ConfigMap', 'second'),
      'exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    ],
    [
      'objects by count',
      named('Secret', 'second'),
      'exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1',
    ],
    [
      'objects of a group',
      named('Deployment', 'd', { spec: {} }),
      'exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
    ],
    [
      'node ports',
      named('Service', 's', { spec: { type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] } }),
      'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    ],
    [
      'storage',
      named('PersistentVolumeClaim', 'p', { spec: { resources: { requests: { storage: '6Gi' } } } }),
      'exceeded quota: q, requested: requests.storage=6Gi, used: requests.storage=0, limited: requests.storage=5Gi',
    ],
  ])('limits %s', async (_what, body, why) => {
    const of = scene();
    const type = of.typeOf(body);
    const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
    expect(await of.refusal(of.request(body))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `${resource} "${body.metadata?.name}" is forbidden: ${why}`,
    });
  });

  it('lets through what fits, and changes that ask for no more', async () => {
    const of = scene();
    await expect(of.admit(of.request(pod('p', modest)))).resolves.toBeDefined();
    const service = named('Service', 's', { spec: { type: 'NodePort', ports: [{ port: 1 }] } });
    of.given(service);
    const update = of.request(service, { operation: 'UPDATE', oldObject: of.store.get('services', 'a', 's')?.object });
    await expect(of.admit(update)).resolves.toBeDefined();
  });

  it('counts no pod that has ended', async () => {
    const of = scene();
    of.given(pod('done', { requests: { cpu: '1' }, limits: { memory: '1Gi' } }, { status: { phase: 'Succeeded' } }));
    const { object } = of.store.get('resourcequotas', 'a', 'q') ?? {};
    if (!object) throw new Error('There is no quota.');
    const used = Object.fromEntries([...quotaUsage(of.store, object)].map(([name, of]) => [name, formatQuantity(of)]));
    expect(used).toEqual({
      pods: '1',
      'requests.cpu': '100m',
      'limits.memory': '100Mi',
      configmaps: '1',
      'count/secrets': '1',
      services: '0',
      'services.nodeports': '0',
      'requests.storage': '0',
      'count/deployments.apps': '0',
    });
  });

  it.each<[string, object, boolean]>([
    ['pods that ask for nothing', { scopes: ['BestEffort'] }, false],
    ['pods that ask for something', { scopes: ['NotBestEffort'] }, true],
    ['pods that end', { scopes: ['Terminating'] }, false],
    ['pods that do not', { scopes: ['NotTerminating'] }, true],
    [
      'pods of a priority',
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } },
      false,
    ],
  ])('may be for %s only', async (_which, scopes, refused) => {
    const of = scene();
    of.given({ ...quota, spec: { hard: { pods: '0' }, ...scopes } });
    const admitted = of.admit(of.request(pod('p', modest))).then(
      () => false,
      () => true,
    );
    expect(await admitted).toBe(refused);
  });
});
