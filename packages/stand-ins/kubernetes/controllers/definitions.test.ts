import { CustomResourceDefinition } from '@kubenova/kube/kinds/extension.ts';
import { typesOfDefinition } from '@kubenova/kube-model/resources/custom.ts';
import { afterEach, expect, test } from 'vitest';
import { definitionsController } from './definitions.ts';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const definition = (plural: string, kind: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural, kind },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});

const statusOf = (name: string) => scene.client.find(CustomResourceDefinition, { name })?.status;

/** As the API server does when a definition is established. */
function serve(name: string): void {
  const crd = scene.client.find(CustomResourceDefinition, { name });
  scene.resources.setCustom(name, crd ? typesOfDefinition(crd) : []);
}

test('names are accepted, and the definition is established', async () => {
  scene = await clusterScene({ nodes: 0, controllers: [definitionsController] });
  await scene.create(definition('foos', 'Foo'));
  await scene.settle();
  expect(statusOf('foos.example.com')).toMatchObject({
    storedVersions: ['v1'],
    acceptedNames: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ],
  });
  expect(scene.errors).toEqual([]);
});

test('a kind that another definition has is refused until that one is gone, and its objects with it', async () => {
  scene = await clusterScene({ nodes: 0, controllers: [definitionsController] });
  await scene.create(definition('foos', 'Foo'));
  await scene.settle();
  serve('foos.example.com');
  await scene.create({ apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'one' } });
  await scene.create(definition('bars', 'Foo'));
  await scene.settle();
  expect(statusOf('bars.example.com')?.conditions).toMatchObject([
    { type: 'NamesAccepted', status: 'False', reason: 'SingularConflict', message: '"foo" is already in use' },
    { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ]);

  scene.resources.setCustom('foos.example.com', []);
  await scene.client.delete(CustomResourceDefinition, { name: 'foos.example.com' });
  await scene.settle();
  expect(statusOf('bars.example.com')?.conditions).toMatchObject([{ status: 'True' }, { status: 'True' }]);
  expect(scene.store.count('foos.example.com')).toBe(0);
});
