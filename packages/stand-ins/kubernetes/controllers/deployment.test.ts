import { Deployment, ReplicaSet } from '@kubenova/kube/kinds/apps.ts';
import { Event, Node } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { byAge } from './owned.ts';
import { OUTCOME } from './pod-status.ts';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const WEB = { name: 'web', namespace: 'app' };
function web(spec: object = {}, image = 'nginx:1', annotations: object = {}): Manifest {
  const template = {
    metadata: { labels: { app: 'web' }, annotations },
    spec: { containers: [{ name: 'web', image }] },
  };
  const selector = { matchLabels: { app: 'web' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector, template, ...spec },
  };
}
const deployment = () => scene.client.find(Deployment, WEB) as Deployment;
const sets = () => scene.client.list(ReplicaSet, 'app').sort(byAge);
const conditions = () =>
  Object.fromEntries(
    (deployment().status?.conditions ?? []).map(({ type, status, reason, message }) => [
      type,
      [status, reason, message],
    ]),
  );
const setImage = (image: string) =>
  scene.client.patch(Deployment, WEB, { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });
const messages = (reason: string) =>
  scene.client
    .list(Event, 'app')
    .filter((event) => event.reason === reason)
    .map(({ message }) => message);

describe('a Deployment', () => {
  it('ends up as the real one does: counts, conditions, revision, hash', async () => {
    scene = await clusterScene();
    await scene.create(web({ replicas: 2 }));
    await scene.settle();
    const [set] = sets();
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
      'deployment.kubernetes.io/revision': '1',
    });
    expect(deployment().metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(deployment().status).toMatchObject({
      observedGeneration: deployment().metadata.generation,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(conditions()).toEqual({
      Available: ['True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      Progressing: ['True', 'NewReplicaSetAvailable', `ReplicaSet "web-${hash}" has successfully progressed.`],
    });
    expect(messages('ScalingReplicaSet')).toEqual([`Scaled up replica set web-${hash} from 0 to 2`]);
  });

  it('rolls within its leeway: never fewer available than allowed, never more pods than allowed', async () => {
    scene = await clusterScene({ podStartMs: 1_000 });
    await scene.create(web({ replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }));
    await scene.settle(5_000);
    await setImage('nginx:2');
    for (let second = 0; second < 12; second += 1) {
      await scene.settle(1_000);
      expect(sets().reduce((total, { spec }) => total + (spec?.replicas ?? 0), 0)).toBeLessThanOrEqual(5);
      expect(deployment().status?.availableReplicas).toBeGreaterThanOrEqual(3);
    }
    expect(sets().map(({ spec }) => spec?.replicas)).toEqual(expect.arrayContaining([0, 4]));
    expect(deployment().status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 });
    expect(conditions().Progressing?.[1]).toBe('NewReplicaSetAvailable');
    expect(deployment().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('goes back to an old template by its old ReplicaSet, with a new revision', async () => {
    scene = await clusterScene();
    await scene.create(web());
    await scene.settle();
    const [old] = sets();
    await setImage('nginx:2');
    await scene.settle();
    await setImage('nginx:1');
    await scene.settle();
    const again = scene.client.find(ReplicaSet, { name: old?.metadata.name ?? '', namespace: 'app' });
    expect(again?.spec?.replicas).toBe(1);
    expect(again?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3' });
    expect(sets()).toHaveLength(2);
  });

  it('keeps as many old ReplicaSets as its history allows', async () => {
    scene = await clusterScene();
    await scene.create(web({ revisionHistoryLimit: 1 }));
    for (const tag of [2, 3, 4]) {
      await scene.settle(1_000);
      await setImage(`nginx:${tag}`);
    }
    await scene.settle(1_000);
    expect(
      sets()
        .map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'])
        .sort(),
    ).toEqual(['3', '4']);
  });

  it('with Recreate waits until the old pods are gone', async () => {
    scene = await clusterScene();
    await scene.create(web({ replicas: 2, strategy: { type: 'Recreate' } }));
    await scene.settle();
    // Without their nodes nobody ends them.
    for (const name of ['node-1', 'node-2']) await scene.client.delete(Node, { name });
    await setImage('nginx:2');
    await scene.settle();
    const old = scene.client.list(Pod, 'app');
    expect(old.map(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([true, true]);
    expect(sets()).toHaveLength(1);
    for (const { metadata } of old) {
      await scene.client.delete(Pod, { name: metadata.name, namespace: 'app' }, { gracePeriodSeconds: 0 });
    }
    await scene.settle();
    expect(sets()).toHaveLength(2);
    expect(deployment().status).toMatchObject({ replicas: 2, updatedReplicas: 2 });
  });

  it('does nothing while it is paused but scale, and says so', async () => {
    scene = await clusterScene();
    await scene.create(web());
    await scene.settle();
    await scene.client.patch(Deployment, WEB, { spec: { paused: true } });
    await setImage('nginx:2');
    await scene.client.patch(Deployment, WEB, { spec: { replicas: 3 } });
    await scene.settle();
    expect(conditions().Progressing).toEqual(['Unknown', 'DeploymentPaused', 'Deployment is paused']);
    expect(sets().map(({ spec }) => spec?.replicas)).toEqual([3]);
    await scene.client.patch(Deployment, WEB, { spec: { paused: false } });
    await scene.settle();
    expect(sets()).toHaveLength(2);
    expect(deployment().status).toMatchObject({ updatedReplicas: 3, replicas: 3 });
    expect(conditions().Progressing?.[1]).toBe('NewReplicaSetAvailable');
  });

  it.each([0, 1, 5])('scales from 2 to %i', async (replicas) => {
    scene = await clusterScene();
    await scene.create(web({ replicas: 2 }));
    await scene.settle();
    await scene.client.patch(Deployment, WEB, { spec: { replicas } });
    await scene.settle();
    expect(scene.client.list(Pod, 'app')).toHaveLength(replicas);
    expect(deployment().status?.availableReplicas ?? 0).toBe(replicas);
  });

  it('says that it has timed out when nothing moves until its deadline', async () => {
    scene = await clusterScene();
    await scene.create(web({ progressDeadlineSeconds: 60 }, 'nginx:does-not-exist'));
    await scene.settle(30_000);
    expect(conditions().Progressing?.slice(0, 2)).toEqual(['True', 'ReplicaSetUpdated']);
    expect(conditions().Available).toEqual([
      'False',
      'MinimumReplicasUnavailable',
      'Deployment does not have minimum availability.',
    ]);
    await scene.settle(60_000);
    const name = sets()[0]?.metadata.name;
    const late = ['False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`];
    expect(conditions().Progressing).toEqual(late);
    await scene.settle(3_600_000);
    expect(conditions().Progressing).toEqual(late);
  });

  it('keeps its old pods when the new ones do not become ready', async () => {
    scene = await clusterScene();
    await scene.create(web({ replicas: 2 }));
    await scene.settle();
    const template = { metadata: { annotations: { [OUTCOME]: 'NeverReady' } } };
    await scene.client.patch(Deployment, WEB, { spec: { template } });
    await scene.settle(10_000);
    expect(deployment().status).toMatchObject({
      availableReplicas: 2,
      updatedReplicas: 1,
      replicas: 3,
      unavailableReplicas: 1,
    });
  });

  it('tells why its pods are refused', async () => {
    scene = await clusterScene();
    await scene.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '1' } },
    });
    await scene.create(web({ replicas: 2 }));
    await scene.settle();
    const [status, reason, message] = conditions().ReplicaFailure ?? [];
    expect([status, reason]).toEqual(['True', 'FailedCreate']);
    expect(message).toMatch(
      /^pods "web-\w+-\w+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1$/,
    );
    expect(messages('FailedCreate')).toContain(`Error creating: ${message}`);
    await scene.client.patch(
      { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true },
      { name: 'small', namespace: 'app' },
      { spec: { hard: { pods: '5' } } },
    );
    await scene.settle(120_000);
    expect(conditions().ReplicaFailure).toBeUndefined();
    expect(deployment().status?.availableReplicas).toBe(2);
  });

  it('takes over pods and ReplicaSets that were orphaned, and lets go what no longer matches', async () => {
    scene = await clusterScene();
    await scene.create(web());
    await scene.settle();
    const [set] = sets();
    await scene.client.delete(Deployment, WEB, { propagationPolicy: 'Orphan' });
    await scene.settle();
    expect(sets()[0]?.metadata.ownerReferences ?? []).toEqual([]);
    await scene.create(web());
    await scene.settle();
    expect(sets().map(({ metadata }) => [metadata.uid, metadata.ownerReferences?.[0]?.uid])).toEqual([
      [set?.metadata.uid, deployment().metadata.uid],
    ]);
    const [pod] = scene.client.list(Pod, 'app');
    const ref = { name: pod?.metadata.name ?? '', namespace: 'app' };
    await scene.client.patch(Pod, ref, { metadata: { labels: { app: 'aside' } } });
    await scene.settle();
    expect(scene.client.find(Pod, ref)?.metadata.ownerReferences ?? []).toEqual([]);
    expect(scene.client.list(Pod, 'app')).toHaveLength(2);
  });

  it('causes no writes once it has settled', async () => {
    scene = await clusterScene();
    await scene.create(web({ replicas: 3 }));
    await scene.settle(60_000);
    const { revision } = scene.store;
    await scene.settle(1_800_000);
    expect(scene.store.revision).toBe(revision);
  });
});
