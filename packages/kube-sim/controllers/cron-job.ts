/** CronJobs: a Job whenever the schedule says so. Source: `k8s.io/kubernetes/pkg/controller/cronjob`. */
import { CronJob, Job } from '@kubenova/kube/kinds/batch.ts';
import { isApiError } from '../api/api-error.ts';
import { timestamp } from '../clock.ts';
import type { Controller } from './controller.ts';
import { nextTime } from './cron-schedule.ts';
import type { Emit } from './events.ts';
import * as owned from './owned.ts';

type Spec = NonNullable<CronJob['spec']> & {
  concurrencyPolicy?: string;
  startingDeadlineSeconds?: number;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  jobTemplate: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> } };
};
const finished = (job: Job, type: string) => owned.condition(job, type)?.status === 'True';

export function cronJobController(emit: Emit): Controller {
  return owned.workloadController('cronjob-controller', CronJob, 'jobs.batch', async (cron, context) => {
    const { client, clock } = context;
    if (owned.isEnding(cron)) return undefined;
    const spec = cron.spec as Spec;
    const jobs = client.list(Job, cron.metadata.namespace).sort(owned.byAge);
    const mine = jobs.filter((job) => owned.controllerOf(job)?.uid === cron.metadata.uid);
    const complete = mine.filter((job) => finished(job, 'Complete'));
    const failed = mine.filter((job) => finished(job, 'Failed'));
    let active = mine.filter((job) => !complete.includes(job) && !failed.includes(job));
    let { lastScheduleTime } = cron.status ?? {};

    async function remove(some: Job[]): Promise<void> {
      for (const job of some) {
        await owned.deleteIt(context, Job, job);
        await emit(context, cron, { reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` });
      }
    }
    async function start(due: number): Promise<void> {
      const { metadata: { labels, annotations } = {}, spec: template } = spec.jobTemplate;
      const { namespace } = cron.metadata;
      const name = `${cron.metadata.name}-${due / 60_000}`;
      const at = timestamp({ ...clock, now: () => due });
      const times = { 'batch.kubernetes.io/cronjob-scheduled-timestamp': at };
      const own = { annotations: { ...annotations, ...times }, ownerReferences: [owned.controllerReference(cron)] };
      const metadata = { name, namespace, ...(labels && { labels }), ...own };
      try {
        active.push(await client.create(Job, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: template }));
        await emit(context, cron, { reason: 'SuccessfulCreate', message: `Created job ${name}` });
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists')) {
          const message = `Error creating job: ${(error as Error).message}`;
          await emit(context, cron, { type: 'Warning', reason: 'FailedCreate', message });
          throw error;
        }
      }
      lastScheduleTime = at;
    }
    /** Starts the newest of the due times, and answers the one to wait for. */
    async function startDue(): Promise<number | undefined> {
      let due: number | undefined;
      let next = nextTime(
        spec.schedule,
        Date.parse(lastScheduleTime ?? cron.metadata.creationTimestamp ?? ''),
        spec.timeZone,
      );
      while (next !== undefined && next <= clock.now()) {
        due = next;
        next = nextTime(spec.schedule, due, spec.timeZone);
      }
      const { startingDeadlineSeconds: deadline = Number.POSITIVE_INFINITY, concurrencyPolicy } = spec;
      if (due === undefined || due + deadline * 1_000 < clock.now()) return next;
      if (concurrencyPolicy === 'Forbid' && active.length > 0) {
        const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
        await emit(context, cron, { reason: 'JobAlreadyActive', message });
        return next;
      }
      if (concurrencyPolicy === 'Replace') {
        await remove(active);
        active = [];
      }
      await start(due);
      return next;
    }

    const { successfulJobsHistoryLimit: good = 3, failedJobsHistoryLimit: bad = 1 } = spec;
    await remove([
      ...complete.slice(0, Math.max(0, complete.length - good)),
      ...failed.slice(0, Math.max(0, failed.length - bad)),
    ]);
    let next: number | undefined;
    try {
      if (spec.suspend !== true) next = await startDue();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const message = `unparseable schedule: "${spec.schedule}" : ${error.message}`;
      await emit(context, cron, { type: 'Warning', reason: 'UnparseableSchedule', message });
    }
    const references = active.map(({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }) => {
      return { apiVersion, kind, name, namespace, uid, resourceVersion };
    });
    await owned.writeStatus(context, CronJob, cron, {
      ...(references.length > 0 && { active: references }),
      lastScheduleTime,
      lastSuccessfulTime: complete.at(-1)?.status?.completionTime ?? cron.status?.lastSuccessfulTime,
    });
    return next === undefined ? undefined : Math.max(1, next - clock.now());
  });
}
