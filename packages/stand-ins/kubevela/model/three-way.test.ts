import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { contains, objectToCreate, patchFor, sameRender } from './three-way.ts';
import { annotation, label } from './vocabulary.ts';

const now = '2026-11-23T12:00:00Z';

const service = (spec: Record<string, unknown>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'web',
    namespace: 'acme-shop',
    labels: { [label.renderHash]: JSON.stringify(spec).length.toString() },
  },
  spec,
});

/** As the server would give it back: with defaults filled in. */
const live = (object: KubeObject, defaults: Record<string, unknown> = {}): KubeObject => ({
  ...objectToCreate(object, now),
  spec: { ...(object.spec as object), ...defaults },
});

describe('patchFor', () => {
  it('finds nothing to do when the server only added defaults', () => {
    const wanted = service({ ports: [{ port: 80 }] });
    const there = live(wanted, { ports: [{ port: 80, protocol: 'TCP' }], clusterIP: '10.96.0.7' });
    expect(patchFor(there, wanted)).toBeUndefined();
  });

  it('sets what somebody changed, and leaves what somebody added', () => {
    const wanted = service({ type: 'ClusterIP' });
    const there = live(wanted, { type: 'NodePort', externalName: 'x' });
    expect(patchFor(there, wanted)).toEqual({ spec: { type: 'ClusterIP' } });
  });

  it('removes what the version before had and this one has not', () => {
    const there = live(service({ type: 'ClusterIP', sessionAffinity: 'ClientIP' }));
    const patch = patchFor(there, service({ type: 'ClusterIP' }));
    expect(patch).toMatchObject({ spec: { sessionAffinity: null } });
    expect(patch).not.toHaveProperty('spec.type');
  });

  it('leaves a key in a ConfigMap that the new version dropped, for nothing is recorded on ConfigMaps', () => {
    const configMap = (data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'n' },
      data,
    });
    const created = objectToCreate(configMap({ a: '1', b: '2' }), now);
    expect(created.metadata.annotations).toBeUndefined();
    expect(patchFor(created, configMap({ a: '1' }))).toBeUndefined();
  });

  it('survives an annotation that somebody broke', () => {
    const wanted = service({ type: 'ClusterIP' });
    const there = live(wanted);
    there.metadata = { ...there.metadata, annotations: { [annotation.lastApplied]: '{"spec":' } };
    expect(patchFor(there, wanted)).toHaveProperty(['metadata', 'annotations', annotation.lastApplied]);
  });
});

describe('contains', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[{ a: 1, b: 2 }], [{ a: 1 }], true],
    [[1, 2], [1], false],
    [undefined, null, true],
  ])('%j contains %j: %s', (there, wanted, expected) => {
    expect(contains(there, wanted)).toBe(expected);
  });
});

it('an object of the same render hash is the same render', () => {
  expect(sameRender(service({ a: 1 }), service({ a: 1 }))).toBe(true);
  expect(sameRender(service({ a: 1 }), service({ a: 'longer' }))).toBe(false);
});
