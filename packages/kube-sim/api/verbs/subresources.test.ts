import type { KubeObject } from '@kubenova/kube/object.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, OPTIONS, type World } from '../testing/world.ts';
import { evict } from './subresources.ts';

const EVICTION: KubeObject = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };

describe('an eviction', () => {
  let world: World;
  const put = (plural: string, object: object) => world.store.put(plural, object as KubeObject, undefined);
  const pod = (ready: 'True' | 'False') =>
    put('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'ns', labels: { app: 'web' } },
      spec: { containers: [] },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    });
  const budget = (disruptionsAllowed: number, app = 'web') =>
    put('poddisruptionbudgets.policy', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b', namespace: 'ns' },
      spec: { minAvailable: 1, selector: { matchLabels: { app } } },
      status: { disruptionsAllowed, desiredHealthy: 1, currentHealthy: 1 },
    });
  const go = () => evict(world, world.on('pods', 'p', 'eviction'), OPTIONS, EVICTION);

  beforeEach(() => {
    world = createWorld();
  });

  it('is refused where a budget allows none, in the words of the API server', async () => {
    pod('True');
    budget(0);
    await expect(go()).rejects.toMatchObject({
      status: {
        code: 429,
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget b needs 1 healthy pods and has 1 currently',
            },
          ],
        },
      },
    });
  });

  it.each([
    ['a budget that allows one', 'True', 1, 'web'],
    ['a budget of other pods', 'True', 0, 'other'],
    ['a pod that is not ready counts for no budget', 'False', 0, 'web'],
  ] as const)('goes through: %s', async (_why, ready, allowed, app) => {
    pod(ready);
    budget(allowed, app);
    expect(await go()).toMatchObject({ status: 'Success', code: 201 });
  });
});
