/**
 * Jobs: pods until enough have succeeded or too many failed. Deadlines, indexed completion, pod failure and success
 * policies are not done, and pods carry no tracking finalizer.
 * Source: `k8s.io/kubernetes/pkg/controller/job` and `ttlafterfinished`.
 */
import { Job, type JobSpec } from '@kubenova/kube/kinds/batch.ts';
import { Pod } from '@kubenova/kube/kinds/pod.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

const FIRST_RETRY_MS = 10_000;

/** How a Job ended, if it has: its `Complete` or `Failed` condition. */
export const endOf = (job: Job): owned.StatusCondition | undefined =>
  ['Complete', 'Failed'].map((type) => owned.condition(job, type)).find((one) => one?.status === 'True');

export function jobController(emit: Emit): Controller {
  return owned.workloadController('job-controller', Job, 'pods', emit, async (job, work) => {
    const { client, clock, now } = work;
    const spec = job.spec as JobSpec;
    const over = endOf(job);
    if (over !== undefined) {
      const { ttlSecondsAfterFinished: ttl } = spec;
      if (ttl === undefined) return {};
      const left = Date.parse(over.lastTransitionTime ?? '') + ttl * 1_000 - clock.now();
      if (left > 0) return { againInMs: left };
      await client.delete(Job, owned.metaRef(job), { uid: job.metadata.uid, propagationPolicy: 'Foreground' });
      return {};
    }
    const { backoffLimit = 6, parallelism = 1, completions, suspend = false } = spec;
    const pods = await owned.claim(work, job, Pod, spec.selector);
    const inPhase = (phase: string) => pods.filter(({ status }) => status?.phase === phase);
    const succeeded = Math.max(job.status?.succeeded ?? 0, inPhase('Succeeded').length);
    const failed = Math.max(job.status?.failed ?? 0, inPhase('Failed').length);
    let active = pods.filter(owned.isActive);
    const containers = (some: Pod[]) => some.flatMap(({ status }) => status?.containerStatuses ?? []);
    const restarts = containers(active).reduce((sum, { restartCount }) => sum + restartCount, 0);
    const exhausted = failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit);
    const enough = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
    let conditions: owned.StatusCondition[] = job.status?.conditions ?? [];
    const tell = (types: string[], status: 'True' | 'False', reason: string, message: string): void => {
      for (const type of types)
        conditions = owned.withCondition(conditions, { type, status, reason, message, lastProbeTime: now }, now);
    };
    let failure: Error | undefined;
    let againInMs: number | undefined;
    if (exhausted || enough || suspend) {
      await owned.deleteAll(work, Pod, active);
      active = [];
    }
    if (exhausted) {
      const message = 'Job has reached the specified backoff limit';
      tell(['FailureTarget', 'Failed'], 'True', 'BackoffLimitExceeded', message);
      await work.say('BackoffLimitExceeded', message, 'Warning');
    } else if (enough) {
      const message = 'Reached expected number of succeeded pods';
      tell(['SuccessCriteriaMet', 'Complete'], 'True', 'CompletionsReached', message);
      await work.say('Completed', 'Job completed');
    } else if (suspend) tell(['Suspended'], 'True', 'JobSuspended', 'Job suspended');
    else {
      if (owned.condition(job, 'Suspended')) tell(['Suspended'], 'False', 'JobResumed', 'Job resumed');
      const open = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded;
      const missing = Math.min(parallelism, open) - active.length;
      const ends = containers(inPhase('Failed')).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
      const pause = Math.max(...ends) + FIRST_RETRY_MS * 2 ** Math.min(6, failed - 1) - clock.now();
      if (missing > 0 && pause > 0) againInMs = pause;
      else {
        const fresh = () => owned.podFrom(job, spec.template, owned.suffixed(job.metadata.name));
        const made = Array.from({ length: Math.max(0, missing) }, fresh);
        failure = await owned.createAll(work, Pod, made);
        if (missing < 0) await owned.deleteAll(work, Pod, active.slice(missing));
        active = [...active, ...(failure ? [] : made)];
      }
    }
    const status = {
      startTime: suspend ? undefined : (job.status?.startTime ?? now),
      ...(enough && { completionTime: now }),
      ...owned.nonZero({ active: active.length, succeeded, failed }),
      ready: active.filter(owned.isReady).length,
      terminating: pods.filter(owned.isEnding).length,
      uncountedTerminatedPods: {},
      ...(conditions.length > 0 && { conditions }),
    };
    return { status, failure, againInMs };
  });
}
