import { Event } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { OUTCOME } from './pod-status.ts';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const REF = { name: 'one', namespace: 'app' };
function pod(outcome?: string, spec: object = {}): Manifest {
  const annotations = outcome === undefined ? {} : { [OUTCOME]: outcome };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', annotations },
    spec: { containers: [{ name: 'web', image: 'nginx:1' }], ...spec },
  };
}
const found = () => scene.client.find(Pod, REF);
const container = (index = 0) => found()?.status?.containerStatuses?.[index];
const events = () =>
  scene.client
    .list(Event, 'app')
    .filter(({ involvedObject, source }) => involvedObject.name === 'one' && source?.component === 'kubelet')
    .map(({ type, reason, message, count }) => `${type} ${reason} ${message} x${count}`)
    .sort();
const condition = (type: string) => found()?.status?.conditions?.find((one) => one.type === type);

describe('the kubelet', () => {
  it('creates containers first, then runs them, and is ready', async () => {
    scene = await clusterScene({ podStartMs: 2_000 });
    await scene.create(pod());
    await scene.settle();
    expect(found()?.status).toMatchObject({ phase: 'Pending', startTime: '2026-01-01T00:00:00Z' });
    expect(container()?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(found()?.status?.podIP).toBeUndefined();
    expect(condition('Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [web]',
    });
    await scene.settle(2_500);
    expect(found()?.status).toMatchObject({ phase: 'Running', hostIP: expect.stringMatching(/^192\.168\.0\.[12]$/) });
    expect(found()?.status?.podIP).toMatch(/^10\.24[4-7]\.\d+\.\d+$/);
    expect(container()).toMatchObject({ ready: true, started: true, restartCount: 0, state: { running: {} } });
    expect(condition('Ready')?.status).toBe('True');
    expect(events()).toEqual([
      'Normal Created Container created x1',
      'Normal Pulled Successfully pulled image "nginx:1" in 2s (2s including waiting). Image size: 28210000 bytes. x1',
      'Normal Pulling Pulling image "nginx:1" x1',
      'Normal Started Container started x1',
    ]);
  });

  it('writes as its node', async () => {
    scene = await clusterScene();
    await scene.create(pod());
    await scene.settle();
    const managers = (found()?.metadata.managedFields ?? []) as { manager: string; subresource?: string }[];
    expect(managers.map(({ manager, subresource }) => `${manager} ${subresource}`)).toContain('kubelet status');
  });

  it('cannot pull an image that does not exist', async () => {
    scene = await clusterScene();
    await scene.create(
      pod(undefined, {
        containers: [
          { name: 'web', image: 'ghcr.io/x/y:does-not-exist' },
          { name: 'side', image: 'a:1' },
        ],
      }),
    );
    await scene.settle();
    const why =
      'rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/x/y:does-not-exist": failed to resolve reference "ghcr.io/x/y:does-not-exist": ghcr.io/x/y:does-not-exist: not found';
    expect(container()?.state).toEqual({ waiting: { reason: 'ErrImagePull', message: why } });
    await scene.settle(1_000);
    expect(container()?.state).toEqual({
      waiting: {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "ghcr.io/x/y:does-not-exist": ErrImagePull: ${why}`,
      },
    });
    expect(container(1)?.ready).toBe(true);
    expect(found()?.status?.phase).toBe('Pending');
    expect(events()).toEqual(
      expect.arrayContaining([
        'Normal BackOff Back-off pulling image "ghcr.io/x/y:does-not-exist" x1',
        'Warning Failed Error: ErrImagePull x1',
        'Warning Failed Error: ImagePullBackOff x1',
        `Warning Failed Failed to pull image "ghcr.io/x/y:does-not-exist": ${why} x1`,
      ]),
    );
  });

  it('restarts what crashes, later each time', async () => {
    scene = await clusterScene();
    await scene.create(pod('CrashLoopBackOff'));
    await scene.settle();
    const which = `one_app(${found()?.metadata.uid})`;
    const waiting = (delay: string) => ({
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off ${delay} restarting failed container=web pod=${which}`,
      },
    });
    expect(container()).toMatchObject({ restartCount: 1, ready: false, state: waiting('10s') });
    expect(container()?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(found()?.status?.phase).toBe('Running');
    await scene.settle(11_000);
    expect(container()).toMatchObject({ restartCount: 2, state: waiting('20s') });
    await scene.settle(21_000);
    await scene.settle(41_000);
    expect(container()).toMatchObject({ restartCount: 4, state: waiting('1m20s') });
    expect(events()).toContain(`Warning BackOff Back-off restarting failed container web in pod ${which} x4`);
  });

  it.each([
    ['OOMKilled', 'Always', { phase: 'Running', lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
    ['OOMKilled', 'Never', { phase: 'Failed', state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
    ['Error', 'Never', { phase: 'Failed', state: { terminated: { exitCode: 1, reason: 'Error' } } }],
    ['NeverReady', 'Always', { phase: 'Running', ready: false, state: { running: {} } }],
  ])('lets a pod end as %s with restart policy %s', async (outcome, restartPolicy, { phase, ...status }) => {
    scene = await clusterScene();
    await scene.create(pod(outcome, { restartPolicy }));
    await scene.settle();
    expect(found()?.status?.phase).toBe(phase);
    expect(container()).toMatchObject(status);
  });

  it('runs a failing pod once its image is a good one', async () => {
    scene = await clusterScene();
    await scene.create(pod(undefined, { containers: [{ name: 'web', image: 'x:does-not-exist' }] }));
    await scene.settle(1_000);
    const containers = found()?.spec?.containers.map((one) => ({ ...one, image: 'x:1' }));
    await scene.client.patch(Pod, REF, { spec: { containers } });
    await scene.settle();
    expect(container()).toMatchObject({ ready: true, image: 'x:1' });
  });

  it('shows init containers as completed', async () => {
    scene = await clusterScene();
    await scene.create(pod(undefined, { initContainers: [{ name: 'init', image: 'init:1' }] }));
    await scene.settle();
    expect(found()?.status?.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    });
  });

  it('ends what is deleted, and says so', async () => {
    scene = await clusterScene();
    await scene.create(pod());
    await scene.settle();
    await scene.client.delete(Pod, REF);
    await scene.settle();
    expect(found()).toBeUndefined();
    expect(events()).toContain('Normal Killing Stopping container web x1');
  });

  it('shows how a pod ended that a finalizer holds', async () => {
    scene = await clusterScene();
    await scene.create(pod());
    await scene.settle();
    await scene.client.patch(Pod, REF, { metadata: { finalizers: ['test/held'] } });
    await scene.client.delete(Pod, REF);
    await scene.settle();
    expect(found()?.status?.phase).toBe('Succeeded');
    await scene.client.patch(Pod, REF, { metadata: { finalizers: null } });
    await scene.settle();
    expect(found()).toBeUndefined();
  });
});

describe('events', () => {
  it('are kept up to a number a namespace, and for an hour', async () => {
    scene = await clusterScene({ eventsPerNamespace: 3 });
    await scene.create(pod());
    await scene.settle();
    expect(scene.client.list(Event, 'app')).toHaveLength(3);
    await scene.settle(4_000_000);
    expect(scene.client.list(Event, 'app')).toEqual([]);
  });

  it('are not written at all when none are kept', async () => {
    scene = await clusterScene({ eventsPerNamespace: 0 });
    await scene.create(pod());
    await scene.settle();
    expect(scene.client.list(Event)).toEqual([]);
    expect(container()?.ready).toBe(true);
  });
});
