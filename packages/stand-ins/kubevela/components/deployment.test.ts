import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { deploymentHealth } from './deployment.ts';

function deployment(replicas: number, status: Record<string, number>, annotations = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', generation: 4, annotations },
    spec: { replicas },
    status,
  };
}

const complete = { replicas: 2, readyReplicas: 2, updatedReplicas: 2, observedGeneration: 4 };

describe('deploymentHealth', () => {
  it.each([
    ['all replicas are ready and new', deployment(2, complete), true, 'Ready:2/2'],
    ['one is not ready', deployment(2, { ...complete, readyReplicas: 1 }), false, 'Ready:1/2'],
    ['an old one is still there', deployment(2, { ...complete, replicas: 3 }), false, 'Ready:2/2'],
    [
      'the controller has not seen the change',
      deployment(2, { ...complete, observedGeneration: 3 }),
      false,
      'Ready:2/2',
    ],
    ['there is no status yet', deployment(1, {}), false, 'Ready:0/1'],
    ['none is wanted', deployment(0, { observedGeneration: 4 }), true, 'Ready:0/0'],
    ['nobody wants it checked', deployment(2, {}, { 'app.oam.dev/disable-health-check': 'yes' }), true, 'Ready:0/2'],
  ])('judges a Deployment of which %s', (_what, object, healthy, message) => {
    expect(deploymentHealth(object)).toEqual({ healthy, message });
  });
});
