/**
 * Jobs: pods until enough have succeeded or too many failed. Indexed completion, pod failure and success policies are not
 * done, and pods carry no tracking finalizer. Source: `k8s.io/kubernetes/pkg/controller/job` and `ttlafterfinished`.
 */
import { Job } from '@kubenova/kube/kinds/batch.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import { timestamp } from '../clock.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

type Spec = NonNullable<Job['spec']> & { activeDeadlineSeconds?: number };
const FIRST_RETRY_MS = 10_000;

export function jobController(emit: Emit): Controller {
  return {
    name: 'job-controller',
    watches: ['jobs.batch', 'pods'],
    keysOf: (change) => (change.storage === 'pods' ? owned.controllerKeys(change, 'Job') : [owned.keyOf(change.entry)]),
    async reconcile(key, context) {
      const { client, clock } = context;
      const job = client.find(Job, owned.refOf(key));
      if (job?.spec === undefined || job.metadata.deletionTimestamp !== undefined) return;
      const spec: Spec = job.spec;
      const over = ['Complete', 'Failed']
        .map((type) => owned.condition(job, type))
        .find((one) => one?.status === 'True');
      if (over !== undefined) {
        if (spec.ttlSecondsAfterFinished === undefined) return;
        const left = Date.parse(over.lastTransitionTime ?? '') + spec.ttlSecondsAfterFinished * 1_000 - clock.now();
        if (left > 0) return { againInMs: left };
        return client.delete(Job, owned.refOf(key), { uid: job.metadata.uid, propagationPolicy: 'Foreground' });
      }
      const now = timestamp(clock);
      const { backoffLimit = 6, parallelism = 1, completions, suspend = false, activeDeadlineSeconds } = spec;
      const pods = await owned.claim(context, job, Pod, spec.selector);
      const inPhase = (phase: string) => pods.filter(({ status }) => status?.phase === phase);
      const succeeded = Math.max(job.status?.succeeded ?? 0, inPhase('Succeeded').length);
      const failed = Math.max(job.status?.failed ?? 0, inPhase('Failed').length);
      let active = pods.filter(owned.isActive);
      const startTime = suspend ? undefined : (job.status?.startTime ?? now);
      const deadline =
        activeDeadlineSeconds === undefined || startTime === undefined
          ? undefined
          : Date.parse(startTime) + activeDeadlineSeconds * 1_000 - clock.now();
      const restarts = active
        .flatMap(({ status }) => status?.containerStatuses ?? [])
        .reduce((n, one) => n + one.restartCount, 0);
      const exhausted = failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit);
      const enough = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
      let conditions: owned.StatusCondition[] = job.status?.conditions ?? [];
      const say = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
        conditions = owned.withCondition(conditions, { type, status, reason, message, lastProbeTime: now }, now);
      };
      let failure: Error | undefined;
      let wait = deadline;
      const stop = async (): Promise<void> => {
        await owned.deletePods(context, emit, job, active);
        active = [];
      };
      if (exhausted || (deadline !== undefined && deadline <= 0)) {
        const reason = exhausted ? 'BackoffLimitExceeded' : 'DeadlineExceeded';
        const message = exhausted
          ? 'Job has reached the specified backoff limit'
          : 'Job was active longer than specified deadline';
        await stop();
        for (const type of ['FailureTarget', 'Failed']) say(type, 'True', reason, message);
        await emit(context, job, { type: 'Warning', reason, message });
      } else if (enough) {
        await stop();
        for (const type of ['SuccessCriteriaMet', 'Complete']) {
          say(type, 'True', 'CompletionsReached', 'Reached expected number of succeeded pods');
        }
        await emit(context, job, { reason: 'Completed', message: 'Job completed' });
      } else if (suspend) {
        await stop();
        say('Suspended', 'True', 'JobSuspended', 'Job suspended');
      } else {
        if (owned.condition(job, 'Suspended')) say('Suspended', 'False', 'JobResumed', 'Job resumed');
        const needed =
          completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded;
        const missing = Math.min(parallelism, needed) - active.length;
        const ends = inPhase('Failed').flatMap(({ status }) => status?.containerStatuses ?? []);
        const last = Math.max(0, ...ends.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0));
        const pause = last === 0 ? 0 : last + FIRST_RETRY_MS * 2 ** Math.min(6, failed - 1) - clock.now();
        if (missing > 0 && pause > 0) wait = Math.min(wait ?? pause, pause);
        else if (missing > 0) {
          const name = `${job.metadata.name.slice(0, 57)}-`;
          const made = Array.from({ length: missing }, () =>
            owned.podFrom(job, spec.template, name + owned.randomSuffix()),
          );
          failure = await owned.createPods(context, emit, job, made);
          active = [...active, ...(failure ? [] : made)];
        } else await owned.deletePods(context, emit, job, active.slice(0, -missing));
      }
      const complete = conditions.some(({ type }) => type === 'Complete');
      await owned.writeStatus(context, Job, job, {
        startTime,
        ...(complete && { completionTime: now }),
        ...owned.nonZero({ active: active.length, succeeded, failed }),
        ready: active.filter(owned.isReady).length,
        terminating: pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length,
        uncountedTerminatedPods: {},
        ...(conditions.length > 0 && { conditions }),
      });
      if (failure) throw failure;
      return wait === undefined || conditions.some(({ type }) => type === 'Failed') ? undefined : { againInMs: wait };
    },
  };
}
