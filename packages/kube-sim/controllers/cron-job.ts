/** CronJobs: a Job whenever the schedule says so. Source: `k8s.io/kubernetes/pkg/controller/cronjob`. */
import { CronJob, Job } from '@kubenova/kube/kinds/batch.ts';
import { isApiError } from '../api/api-error.ts';
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
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export function cronJobController(emit: Emit): Controller {
  return {
    name: 'cronjob-controller',
    watches: ['cronjobs.batch', 'jobs.batch'],
    keysOf: (change) =>
      change.storage === 'jobs.batch' ? owned.controllerKeys(change, 'CronJob') : [owned.keyOf(change.entry)],
    async reconcile(key, context) {
      const { client, clock } = context;
      const cron = client.find(CronJob, owned.refOf(key));
      if (cron?.spec === undefined || cron.metadata.deletionTimestamp !== undefined) return;
      const spec: Spec = cron.spec;
      const jobs = client.list(Job, cron.metadata.namespace);
      const mine = jobs.filter((job) => owned.controllerOf(job)?.uid === cron.metadata.uid).sort(owned.byAge);
      const [complete, failed] = ['Complete', 'Failed'].map((type) => mine.filter((job) => finished(job, type)));
      let active = mine.filter((job) => !finished(job, 'Complete') && !finished(job, 'Failed'));
      const { successfulJobsHistoryLimit: good = 3, failedJobsHistoryLimit: bad = 1 } = spec;
      for (const job of [
        ...(complete?.slice(0, -good || undefined) ?? []),
        ...(failed?.slice(0, -bad || undefined) ?? []),
      ]) {
        await remove(job);
      }
      const last = complete?.at(-1)?.status?.completionTime;
      let { lastScheduleTime } = cron.status ?? {};
      let next: number | undefined;
      if (spec.suspend !== true) {
        try {
          next = nextTime(
            spec.schedule,
            Date.parse(lastScheduleTime ?? cron.metadata.creationTimestamp ?? ''),
            spec.timeZone,
          );
          next = await startDue(next);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          const message = `unparseable schedule: "${spec.schedule}" : ${error.message}`;
          await emit(context, cron, { type: 'Warning', reason: 'UnparseableSchedule', message });
        }
      }
      await owned.writeStatus(context, CronJob, cron, {
        ...(active.length > 0 && { active: active.map(reference) }),
        lastScheduleTime,
        lastSuccessfulTime: last ?? cron.status?.lastSuccessfulTime,
      });
      return next === undefined ? undefined : { againInMs: Math.max(1, next - clock.now()) };

      /** Starts the newest of the due times, and answers the one to wait for. */
      async function startDue(first: number | undefined): Promise<number | undefined> {
        let due: number | undefined;
        let later = first;
        while (later !== undefined && later <= clock.now()) {
          due = later;
          later = nextTime(spec.schedule, later, spec.timeZone);
        }
        const { startingDeadlineSeconds: deadline } = spec;
        if (due === undefined || (deadline !== undefined && due + deadline * 1_000 < clock.now())) return later;
        if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
          const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
          await emit(context, cron as CronJob, { reason: 'JobAlreadyActive', message });
          return later;
        }
        if (spec.concurrencyPolicy === 'Replace') {
          for (const job of active) await remove(job);
          active = [];
        }
        await start(due);
        lastScheduleTime = iso(due);
        return later;
      }
      async function start(due: number): Promise<void> {
        if (cron === undefined) return;
        const { metadata: { labels, annotations } = {}, spec: template } = spec.jobTemplate;
        const name = `${cron.metadata.name}-${due / 60_000}`;
        const times = { 'batch.kubernetes.io/cronjob-scheduled-timestamp': iso(due) };
        try {
          const job = await client.create(Job, {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: {
              name,
              namespace: cron.metadata.namespace,
              ...(labels && { labels }),
              annotations: { ...annotations, ...times },
              ownerReferences: [owned.controllerReference(cron)],
            },
            spec: template,
          });
          active = [...active, job];
          await emit(context, cron, { reason: 'SuccessfulCreate', message: `Created job ${name}` });
        } catch (error) {
          if (isApiError(error, 'AlreadyExists')) return;
          const message = `Error creating job: ${(error as Error).message}`;
          await emit(context, cron, { type: 'Warning', reason: 'FailedCreate', message });
          throw error;
        }
      }
      async function remove(job: Job): Promise<void> {
        await owned.deleteIt(context, Job, job);
        await emit(context, cron as CronJob, {
          reason: 'SuccessfulDelete',
          message: `Deleted job ${job.metadata.name}`,
        });
      }
    },
  };
}

const reference = ({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }: Job) =>
  ({ apiVersion, kind, name, namespace, uid, resourceVersion }) as const;
