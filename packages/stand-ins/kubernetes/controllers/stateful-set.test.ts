import { ControllerRevision, StatefulSet } from '@kubenova/kube/kinds/apps.ts';
import { Event, PersistentVolumeClaim } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const DB = { name: 'db', namespace: 'app' };
function db(spec: object = {}): Manifest {
  const template = {
    metadata: { labels: { app: 'db' } },
    spec: { containers: [{ name: 'db', image: 'pg:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
  };
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template,
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
      ...spec,
    },
  };
}
const set = () => scene.client.find(StatefulSet, DB) as StatefulSet;
const pods = () => scene.client.list(Pod, 'app');
const names = () => pods().map(({ metadata }) => metadata.name);
const images = () => pods().map(({ spec }) => spec?.containers[0]?.image);
const setImage = (image: string) =>
  scene.client.patch(StatefulSet, DB, { spec: { template: { spec: { containers: [{ name: 'db', image }] } } } });

describe('a StatefulSet', () => {
  it('starts one pod after the other, each with its claim', async () => {
    scene = await clusterScene({ podStartMs: 1_000 });
    await scene.create(db());
    await scene.settle();
    expect(names()).toEqual(['db-0']);
    await scene.settle(1_500);
    expect(names()).toEqual(['db-0', 'db-1']);
    await scene.settle(1_500);
    await scene.settle(1_500);
    expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
    const claims = scene.client.list(PersistentVolumeClaim, 'app');
    expect(claims.map(({ metadata, status }) => [metadata.name, metadata.labels, status?.phase])).toEqual(
      [0, 1, 2].map((ordinal) => [`data-db-${ordinal}`, { app: 'db' }, 'Bound']),
    );
    const revision = set().status?.updateRevision;
    expect(pods()[0]).toMatchObject({
      metadata: {
        generateName: 'db-',
        labels: {
          app: 'db',
          'apps.kubernetes.io/pod-index': '0',
          'controller-revision-hash': revision,
          'statefulset.kubernetes.io/pod-name': 'db-0',
        },
      },
      spec: { hostname: 'db-0', subdomain: 'db' },
    });
    expect(pods()[0]?.spec?.volumes?.[0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } });
    expect(set().status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: revision,
    });
    expect(scene.client.list(Event, 'app').map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'Create Claim data-db-0 Pod db-0 in StatefulSet db success',
        'Create Pod db-0 in StatefulSet db successful',
      ]),
    );
  });

  it('starts all at once when told to', async () => {
    scene = await clusterScene({ podStartMs: 1_000 });
    await scene.create(db({ podManagementPolicy: 'Parallel' }));
    await scene.settle();
    expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('rolls from the last to the first, one at a time', async () => {
    scene = await clusterScene({ podStartMs: 1_000 });
    await scene.create(db());
    for (let step = 0; step < 3; step += 1) await scene.settle(1_500);
    await setImage('pg:2');
    await scene.settle();
    expect(images()).toEqual(['pg:1', 'pg:1', 'pg:2']);
    expect(set().status?.currentRevision).not.toBe(set().status?.updateRevision);
    await scene.settle(1_500);
    expect(images()).toEqual(['pg:1', 'pg:2', 'pg:2']);
    await scene.settle(1_500);
    await scene.settle(1_500);
    expect(images()).toEqual(['pg:2', 'pg:2', 'pg:2']);
    expect(set().status).toMatchObject({ updatedReplicas: 3, currentRevision: set().status?.updateRevision });
    expect(scene.client.list(ControllerRevision, 'app').map(({ revision }) => revision)).toEqual(
      expect.arrayContaining([1, 2]),
    );
  });

  it('scales down from the end and keeps the claims', async () => {
    scene = await clusterScene();
    await scene.create(db());
    await scene.settle();
    await scene.client.patch(StatefulSet, DB, { spec: { replicas: 1 } });
    await scene.settle();
    expect(names()).toEqual(['db-0']);
    expect(scene.client.list(PersistentVolumeClaim, 'app')).toHaveLength(3);
  });

  it('says why a pod was refused', async () => {
    scene = await clusterScene();
    await scene.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none' },
      spec: { hard: { pods: '0' } },
    });
    await scene.create(db());
    await scene.settle();
    const told = scene.client.list(Event, 'app').find(({ reason }) => reason === 'FailedCreate');
    expect(told?.message).toBe(
      'Create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0',
    );
    expect(set().status).toMatchObject({ observedGeneration: 1, replicas: 0 });
  });
});
