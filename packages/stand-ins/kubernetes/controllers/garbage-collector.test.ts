import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { ClusterRole } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject, OwnerReference } from '@kubenova/kube/object.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

async function create(
  name: string,
  owners: (KubeObject | undefined)[] = [],
  extra: object = {},
  namespace = 'app',
): Promise<KubeObject> {
  const ownerReferences = owners.map((owner): OwnerReference => {
    const { apiVersion = 'v1', kind = 'ConfigMap', metadata } = owner ?? {};
    return { apiVersion, kind, name: metadata?.name ?? 'gone', uid: metadata?.uid ?? 'gone', blockOwnerDeletion: true };
  });
  const metadata = { name, namespace, ownerReferences, ...extra };
  return scene.client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
}
const ref = (name: string) => ({ name, namespace: 'app' });
const find = (name: string) => scene.client.find(ConfigMap, ref(name));
const left = () =>
  scene.client
    .list(ConfigMap, 'app')
    .map(({ metadata }) => metadata.name)
    .sort();

describe('the garbage collector', () => {
  it('deletes dependents in the background, and theirs', async () => {
    scene = await clusterScene();
    const owner = await create('owner');
    const child = await create('child', [owner]);
    await create('grandchild', [child]);
    await scene.client.delete(ConfigMap, ref('owner'), { propagationPolicy: 'Background' });
    await scene.settle();
    expect(left()).toEqual([]);
  });

  it('in the foreground keeps the owner until its dependents are gone', async () => {
    scene = await clusterScene();
    const owner = await create('owner');
    const child = await create('child', [owner]);
    await create('grandchild', [child], { finalizers: ['test/held'] });
    await scene.client.delete(ConfigMap, ref('owner'), { propagationPolicy: 'Foreground' });
    await scene.settle();
    expect(left()).toEqual(['child', 'grandchild', 'owner']);
    expect(find('owner')?.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String),
    });
    expect(find('child')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    await scene.client.patch(ConfigMap, ref('grandchild'), { metadata: { finalizers: null } });
    await scene.settle();
    expect(left()).toEqual([]);
  });

  it('does not wait in the foreground for those that do not block', async () => {
    scene = await clusterScene();
    const owner = await create('owner');
    const { apiVersion, kind, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: false }];
    await create('child', [], { ownerReferences, finalizers: ['test/held'] });
    await scene.client.delete(ConfigMap, ref('owner'), { propagationPolicy: 'Foreground' });
    await scene.settle();
    expect(left()).toEqual(['child']);
    expect(find('child')?.metadata.deletionTimestamp).toBeDefined();
  });

  it('orphans dependents when it is asked to', async () => {
    scene = await clusterScene();
    const owner = await create('owner');
    await create('child', [owner]);
    await scene.client.delete(ConfigMap, ref('owner'), { propagationPolicy: 'Orphan' });
    await scene.settle();
    expect(left()).toEqual(['child']);
    expect(find('child')?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it('keeps what still has an owner, and forgets the one that is gone', async () => {
    scene = await clusterScene();
    const [first, second] = [await create('first'), await create('second')];
    await create('child', [first, second]);
    await scene.client.delete(ConfigMap, ref('first'));
    await scene.settle();
    expect(find('child')?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['second']);
  });

  it('deletes what names an owner that was never there, or another of its name', async () => {
    scene = await clusterScene();
    const owner = await create('owner');
    await create('lost', [undefined]);
    await create('mistaken', [{ ...owner, metadata: { ...owner.metadata, uid: 'other' } }]);
    await scene.settle();
    expect(left()).toEqual(['owner']);
  });

  it('deletes what names an owner in another namespace', async () => {
    scene = await clusterScene();
    await scene.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    const owner = await create('owner', [], {}, 'other');
    await create('child', [owner]);
    await scene.settle();
    expect(left()).toEqual([]);
  });

  it('leaves a cluster-scoped object alone that names a namespaced owner', async () => {
    scene = await clusterScene();
    const { apiVersion, kind, metadata } = await create('owner');
    const { name, uid = '' } = metadata;
    await scene.client.create(ClusterRole, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'role', ownerReferences: [{ apiVersion, kind, name, uid }] },
    });
    await scene.client.delete(ConfigMap, ref('owner'));
    await scene.settle();
    expect(scene.client.find(ClusterRole, { name: 'role' })).toBeDefined();
  });

  it('leaves alone what names an owner of a kind that is not served', async () => {
    scene = await clusterScene();
    await create('child', [{ apiVersion: 'nope.example/v1', kind: 'Nope', metadata: { name: 'x', uid: 'x' } }]);
    await scene.settle();
    expect(left()).toEqual(['child']);
  });

  it('resolves a circle of owners that wait for each other', async () => {
    scene = await clusterScene();
    const [first, second] = [await create('first'), await create('second')];
    const owned = (owner: KubeObject) => {
      const { apiVersion, kind, metadata } = owner;
      return {
        metadata: {
          ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: true }],
        },
      };
    };
    await scene.client.patch(ConfigMap, ref('first'), owned(second));
    await scene.client.patch(ConfigMap, ref('second'), owned(first));
    await scene.client.delete(ConfigMap, ref('first'), { propagationPolicy: 'Foreground' });
    await scene.settle();
    expect(left()).toEqual([]);
  });
});
