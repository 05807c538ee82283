import { expect, it } from 'vitest';
import { builtinTypes } from './builtin.ts';
import { createRegistry } from './registry.ts';
import type { ResourceType } from './resource-type.ts';

const widget = (version: string): ResourceType => {
  const [some] = builtinTypes();
  if (some === undefined) throw new Error('no kinds at all');
  const named = { group: 'x.io', version, kind: 'Widget', plural: 'widgets', storage: 'widgets.x.io' };
  return { ...some, ...named, crd: 'widgets.x.io' };
};

it('finds kinds by their plural, by their name and by where they are stored', () => {
  const registry = createRegistry(builtinTypes());
  const deployment = registry.find({ group: 'apps', version: 'v1', plural: 'deployments' });
  expect(deployment).toMatchObject({ kind: 'Deployment', storage: 'deployments.apps' });
  expect(registry.byKind('apps', 'v1', 'Deployment')).toBe(deployment);
  expect(registry.byStorage('deployments.apps')).toBe(deployment);
  expect(registry.find({ group: 'apps', version: 'v2', plural: 'deployments' })).toBeUndefined();
});

it('serves what a CRD defines for as long as it does, and counts the changes', () => {
  const registry = createRegistry(builtinTypes());
  const before = registry.all().length;
  const { version } = registry;
  registry.setCustom('widgets.x.io', [widget('v1'), widget('v1beta1')]);
  expect(registry.byKind('x.io', 'v1beta1', 'Widget')?.plural).toBe('widgets');
  expect(registry.all()).toHaveLength(before + 2);
  registry.setCustom('widgets.x.io', [widget('v2')]);
  expect(registry.byKind('x.io', 'v1beta1', 'Widget')).toBeUndefined();
  expect(registry.byStorage('widgets.x.io')?.version).toBe('v2');
  registry.setCustom('widgets.x.io', []);
  expect(registry.all()).toHaveLength(before);
  expect(registry.version).toBeGreaterThan(version + 2);
});

it('is in the order of group, version and plural', () => {
  const names = createRegistry(builtinTypes())
    .all()
    .map(({ group, version, plural }) => `${group} ${version} ${plural}`);
  expect(names).toEqual(names.toSorted());
});
