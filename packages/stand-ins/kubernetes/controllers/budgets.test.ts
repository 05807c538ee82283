import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { PodDisruptionBudget } from '@kubenova/kube/kinds/autoscaling.ts';
import { ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const labels = { app: 'web' };
const web = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
  },
});

describe('a ResourceQuota', () => {
  it('shows what is used, as it changes', async () => {
    scene = await clusterScene();
    const hard = { pods: '5', 'count/deployments.apps': '2', configmaps: '3', 'requests.cpu': '2' };
    await scene.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } });
    const status = () => scene.client.find(ResourceQuota, { name: 'q', namespace: 'app' })?.status;
    await scene.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'a', image: 'a:1', resources: { requests: { cpu: '500m' } } }],
      },
    });
    await scene.settle();
    expect(status()).toEqual({
      hard,
      used: { pods: '1', 'count/deployments.apps': '0', configmaps: '0', 'requests.cpu': '500m' },
    });
    await scene.client.delete(Pod, { name: 'one', namespace: 'app' });
    await scene.settle();
    expect(status()?.used).toMatchObject({ pods: '0', 'requests.cpu': '0' });
  });
});

describe('a PodDisruptionBudget', () => {
  it.each([
    [{ minAvailable: 1 }, { desiredHealthy: 1, disruptionsAllowed: 2, expectedPods: 3 }],
    [{ minAvailable: '50%' }, { desiredHealthy: 2, disruptionsAllowed: 1, expectedPods: 3 }],
    [{ maxUnavailable: 0 }, { desiredHealthy: 3, disruptionsAllowed: 0, expectedPods: 3 }],
    [{ maxUnavailable: '34%' }, { desiredHealthy: 1, disruptionsAllowed: 2, expectedPods: 3 }],
  ])('of %o tells how many may go', async (spec, status) => {
    scene = await clusterScene();
    const selector = { matchLabels: labels };
    await scene.create(web(3), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { ...spec, selector },
    });
    await scene.settle();
    const found = () =>
      scene.client.find(PodDisruptionBudget, { name: 'b', namespace: 'app' })?.status as Record<string, unknown>;
    expect(found()).toMatchObject({ ...status, currentHealthy: 3, observedGeneration: 1 });
    await scene.client.patch(Deployment, { name: 'web', namespace: 'app' }, { spec: { replicas: 0 } });
    await scene.settle();
    expect(found()).toMatchObject({ currentHealthy: 0, disruptionsAllowed: 0 });
  });
});
