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
  return owned.workloadController('job-controller', Job, 'pods', async (job, context) => {
    const { client, clock } = context;
    if (owned.isEnding(job)) return undefined;
    const spec = job.spec as Spec;
    const over = ['Complete', 'Failed'].map((type) => owned.condition(job, type)).find((one) => one?.status === 'True');
    if (over !== undefined) {
      const { ttlSecondsAfterFinished: ttl } = spec;
      const left =
        ttl === undefined ? undefined : Date.parse(over.lastTransitionTime ?? '') + ttl * 1_000 - clock.now();
      if (left === undefined || left > 0) return left;
      await client.delete(Job, owned.metaRef(job), { uid: job.metadata.uid, propagationPolicy: 'Foreground' });
      return undefined;
    }
    const now = timestamp(clock);
    const { backoffLimit = 6, parallelism = 1, completions, suspend = false, activeDeadlineSeconds: seconds } = spec;
    const pods = await owned.claim(context, job, Pod, spec.selector);
    const inPhase = (phase: string) => pods.filter(({ status }) => status?.phase === phase);
    const succeeded = Math.max(job.status?.succeeded ?? 0, inPhase('Succeeded').length);
    const failed = Math.max(job.status?.failed ?? 0, inPhase('Failed').length);
    let active = pods.filter(owned.isActive);
    const startTime = suspend ? undefined : (job.status?.startTime ?? now);
    const deadline = seconds && startTime ? Date.parse(startTime) + seconds * 1_000 - clock.now() : undefined;
    const containers = (some: Pod[]) => some.flatMap(({ status }) => status?.containerStatuses ?? []);
    const restarts = containers(active).reduce((sum, { restartCount }) => sum + restartCount, 0);
    const exhausted = failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit);
    const late = deadline !== undefined && deadline <= 0;
    const enough = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
    let conditions: owned.StatusCondition[] = job.status?.conditions ?? [];
    const say = (types: string[], status: 'True' | 'False', reason: string, message: string): void => {
      for (const type of types) {
        conditions = owned.withCondition(conditions, { type, status, reason, message, lastProbeTime: now }, now);
      }
    };
    let failure: Error | undefined;
    let againInMs = deadline;
    if (exhausted || late || enough || suspend) {
      await owned.deletePods(context, emit, job, active);
      active = [];
      againInMs = undefined;
    }
    if (exhausted || late) {
      const reason = exhausted ? 'BackoffLimitExceeded' : 'DeadlineExceeded';
      const why = exhausted ? 'has reached the specified backoff limit' : 'was active longer than specified deadline';
      say(['FailureTarget', 'Failed'], 'True', reason, `Job ${why}`);
      await emit(context, job, { type: 'Warning', reason, message: `Job ${why}` });
    } else if (enough) {
      const message = 'Reached expected number of succeeded pods';
      say(['SuccessCriteriaMet', 'Complete'], 'True', 'CompletionsReached', message);
      await emit(context, job, { reason: 'Completed', message: 'Job completed' });
    } else if (suspend) say(['Suspended'], 'True', 'JobSuspended', 'Job suspended');
    else {
      if (owned.condition(job, 'Suspended')) say(['Suspended'], 'False', 'JobResumed', 'Job resumed');
      const open = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded;
      const missing = Math.min(parallelism, open) - active.length;
      const ends = containers(inPhase('Failed')).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ''));
      const pause = Math.max(...ends) + FIRST_RETRY_MS * 2 ** Math.min(6, failed - 1) - clock.now();
      if (missing > 0 && pause > 0) againInMs = Math.min(againInMs ?? pause, pause);
      else {
        const fresh = () => owned.podFrom(job, spec.template, owned.suffixed(job.metadata.name));
        const made = Array.from({ length: Math.max(0, missing) }, fresh);
        failure = await owned.createPods(context, emit, job, made);
        if (missing < 0) await owned.deletePods(context, emit, job, active.slice(missing));
        active = [...active, ...(failure ? [] : made)];
      }
    }
    await owned.writeStatus(context, Job, job, {
      startTime,
      ...(enough && { completionTime: now }),
      ...owned.nonZero({ active: active.length, succeeded, failed }),
      ready: active.filter(owned.isReady).length,
      terminating: pods.filter(owned.isEnding).length,
      uncountedTerminatedPods: {},
      ...(conditions.length > 0 && { conditions }),
    });
    if (failure) throw failure;
    return againInMs;
  });
}
