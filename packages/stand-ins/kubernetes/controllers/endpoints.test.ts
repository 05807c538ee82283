import { Endpoints, Service } from '@kubenova/kube/kinds/core.ts';
import { EndpointSlice } from '@kubenova/kube/kinds/networking.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { OUTCOME } from './pod-status.ts';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const WEB = { name: 'web', namespace: 'app' };
const pod = (name: string, outcome = '') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web' }, annotations: { [OUTCOME]: outcome } },
  spec: { containers: [{ name: 'web', image: 'nginx:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
});
const service = (spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }], ...spec },
});
const slice = () => scene.client.list(EndpointSlice, 'app')[0];
const shown = () => slice()?.endpoints?.map(({ targetRef, conditions }) => [targetRef?.name, conditions?.ready]);

describe('endpoints of a Service', () => {
  it('are the ready pods that it selects, with the ports that they name', async () => {
    scene = await clusterScene();
    await scene.create(service(), pod('one'), pod('two', 'NeverReady'), pod('three', 'ImagePullBackOff'));
    await scene.settle();
    const one = scene.client.find(Pod, { name: 'one', namespace: 'app' });
    expect(slice()).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
      metadata: {
        name: expect.stringMatching(/^web-\w{5}$/),
        labels: {
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': 'web',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
      },
    });
    expect(slice()?.endpoints).toContainEqual({
      addresses: [one?.status?.podIP],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: one?.spec?.nodeName,
      targetRef: { kind: 'Pod', name: 'one', namespace: 'app', uid: one?.metadata.uid },
    });
    expect(shown()).toContainEqual(['two', false]);
    const endpoints = scene.client.find(Endpoints, WEB);
    expect(endpoints?.subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual([one?.status?.podIP]);
    expect(endpoints?.subsets?.[0]?.notReadyAddresses?.some(({ targetRef }) => targetRef?.name === 'two')).toBe(true);
    expect(endpoints?.metadata.labels).toEqual({ 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
  });

  it('follow pods that go and labels that change', async () => {
    scene = await clusterScene();
    await scene.create(pod('one'), pod('two'), service());
    await scene.settle();
    expect(shown()).toEqual([
      ['one', true],
      ['two', true],
    ]);
    await scene.client.delete(Pod, { name: 'one', namespace: 'app' });
    await scene.settle();
    expect(shown()).toEqual([['two', true]]);
    await scene.client.patch(Service, WEB, { spec: { selector: { app: 'other' } } });
    await scene.settle();
    expect(slice()?.endpoints ?? []).toEqual([]);
    expect(scene.client.find(Endpoints, WEB)?.subsets ?? []).toEqual([]);
  });

  it('go with the Service, and are not made for one without a selector', async () => {
    scene = await clusterScene();
    await scene.create(service(), { ...service({ selector: null }), metadata: { name: 'bare' } });
    await scene.settle();
    expect(scene.client.list(EndpointSlice, 'app')).toHaveLength(1);
    await scene.client.delete(Service, WEB);
    await scene.settle();
    expect(scene.client.list(EndpointSlice, 'app')).toEqual([]);
    expect(scene.client.list(Endpoints, 'app')).toEqual([]);
  });
});
