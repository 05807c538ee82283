import { DaemonSet } from '@kubenova/kube/kinds/apps.ts';
import { Node } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const AGENT = { name: 'agent', namespace: 'app' };
function agent(podSpec: object = {}): Manifest {
  const template = {
    metadata: { labels: { app: 'agent' } },
    spec: { containers: [{ name: 'agent', image: 'agent:1' }], ...podSpec },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template },
  };
}
const set = () => scene.client.find(DaemonSet, AGENT);
const nodes = () =>
  scene.client
    .list(Pod, 'app')
    .map(({ spec }) => spec?.nodeName)
    .sort();

describe('a DaemonSet', () => {
  it('has a pod on every node, also on one that takes no others', async () => {
    scene = await clusterScene({ nodes: 3 });
    await scene.client.patch(Node, { name: 'node-2' }, { spec: { unschedulable: true } });
    await scene.create(agent());
    await scene.settle();
    expect(nodes()).toEqual(['node-1', 'node-2', 'node-3']);
    expect(set()?.status).toEqual({
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      numberAvailable: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
    });
  });

  it('follows the labels of nodes', async () => {
    scene = await clusterScene();
    await scene.create(agent({ nodeSelector: { disk: 'fast' } }));
    await scene.settle();
    expect(nodes()).toEqual([]);
    await scene.client.patch(Node, { name: 'node-1' }, { metadata: { labels: { disk: 'fast' } } });
    await scene.settle();
    expect(nodes()).toEqual(['node-1']);
    await scene.client.patch(Node, { name: 'node-1' }, { metadata: { labels: { disk: null } } });
    await scene.settle();
    expect(nodes()).toEqual([]);
  });

  it('rolls one node after the other', async () => {
    scene = await clusterScene({ podStartMs: 1_000 });
    await scene.create(agent());
    await scene.settle(1_500);
    const template = { spec: { containers: [{ name: 'agent', image: 'agent:2' }] } };
    await scene.client.patch(DaemonSet, AGENT, { spec: { template } });
    await scene.settle();
    expect(set()?.status).toMatchObject({ observedGeneration: 2, numberAvailable: 1, updatedNumberScheduled: 1 });
    await scene.settle(1_500);
    await scene.settle(1_500);
    expect(set()?.status).toMatchObject({ numberAvailable: 2, updatedNumberScheduled: 2 });
  });
});
