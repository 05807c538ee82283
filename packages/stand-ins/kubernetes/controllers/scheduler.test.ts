import { Event, Node, PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const REF = { name: 'one', namespace: 'app' };
const create = (spec: object) =>
  scene.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one' },
    spec: { containers: [{ name: 'a', image: 'a:1' }], ...spec },
  });
const found = () => scene.client.find(Pod, REF);
const scheduled = () => found()?.status?.conditions?.find(({ type }) => type === 'PodScheduled');

describe('the scheduler', () => {
  it('binds a pod, and says so', async () => {
    scene = await clusterScene({ nodes: 1 });
    await create({});
    await scene.settle();
    expect(found()?.spec?.nodeName).toBe('node-1');
    expect(found()?.metadata.generation).toBe(1);
    const told = scene.client.list(Event, 'app').find(({ reason }) => reason === 'Scheduled');
    expect(told).toMatchObject({
      message: 'Successfully assigned app/one to node-1',
      source: { component: 'default-scheduler' },
      count: 1,
    });
  });

  it('leaves a pod that names another scheduler to that one', async () => {
    scene = await clusterScene({ nodes: 1 });
    await create({ schedulerName: 'somebody' });
    await scene.settle();
    expect(found()?.spec?.nodeName).toBeUndefined();
    expect(scheduled()).toBeUndefined();
  });

  const noNode = (why: string) =>
    `0/2 nodes are available: ${why}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`;
  const selected = "2 node(s) didn't match Pod's node affinity/selector";
  const affinity = (matchExpressions: object[]) => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
    },
  });
  it.each([
    ['a selector that no node has', { nodeSelector: { a: 'b' } }, {}, noNode(selected)],
    ['an affinity to none', affinity([{ key: 'a', operator: 'In', values: ['b'] }]), {}, noNode(selected)],
    ['cordoned nodes', {}, { unschedulable: true }, noNode('2 node(s) were unschedulable')],
    [
      'taints',
      {},
      { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
      noNode('2 node(s) had untolerated taint(s)'),
    ],
    [
      'a claim that is not there',
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'nope' } }] },
      {},
      '0/2 nodes are available: persistentvolumeclaim "nope" not found. not found',
    ],
  ])('tells why nothing fits: %s', async (_why, podSpec, nodeSpec, message) => {
    scene = await clusterScene();
    for (const name of ['node-1', 'node-2']) await scene.client.patch(Node, { name }, { spec: nodeSpec });
    await create(podSpec);
    await scene.settle();
    expect(scheduled()).toMatchObject({ status: 'False', reason: 'Unschedulable', message, observedGeneration: 1 });
    expect(scene.client.list(Event, 'app').map((event) => event.message)).toEqual([message]);
  });

  it('refuses what no node could ever hold', async () => {
    scene = await clusterScene();
    const status = { allocatable: { cpu: '4', memory: '8Gi' } };
    for (const name of ['node-1', 'node-2']) await scene.client.patch(Node, { name }, { status }, 'status');
    const resources = { requests: { cpu: '3', memory: '1Gi' } };
    await create({ containers: ['a', 'b'].map((name) => ({ name, image: 'a:1', resources })) });
    await scene.settle();
    expect(scheduled()).toMatchObject({ status: 'False', message: noNode('2 Insufficient cpu') });
  });

  it('tells when there are no nodes, and binds as soon as there is one', async () => {
    scene = await clusterScene({ nodes: 0 });
    await create({});
    await scene.settle();
    expect(scheduled()?.message).toBe('no nodes available to schedule pods');
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    await scene.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'late' }, status });
    await scene.client.patch(Node, { name: 'late' }, { status }, 'status');
    await scene.settle();
    expect(found()?.spec?.nodeName).toBe('late');
  });

  it('puts a pod where it is tolerated or drawn to', async () => {
    scene = await clusterScene();
    await scene.client.patch(
      Node,
      { name: 'node-1' },
      { spec: { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] } },
    );
    await scene.client.patch(Node, { name: 'node-1' }, { metadata: { labels: { disk: 'fast' } } });
    const tolerations = [{ key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' }];
    await create({ tolerations, ...affinity([{ key: 'disk', operator: 'Exists' }]) });
    await scene.settle();
    expect(found()?.spec?.nodeName).toBe('node-1');
  });

  it('waits for a claim, which is bound at once to a volume that goes with it', async () => {
    scene = await clusterScene();
    await create({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    await scene.settle();
    expect(found()?.spec?.nodeName).toBeUndefined();
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } };
    await scene.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', finalizers: ['kubernetes.io/pvc-protection'] },
      spec,
    });
    await scene.settle();
    const claim = scene.client.find(PersistentVolumeClaim, { name: 'data', namespace: 'app' });
    expect(claim).toMatchObject({
      spec: { volumeName: `pvc-${claim?.metadata.uid}` },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
    });
    expect(found()?.spec?.nodeName).toBeDefined();
    expect(scene.store.count('persistentvolumes')).toBe(1);
    await scene.client.delete(PersistentVolumeClaim, { name: 'data', namespace: 'app' });
    await scene.settle();
    expect(scene.store.count('persistentvolumeclaims')).toBe(1);
    await scene.client.delete(Pod, REF);
    await scene.settle();
    expect(scene.store.count('persistentvolumeclaims')).toBe(0);
    expect(scene.store.count('persistentvolumes')).toBe(0);
  });
});
