import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { componentTypes } from '../render/registry.ts';

const live = (spec: object, status: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name: 'x', generation: 2 },
  spec,
  status,
});

const daemonStatus = {
  desiredNumberScheduled: 2,
  currentNumberScheduled: 2,
  numberReady: 2,
  updatedNumberScheduled: 2,
  observedGeneration: 2,
};
const replicas = { replicas: 2, readyReplicas: 2, updatedReplicas: 2, observedGeneration: 2 };

describe('the health of a workload', () => {
  it.each([
    ['a daemon on every node', 'daemon', live({}, daemonStatus), true, 'Ready:2/2'],
    ['a daemon of which one is not ready', 'daemon', live({}, { ...daemonStatus, numberReady: 1 }), false, 'Ready:1/2'],
    [
      'a daemon that is being renewed',
      'daemon',
      live({}, { ...daemonStatus, updatedNumberScheduled: 1 }),
      false,
      'Ready:2/2',
    ],
    [
      'a daemon whose change was not seen',
      'daemon',
      live({}, { ...daemonStatus, observedGeneration: 1 }),
      false,
      'Ready:2/2',
    ],
    ['a task at its end', 'task', live({ parallelism: 2 }, { succeeded: 2 }), true, 'Active/Failed/Succeeded:0/0/2'],
    [
      'a task that runs',
      'task',
      live({ parallelism: 2 }, { active: 1, failed: 1, succeeded: 1 }),
      false,
      'Active/Failed/Succeeded:1/1/1',
    ],
    ['a task that has not begun', 'task', live({ parallelism: 1 }, {}), false, 'Active/Failed/Succeeded:0/0/0'],
    ['a statefulset', 'statefulset', live({ replicas: 2 }, replicas), true, 'Ready:2/2'],
    ['a statefulset that lacks one', 'statefulset', live({ replicas: 3 }, replicas), false, 'Ready:2/3'],
  ])('judges %s', (_what, type, object, healthy, message) => {
    expect(componentTypes[type]?.health?.(object)).toEqual({ healthy, message });
  });

  it('is not asked of a cron-task, nor of raw objects', () => {
    expect(componentTypes['cron-task']?.health).toBeUndefined();
    expect(componentTypes['k8s-objects']?.health).toBeUndefined();
  });
});
