/** What the product makes of workloads that these controllers have brought up, and whom they act as. */

import type { Manifest as WorkloadManifest } from '@kubenova/domain/manifest.ts';
import { workloadHealth } from '@kubenova/domain/workload-health.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { controllerUser } from './all.ts';
import { OUTCOME } from './pod-status.ts';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene | undefined;
afterEach(() => scene?.stop());

const labels = { app: 'it' };
const podSpec = { containers: [{ name: 'it', image: 'it:1' }] };

function workload(apiVersion: string, kind: string, outcome: string, spec: object = {}): Manifest {
  const metadata = { labels, annotations: { [OUTCOME]: outcome } };
  if (kind === 'Pod') return { apiVersion, kind, metadata: { name: 'it', ...metadata }, spec: { ...podSpec, ...spec } };
  const template = { metadata, spec: kind === 'Job' ? { ...podSpec, restartPolicy: 'Never' } : podSpec };
  const selector = kind === 'Job' ? {} : { selector: { matchLabels: labels } };
  return { apiVersion, kind, metadata: { name: 'it' }, spec: { template, ...selector, ...spec } };
}

async function health(manifest: Manifest) {
  scene = await clusterScene();
  await scene.create(manifest);
  for (let minute = 0; minute < 4; minute += 1) await scene.settle(60_000);
  const [version = '', group = ''] = manifest.apiVersion.split('/').reverse();
  const type = scene.resources.byKind(group, version, manifest.kind);
  const entry = type && scene.store.get(type.storage, 'app', 'it');
  return workloadHealth(entry?.object as WorkloadManifest);
}

describe('a workload, as the product judges it', () => {
  it.each([
    ['apps/v1', 'Deployment', { replicas: 2 }, 2],
    ['apps/v1', 'StatefulSet', { replicas: 2, serviceName: 'it' }, 2],
    ['apps/v1', 'DaemonSet', {}, 2],
    ['batch/v1', 'Job', {}, 1],
    ['v1', 'Pod', {}, 1],
  ])('%s %s is ready', async (apiVersion, kind, spec, readyReplicas) => {
    expect(await health(workload(apiVersion, kind, '', spec))).toMatchObject({
      state: 'ready',
      status: { ready: true, readyReplicas },
    });
  });

  it.each([
    [
      'apps/v1',
      'Deployment',
      'CrashLoopBackOff',
      { progressDeadlineSeconds: 60 },
      'failing',
      / has timed out progressing\.$/,
    ],
    ['batch/v1', 'Job', 'Error', { backoffLimit: 1 }, 'failing', /^Job has reached the specified backoff limit$/],
    ['v1', 'Pod', 'OOMKilled', { restartPolicy: 'Never' }, 'failing', /^The pod failed\.$/],
    ['apps/v1', 'StatefulSet', 'NeverReady', { serviceName: 'it' }, 'progressing', /^0 of 1 pods are ready\.$/],
    ['apps/v1', 'DaemonSet', 'ImagePullBackOff', {}, 'progressing', /^0 of 2 pods are available\.$/],
  ])('%s %s with %s is not', async (apiVersion, kind, outcome, spec, state, message) => {
    const found = await health(workload(apiVersion, kind, outcome, spec));
    expect(found.state).toBe(state);
    expect(found.status.message).toMatch(message);
  });
});

it('acts as the real controllers do', () => {
  expect(controllerUser('deployment-controller')).toEqual({
    username: 'system:serviceaccount:kube-system:deployment-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  });
  expect(controllerUser('kube-scheduler').username).toBe('system:kube-scheduler');
});
