import { describe, expect, it } from 'vitest';
import { Deployment } from './kinds/apps.ts';
import { Namespace, Pod } from './kinds/core.ts';
import { knownResource } from './kinds/known.ts';
import { Application } from './kinds/vela.ts';
import { collectionPath, objectPath } from './resource.ts';

describe('paths', () => {
  it('follow group, scope and subresource', () => {
    expect(collectionPath(Pod)).toBe('/api/v1/pods');
    expect(collectionPath(Pod, 'shop')).toBe('/api/v1/namespaces/shop/pods');
    expect(collectionPath(Namespace, 'ignored')).toBe('/api/v1/namespaces');
    expect(objectPath(Deployment, { namespace: 'shop', name: 'web' }, 'scale')).toBe(
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    );
  });

  it('never name a collection by accident: a delete would empty it', () => {
    expect(() => objectPath(Pod, { name: '', namespace: 'shop' })).toThrow('needs a name');
    expect(() => objectPath(Pod, { name: 'web' })).toThrow('needs a namespace');
  });

  it('cannot be left by a name', () => {
    expect(objectPath(Pod, { namespace: 'a/../b', name: '../x?y' })).toBe(
      '/api/v1/namespaces/a%2F..%2Fb/pods/..%2Fx%3Fy',
    );
    expect(() => objectPath(Pod, { namespace: '..', name: 'x' })).toThrow('not a name');
  });
});

describe('known kinds', () => {
  it('are found by apiVersion and kind', () => {
    expect(knownResource({ apiVersion: 'core.oam.dev/v1beta1', kind: 'Application' })).toBe(Application);
    expect(knownResource({ apiVersion: 'v1', kind: 'Pod' })).toBe(Pod);
    expect(knownResource({ apiVersion: 'v2', kind: 'Pod' })).toBeUndefined();
  });
});
