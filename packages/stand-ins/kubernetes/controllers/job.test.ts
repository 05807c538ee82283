import { CronJob, Job } from '@kubenova/kube/kinds/batch.ts';
import { Event } from '@kubenova/kube/kinds/core.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { OUTCOME } from './pod-status.ts';
import { type ClusterScene, clusterScene, type Manifest } from './testing/cluster-scene.ts';

let scene: ClusterScene;
afterEach(() => scene.stop());

const REF = { name: 'work', namespace: 'app' };
const template = (outcome?: string, restartPolicy = 'Never') => ({
  metadata: { annotations: outcome === undefined ? {} : { [OUTCOME]: outcome } },
  spec: { restartPolicy, containers: [{ name: 'main', image: 'work:1' }] },
});
const job = (spec: object = {}, outcome?: string): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work' },
  spec: { template: template(outcome), ...spec },
});
const found = () => scene.client.find(Job, REF);
const conditions = () =>
  found()?.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]);
const said = () => scene.client.list(Event, 'app').map(({ reason, message }) => `${reason} ${message}`);

describe('a Job', () => {
  it('is complete when enough of its pods have succeeded', async () => {
    scene = await clusterScene({ podRunMs: 10_000 });
    await scene.create(job({ completions: 3, parallelism: 2 }));
    await scene.settle();
    expect(found()?.status).toMatchObject({ active: 2, ready: 2, startTime: '2026-01-01T00:00:00Z' });
    await scene.settle(11_000);
    expect(found()?.status).toMatchObject({ active: 1, succeeded: 2 });
    await scene.settle(11_000);
    expect(found()?.status).toMatchObject({ succeeded: 3, completionTime: expect.any(String) });
    const enough = ['True', 'CompletionsReached', 'Reached expected number of succeeded pods'];
    expect(conditions()).toEqual([
      ['SuccessCriteriaMet', ...enough],
      ['Complete', ...enough],
    ]);
    expect(said()).toContain('Completed Job completed');
    expect(scene.client.list(Pod, 'app').map(({ status }) => status?.phase)).toEqual(Array(3).fill('Succeeded'));
  });

  it('has failed when too many of its pods have, waiting longer after each', async () => {
    scene = await clusterScene();
    await scene.create(job({ backoffLimit: 2 }, 'Error'));
    await scene.settle();
    expect(found()?.status).toMatchObject({ failed: 1 });
    await scene.settle(11_000);
    expect(found()?.status).toMatchObject({ failed: 2 });
    await scene.settle(11_000);
    expect(found()?.status).toMatchObject({ failed: 2 });
    await scene.settle(11_000);
    const over = ['True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
    expect(conditions()).toEqual([
      ['FailureTarget', ...over],
      ['Failed', ...over],
    ]);
    expect(said()).toContain('BackoffLimitExceeded Job has reached the specified backoff limit');
  });

  it('counts restarts where pods restart by themselves', async () => {
    scene = await clusterScene();
    await scene.create({ ...job(), spec: { backoffLimit: 2, template: template('CrashLoopBackOff', 'OnFailure') } });
    await scene.settle();
    expect(conditions()).toBeUndefined();
    await scene.settle(11_000);
    expect(conditions()?.at(-1)?.[0]).toBe('Failed');
  });

  it('does nothing while it is suspended', async () => {
    scene = await clusterScene();
    await scene.create(job({ suspend: true }));
    await scene.settle();
    expect(conditions()).toEqual([['Suspended', 'True', 'JobSuspended', 'Job suspended']]);
    expect(scene.client.list(Pod, 'app')).toEqual([]);
    await scene.client.patch(Job, REF, { spec: { suspend: false } });
    await scene.settle();
    expect(conditions()?.map(([type, status]) => `${type}=${status}`)).toEqual([
      'Suspended=False',
      'SuccessCriteriaMet=True',
      'Complete=True',
    ]);
  });

  it('goes away with its pods after its time to live', async () => {
    scene = await clusterScene();
    await scene.create(job({ ttlSecondsAfterFinished: 60 }));
    await scene.settle(30_000);
    expect(found()).toBeDefined();
    await scene.settle(40_000);
    expect(found()).toBeUndefined();
    expect(scene.client.list(Pod, 'app')).toEqual([]);
  });
});

const CRON = { name: 'tick', namespace: 'app' };
const cron = (spec: object = {}): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick' },
  spec: {
    schedule: '*/5 * * * *',
    jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: template() } },
    ...spec,
  },
});
const jobs = () => scene.client.list(Job, 'app').map(({ metadata }) => metadata.name);
const tick = () => scene.client.find(CronJob, CRON);

describe('a CronJob', () => {
  it('makes a Job when it is due, named after the minute', async () => {
    scene = await clusterScene();
    await scene.create(cron());
    await scene.settle(240_000);
    expect(jobs()).toEqual([]);
    await scene.settle(90_000);
    const minute = Date.parse('2026-01-01T00:05:00Z') / 60_000;
    expect(jobs()).toEqual([`tick-${minute}`]);
    expect(scene.client.list(Job, 'app')[0]?.metadata).toMatchObject({
      labels: { a: 'b' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:05:00Z' },
    });
    expect(tick()?.status).toMatchObject({
      lastScheduleTime: '2026-01-01T00:05:00Z',
      lastSuccessfulTime: expect.any(String),
    });
    expect(said()).toContain(`SuccessfulCreate Created job tick-${minute}`);
  });

  it('keeps as much history as it is told to', async () => {
    scene = await clusterScene();
    await scene.create(cron({ successfulJobsHistoryLimit: 2 }));
    for (let run = 0; run < 4; run += 1) await scene.settle(330_000);
    expect(jobs()).toHaveLength(2);
  });

  it.each([
    ['Allow', 2],
    ['Forbid', 1],
    ['Replace', 1],
  ])('with %s has %i at a time', async (concurrencyPolicy, count) => {
    scene = await clusterScene({ podRunMs: 3_600_000 });
    await scene.create(cron({ concurrencyPolicy }));
    await scene.settle(330_000);
    const [first] = jobs();
    await scene.settle(330_000);
    expect(jobs()).toHaveLength(count);
    expect(jobs().includes(first ?? '')).toBe(concurrencyPolicy !== 'Replace');
    expect(tick()?.status?.active).toHaveLength(count);
  });

  it('starts only the newest of what it has missed, and nothing while suspended', async () => {
    scene = await clusterScene();
    await scene.create(cron({ suspend: true }));
    await scene.settle(3_600_000);
    expect(jobs()).toEqual([]);
    await scene.client.patch(CronJob, CRON, { spec: { suspend: false } });
    await scene.settle();
    expect(jobs()).toEqual([`tick-${Date.parse('2026-01-01T01:00:00Z') / 60_000}`]);
  });
});
