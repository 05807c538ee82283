/** Deployments: how they roll out, scale, change and end. Needs nodes, simulated or not. */
import { expect } from 'vitest';
import { type Body, casesOf } from '../case.ts';
import { configMaps, del, deployment, deployments, get, patch, pods, post } from '../requests.ts';

import { apps, condition, d, gone, podsOf, settled } from '../workload-state.ts';

export const deploymentCases = casesOf(
  'workloads',
  {
    'deployment-rolls-out': [
      'a Deployment makes a ReplicaSet, and that its pods',
      async (s) => {
        await s.do(post(deployments, deployment('d', 2)));
        const ready = await settled(s, d, 2);
        expect(ready.status).toMatchObject({ replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 });
        expect(ready.metadata.annotations['deployment.kubernetes.io/revision']).toBe('1');
        expect(condition(ready, 'Available')).toMatchObject({
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        });
        const progressing = await s.until('it to be complete', async () => {
          const found = condition(await s.do(get(d)), 'Progressing');
          return found.reason === 'NewReplicaSetAvailable' && found;
        });
        expect(progressing.message).toMatch(/^ReplicaSet "d-[a-z0-9]+" has successfully progressed\.$/);
        const { items } = await s.do(get(apps('replicasets')));
        expect(items).toHaveLength(1);
        const hash = items[0].metadata.labels['pod-template-hash'];
        expect(items[0].metadata).toMatchObject({
          name: `d-${hash}`,
          ownerReferences: [{ kind: 'Deployment', name: 'd', controller: true, blockOwnerDeletion: true }],
        });
        for (const { metadata } of await podsOf(s, 'd')) {
          expect(metadata.name).toMatch(new RegExp(`^d-${hash}-[a-z0-9]{5}$`));
          expect(metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: `d-${hash}`, controller: true }]);
        }
        expect(await s.run(['rollout', 'status', 'deployment/d', '--timeout=20s'])).toBe(
          'deployment "d" successfully rolled out\n',
        );
      },
    ],
    'deployment-scales': [
      'kubectl scale up and down',
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await settled(s, d, 1);
        expect(await s.run(['scale', 'deployment/d', '--replicas=3'])).toBe('deployment.apps/d scaled\n');
        await settled(s, d, 3);
        await s.run(['scale', 'deployment/d', '--replicas=0']);
        await settled(s, d, 0);
        await s.until('the pods to go', async () => (await podsOf(s, 'd')).length === 0);
      },
    ],
    'deployment-new-image': [
      'a new image rolls through a second ReplicaSet, and back again',
      async (s) => {
        await s.do(post(deployments, deployment('d', 2)));
        await settled(s, d, 2);
        await s.run(['set', 'image', 'deployment/d', 'c=docker.io/library/app:2']);
        expect(await s.run(['rollout', 'status', 'deployment/d', '--timeout=30s'])).toContain(
          'successfully rolled out\n',
        );
        const after = await settled(s, d, 2);
        expect(after.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
        const { items } = await s.do(get(apps('replicasets')));
        expect(items.map(({ spec }: Body) => spec.replicas).sort()).toEqual([0, 2]);
        await s.until('only new pods', async () =>
          (await podsOf(s, 'd')).every(({ spec }) => spec.containers[0].image.endsWith(':2')),
        );
        expect(await s.run(['rollout', 'history', 'deployment/d'])).toMatch(/^1\s+.*\n2\s+/m);
        await s.run(['rollout', 'undo', 'deployment/d']);
        await s.until('the first image', async () =>
          (await s.do(get(d))).spec.template.spec.containers[0].image.endsWith(':1'),
        );
        expect((await settled(s, d, 2)).metadata.annotations['deployment.kubernetes.io/revision']).toBe('3');
      },
    ],
    'deployment-restart': [
      'kubectl rollout restart makes new pods',
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await settled(s, d, 1);
        const [before] = await podsOf(s, 'd');
        await s.run(['rollout', 'restart', 'deployment/d']);
        await s.run(['rollout', 'status', 'deployment/d', '--timeout=30s']);
        await gone(s, `${pods}/${before.metadata.name}`);
      },
    ],
    'deployment-recreates-pod': [
      'a pod that is deleted comes back under another name',
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await settled(s, d, 1);
        const [before] = await podsOf(s, 'd');
        await s.do(del(`${pods}/${before.metadata.name}`));
        const after = await s.until('another pod', async () =>
          (await podsOf(s, 'd')).find(
            ({ metadata }) => metadata.uid !== before.metadata.uid && metadata.deletionTimestamp === undefined,
          ),
        );
        expect(after.metadata.name).not.toBe(before.metadata.name);
      },
    ],
    'deployment-paused': [
      'a paused Deployment changes no pods',
      async (s) => {
        await s.do(post(deployments, deployment('d', 1)));
        await settled(s, d, 1);
        await s.run(['rollout', 'pause', 'deployment/d']);
        await s.run(['set', 'image', 'deployment/d', 'c=docker.io/library/app:2']);
        await s.until('it to be looked at', async () => {
          const { metadata, status } = await s.do(get(d));
          return status.observedGeneration === metadata.generation;
        });
        expect((await s.do(get(apps('replicasets')))).items).toHaveLength(1);
        await s.run(['rollout', 'resume', 'deployment/d']);
        await s.run(['rollout', 'status', 'deployment/d', '--timeout=30s']);
        expect((await s.do(get(apps('replicasets')))).items).toHaveLength(2);
      },
    ],
    'deployment-deleted': [
      'a deleted Deployment takes all with it',
      async (s) => {
        await s.do(post(deployments, deployment('d', 2)));
        await settled(s, d, 2);
        await s.run(['delete', 'deployment', 'd', '--cascade=foreground', '--timeout=30s']);
        expect((await s.do(get(apps('replicasets')))).items).toEqual([]);
        await s.until('the pods to go', async () => (await podsOf(s, 'd')).length === 0);
      },
    ],
    'deployment-short-of-quota': [
      'a Deployment that may not make pods says so',
      async (s) => {
        await s.do(
          post('/api/v1/namespaces/{ns}/resourcequotas', { metadata: { name: 'q' }, spec: { hard: { pods: '0' } } }),
        );
        await s.until(
          'the quota to be counted',
          async () => (await s.do(get('/api/v1/namespaces/{ns}/resourcequotas/q'))).status?.used,
        );
        await s.do(post(deployments, deployment('d', 1)));
        const failure = await s.until('the failure', async () => condition(await s.do(get(d)), 'ReplicaFailure'));
        expect(failure).toMatchObject({
          status: 'True',
          reason: 'FailedCreate',
          message: expect.stringContaining('exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'),
        });
      },
    ],
    settles: [
      'a settled Deployment causes no writes',
      async (s) => {
        await s.do(post(deployments, deployment('d', 2)));
        await settled(s, d, 2);
        await s.until(
          'it to be complete',
          async () => condition(await s.do(get(d)), 'Progressing')?.reason === 'NewReplicaSetAvailable',
        );
        const versions = async () =>
          JSON.stringify([
            (await s.do(get(d))).metadata.resourceVersion,
            ...(await podsOf(s, 'd')).map(({ metadata }) => metadata.resourceVersion),
          ]);
        let before = await versions();
        await s.until('two looks without a change', async () => {
          await s.do(
            patch('merge', `${configMaps}/kube-root-ca.crt`, { metadata: { labels: { tick: String(Date.now()) } } }),
          );
          const after = await versions();
          const same = after === before;
          before = after;
          return same;
        });
      },
    ],
  },
  ['nodes'],
);
