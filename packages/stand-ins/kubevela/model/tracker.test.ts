import { describe, expect, it } from 'vitest';
import type { Application } from './application.ts';
import {
  displayName,
  managedResource,
  newTracker,
  type ResourceTracker,
  recordManifests,
  resourceKey,
  responsibleTrackers,
  sortTrackers,
  trackerName,
} from './tracker.ts';
import { annotation, label } from './vocabulary.ts';

function application(publishVersion?: string, generation = 4): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'web',
      namespace: 'acme-shop',
      uid: 'uid-1',
      generation,
      annotations: publishVersion ? { [annotation.publishVersion]: publishVersion } : {},
    },
    spec: { components: [] },
  };
}

function tracker(
  publishVersion: string | undefined,
  generation: number,
  uid = 'uid-1',
  deleting = false,
): ResourceTracker {
  const app = application(publishVersion, generation);
  const made = newTracker({ ...app, metadata: { ...app.metadata, uid } });
  if (deleting) made.metadata.deletionTimestamp = '2026-11-23T12:00:00Z';
  return made;
}

const configMap = (name: string, data = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'acme-shop', labels: { [label.component]: 'c' } },
  data,
});

describe('trackers', () => {
  it('are named by the publishVersion, or else by the generation', () => {
    expect(trackerName(application('r1-0a1b2c3d'))).toBe('web-r1-0a1b2c3d-acme-shop');
    expect(trackerName(application())).toBe('web-v4-acme-shop');
  });

  it('are told apart into the current one and history, oldest first', () => {
    const all = [tracker('p2', 3), tracker('p3', 4), tracker('p1', 1)];
    const sorted = sortTrackers(application('p3'), all);
    expect(sorted).toMatchObject({
      current: { metadata: { name: 'web-p3-acme-shop' } },
      history: [{ metadata: { name: 'web-p1-acme-shop' } }, { metadata: { name: 'web-p2-acme-shop' } }],
    });
  });

  it('of another Application of the same name stop it', () => {
    const sorted = sortTrackers(application('p3'), [tracker('p1', 1, 'uid-0')]);
    expect(sorted).toEqual({
      conflict: expect.stringContaining('exists but controlled by another application (uid: uid-0)'),
    });
  });

  it('of a version that newer ones have overtaken stop it', () => {
    const sorted = sortTrackers(application('p1', 4), [tracker('p1', 1), tracker('p2', 3)]);
    expect(sorted).toEqual({
      conflict: 'current publish version p1(gen-1) is in-use and outdated, found newer gen-3',
    });
  });

  it('record an object once, in the place where it was first', () => {
    const first = recordManifests(undefined, [configMap('a'), configMap('b')]);
    const second = recordManifests(first, [configMap('a', { k: 'v' }), configMap('c')]);
    expect(second.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(second[0]?.raw).toEqual(configMap('a', { k: 'v' }));
  });

  it('hand an object to the newest that lives, or to the newest of all when none does', () => {
    const holding = (made: ResourceTracker, ...names: string[]) => {
      made.spec.managedResources = names.map((name) => managedResource(configMap(name)));
      return made;
    };
    const old = holding(tracker('p1', 1, 'uid-1', true), 'a', 'b');
    const older = holding(tracker('p0', 0, 'uid-1', true), 'b');
    const current = holding(tracker('p2', 2), 'a');
    const responsible = responsibleTrackers([older, old, current]);
    expect(responsible.get('/ConfigMap/local/acme-shop/a')).toBe(current);
    expect(responsible.get('/ConfigMap/local/acme-shop/b')).toBe(old);
  });

  it('name objects as KubeVela does', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'acme-shop' };
    expect(resourceKey(deployment)).toBe('apps/Deployment/local/acme-shop/web');
    expect(displayName(deployment)).toBe('Deployment web (Namespace: acme-shop)');
    expect(displayName({ apiVersion: 'v1', kind: 'Namespace', name: 'x' })).toBe('Namespace x');
  });
});
