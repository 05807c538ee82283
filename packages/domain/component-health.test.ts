import { describe, expect, it } from 'vitest';
import { componentHealths, type ObservedObjects, workloadsCondition } from './component-health.ts';
import type { Manifest } from './manifest.ts';
import { podHealth } from './pod-health.ts';
import { workloadHealth } from './workload-health.ts';

function object(kind: string, name: string, fields: Record<string, unknown> = {}, metadata = {}): Manifest {
  return {
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    metadata: { name, generation: 1, labels: { 'app.oam.dev/component': 'web' }, ...metadata },
    ...fields,
  };
}

const settled = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

describe('workloads', () => {
  it.each<[string, Manifest, string]>([
    ['a Deployment as asked for', object('Deployment', 'a', { spec: { replicas: 2 }, status: settled }), 'ready'],
    [
      'a Deployment of none',
      object('Deployment', 'a', { spec: { replicas: 0 }, status: { observedGeneration: 1 } }),
      'ready',
    ],
    [
      'one not looked at',
      object('Deployment', 'a', { spec: { replicas: 2 }, status: { ...settled, observedGeneration: 0 } }),
      'progressing',
    ],
    ['one without status', object('Deployment', 'a', { spec: {} }), 'progressing'],
    [
      'one with old pods',
      object('Deployment', 'a', { spec: { replicas: 2 }, status: { ...settled, replicas: 3 } }),
      'progressing',
    ],
    [
      'one not available',
      object('Deployment', 'a', { spec: { replicas: 2 }, status: { ...settled, availableReplicas: 1 } }),
      'progressing',
    ],
    [
      'one that may not make pods',
      object('Deployment', 'a', {
        spec: { replicas: 2 },
        status: { observedGeneration: 1, conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'quota' }] },
      }),
      'failing',
    ],
    [
      'one out of time',
      object('Deployment', 'a', {
        spec: { replicas: 2 },
        status: {
          ...settled,
          updatedReplicas: 1,
          conditions: [
            { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'too slow' },
          ],
        },
      }),
      'failing',
    ],
    [
      'a StatefulSet as asked for',
      object('StatefulSet', 'a', {
        spec: { replicas: 1 },
        status: { observedGeneration: 1, readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' },
      }),
      'ready',
    ],
    [
      'one half new',
      object('StatefulSet', 'a', {
        spec: { replicas: 2 },
        status: {
          observedGeneration: 1,
          readyReplicas: 2,
          updatedReplicas: 1,
          currentRevision: 'a',
          updateRevision: 'b',
        },
      }),
      'progressing',
    ],
    [
      'one new up to its partition',
      object('StatefulSet', 'a', {
        spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
        status: {
          observedGeneration: 1,
          readyReplicas: 2,
          updatedReplicas: 1,
          currentRevision: 'a',
          updateRevision: 'b',
        },
      }),
      'ready',
    ],
    [
      'a DaemonSet',
      object('DaemonSet', 'a', {
        spec: {},
        status: {
          observedGeneration: 1,
          desiredNumberScheduled: 2,
          updatedNumberScheduled: 2,
          numberReady: 2,
          numberAvailable: 2,
        },
      }),
      'ready',
    ],
    [
      'one of old pods',
      object('DaemonSet', 'a', {
        spec: {},
        status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
      }),
      'progressing',
    ],
    [
      'a Job at work',
      object('Job', 'a', { spec: { completions: 2 }, status: { active: 1, succeeded: 1 } }),
      'progressing',
    ],
    [
      'a Job that is done',
      object('Job', 'a', { status: { conditions: [{ type: 'Complete', status: 'True' }] } }),
      'ready',
    ],
    [
      'a Job that failed',
      object('Job', 'a', { status: { conditions: [{ type: 'Failed', status: 'True', message: 'backoff' }] } }),
      'failing',
    ],
    ['a CronJob', object('CronJob', 'a'), 'ready'],
  ])('%s', (_what, given, state) => {
    const health = workloadHealth(given);
    expect(health.state).toBe(state);
    expect(health.status.ready).toBe(state === 'ready');
    if (state !== 'ready') expect(health.status.message).not.toBe('');
  });
});

function pod(name: string, status: Record<string, unknown>, metadata: Record<string, unknown> = {}): Manifest {
  return object('Pod', name, { spec: { nodeName: 'n1' }, status }, { labels: {}, ...metadata });
}

const readyStatus = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ restartCount: 2 }],
};
const waiting = (reason: string) => ({
  phase: 'Pending',
  containerStatuses: [{ name: 'c', restartCount: 1, state: { waiting: { reason, message: 'because' } } }],
});

describe('pods', () => {
  it.each<[string, Manifest, string, string]>([
    ['ready', pod('a', readyStatus), 'ready', ''],
    ['done', pod('a', { phase: 'Succeeded' }), 'ready', ''],
    ['starting', pod('a', waiting('ContainerCreating')), 'progressing', 'ContainerCreating'],
    ['without an image', pod('a', waiting('ImagePullBackOff')), 'failing', 'ImagePullBackOff'],
    ['crashing', pod('a', waiting('CrashLoopBackOff')), 'failing', 'CrashLoopBackOff'],
    [
      'without a node',
      pod('a', {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no cpu' }],
      }),
      'failing',
      'Unschedulable',
    ],
    ['evicted', pod('a', { phase: 'Failed', reason: 'Evicted' }), 'failing', 'Evicted'],
    ['going', pod('a', waiting('CrashLoopBackOff'), { deletionTimestamp: 'now' }), 'progressing', 'Terminating'],
    [
      'ended with an error',
      pod('a', { phase: 'Running', containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 3 } } }] }),
      'progressing',
      'Error',
    ],
  ])('%s', (_what, given, state, reason) => {
    expect(podHealth(given)).toMatchObject({ state, status: { reason } });
  });

  it('restarts of all containers are added up', () => {
    const given = pod('a', { ...readyStatus, initContainerStatuses: [{ restartCount: 3 }] });
    expect(podHealth(given).status).toMatchObject({ restarts: 5, node: 'n1', ready: true });
  });
});

describe('components', () => {
  const application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web' },
    spec: {
      components: [
        { name: 'web', type: 'webservice' },
        {
          name: 'more',
          type: 'k8s-objects',
          properties: { objects: [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'db' } }] },
        },
      ],
    },
  };
  const deployment = (name: string, component: string, status: Record<string, unknown> = settled) =>
    object('Deployment', name, { spec: { replicas: 2 }, status }, { labels: { 'app.oam.dev/component': component } });
  const podOf = (name: string, replicaSet: string, hash: string, status: Record<string, unknown> = readyStatus) =>
    pod(name, status, {
      labels: { 'pod-template-hash': hash },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid: 'u', controller: true }],
    });
  const world = (more: Partial<ObservedObjects> = {}): ObservedObjects => ({
    workloads: [deployment('web', 'web'), deployment('db', 'more')],
    pods: [podOf('web-1', 'web-abc', 'abc'), podOf('db-1', 'db-def', 'def'), podOf('stray', 'other-x', 'x')],
    services: [],
    ingresses: [],
    ...more,
  });

  it('get their pods through their owners, whatever their labels', () => {
    const healths = componentHealths(application, world());
    expect(healths.map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(healths.map(({ status }) => status.pods.map(({ name }) => name))).toEqual([['web-1'], ['db-1']]);
    expect(workloadsCondition(healths)).toMatchObject({ status: 'True' });
  });

  it('are not ready while a workload is not there', () => {
    const healths = componentHealths(application, world({ workloads: [deployment('web', 'web')] }));
    expect(healths[1]).toMatchObject({ state: 'progressing', status: { workloads: [{ name: 'db', ready: false }] } });
    expect(workloadsCondition(healths)).toMatchObject({ status: 'False', reason: 'Progressing' });
  });

  it('fail by a pod that will not come up, and say why', () => {
    const workloads = [deployment('web', 'web', { ...settled, availableReplicas: 1 }), deployment('db', 'more')];
    const pods = [podOf('web-1', 'web-abc', 'abc', waiting('ErrImagePull'))];
    const healths = componentHealths(application, world({ workloads, pods }));
    expect(healths[0]).toMatchObject({
      state: 'failing',
      status: { healthy: false, message: 'Pod web-1: ErrImagePull: because' },
    });
    expect(workloadsCondition(healths)).toMatchObject({ status: 'False', reason: 'Failing' });
  });

  it('show their Services and addresses', () => {
    const labels = { labels: { 'app.oam.dev/component': 'web' } };
    const service = object('Service', 'web', { spec: { clusterIP: '10.0.0.1', ports: [{ port: 80 }] } }, labels);
    const ingress = object(
      'Ingress',
      'web',
      {
        spec: {
          tls: [{ hosts: ['b.example.com'] }],
          rules: [
            { host: 'a.example.com', http: { paths: [{ path: '/' }] } },
            { host: 'b.example.com', http: { paths: [{ path: '/api' }] } },
            { http: { paths: [{ path: '/' }] } },
          ],
        },
      },
      labels,
    );
    const [web] = componentHealths(application, world({ services: [service], ingresses: [ingress] }));
    expect(web?.status.services).toEqual([
      { name: 'web', type: 'ClusterIP', clusterIP: '10.0.0.1', ports: [{ port: 80, protocol: 'TCP' }] },
    ]);
    expect(web?.status.endpoints).toEqual([{ url: 'http://a.example.com/' }, { url: 'https://b.example.com/api' }]);
  });
});
