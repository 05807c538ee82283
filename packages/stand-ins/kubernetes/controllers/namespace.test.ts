import { ConfigMap, Namespace, ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const APP = { name: 'app' };
const conditions = () =>
  Object.fromEntries(
    (scene.client.find(Namespace, APP)?.status?.conditions ?? []).map(({ type, status, reason, message }) => [
      type,
      [status, reason, message],
    ]),
  );
const held = (kind: string, name: string, ...finalizers: string[]): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, finalizers },
});

describe('a namespace', () => {
  it('comes with an account and the certificate authority, again when somebody deletes them', async () => {
    scene = await clusterScene({ rootCa: 'PEM' });
    const both = () => [
      scene.client.find(ServiceAccount, { name: 'default', namespace: 'app' })?.metadata.uid,
      scene.client.find(ConfigMap, { name: 'kube-root-ca.crt', namespace: 'app' })?.data,
    ];
    const [uid, data] = both();
    expect(uid).toBeDefined();
    expect(data).toEqual({ 'ca.crt': 'PEM' });
    await scene.client.delete(ServiceAccount, { name: 'default', namespace: 'app' });
    await scene.client.delete(ConfigMap, { name: 'kube-root-ca.crt', namespace: 'app' });
    await scene.settle();
    expect(both()).toEqual([expect.not.stringMatching(uid as string), { 'ca.crt': 'PEM' }]);
  });

  it('goes with all that is in it', async () => {
    scene = await clusterScene({ rootCa: 'PEM' });
    await scene.create(held('ConfigMap', 'one'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    await scene.settle();
    await scene.client.delete(Namespace, APP);
    await scene.settle();
    expect(scene.client.find(Namespace, APP)).toBeUndefined();
    expect(scene.store.storages('app')).toEqual([]);
    expect(scene.errors).toEqual([]);
  });

  it('tells what is left in it and which finalizers hold that', async () => {
    scene = await clusterScene();
    await scene.create(
      held('ConfigMap', 'one', 'a.example/x'),
      held('ConfigMap', 'two', 'a.example/x', 'b.example/y'),
      held('Secret', 'three', 'b.example/y'),
    );
    await scene.client.delete(Namespace, APP);
    await scene.settle();
    expect(scene.client.find(Namespace, APP)?.status?.phase).toBe('Terminating');
    expect(conditions()).toEqual({
      NamespaceDeletionDiscoveryFailure: ['False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      NamespaceDeletionGroupVersionParsingFailure: [
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      NamespaceDeletionContentFailure: [
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      NamespaceContentRemaining: [
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 2 resource instances, secrets. has 1 resource instances',
      ],
      NamespaceFinalizersRemaining: [
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: a.example/x in 2 resource instances, b.example/y in 2 resource instances',
      ],
    });
    for (const name of ['one', 'two'])
      await scene.client.patch(ConfigMap, { name, namespace: 'app' }, { metadata: { finalizers: null } });
    await scene.settle();
    expect(conditions().NamespaceContentRemaining?.[2]).toBe(
      'Some resources are remaining: secrets. has 1 resource instances',
    );
    const { revision } = scene.store;
    await scene.settle(600_000);
    expect(scene.store.revision).toBe(revision);
  });

  it('deletes nothing else while pods are left', async () => {
    scene = await clusterScene();
    await scene.create(held('ConfigMap', 'one'), {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one', finalizers: ['test/held'] },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    await scene.settle();
    await scene.client.delete(Namespace, APP);
    await scene.settle();
    expect(scene.client.find(ConfigMap, { name: 'one', namespace: 'app' })).toBeDefined();
    expect(conditions().NamespaceContentRemaining?.[2]).toBe(
      'Some resources are remaining: pods. has 1 resource instances',
    );
    await scene.client.patch(Pod, { name: 'one', namespace: 'app' }, { metadata: { finalizers: null } });
    await scene.settle();
    expect(scene.client.find(Namespace, APP)).toBeUndefined();
  });
});
