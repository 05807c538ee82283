/**
 * CronJobs: a Job whenever the schedule says so, in UTC; time zones and starting deadlines are not looked at.
 * Source: `k8s.io/kubernetes/pkg/controller/cronjob`.
 */
import { CronJob, Job } from '@kubenova/kube/kinds/batch.ts';
import type { TemplateMeta } from '@kubenova/kube/kinds/meta.ts';
import { isApiError } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { nextTime } from '@kubenova/kube-model/cron-schedule.ts';
import type { Controller } from './controller.ts';
import type { Emit } from './events.ts';
import { endOf } from './job.ts';
import * as owned from './owned.ts';

type Spec = NonNullable<CronJob['spec']> & {
  concurrencyPolicy?: string;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  jobTemplate: { metadata?: TemplateMeta };
};
const wording: owned.Wording = (did, name, refused) =>
  refused ? `Error creating job: ${refused}` : `${did}d job ${name}`;

export function cronJobController(emit: Emit): Controller {
  return owned.workloadController('cronjob-controller', CronJob, 'jobs.batch', emit, async (cron, work) => {
    const { client, clock } = work;
    const spec = cron.spec as Spec;
    const { schedule, concurrencyPolicy, successfulJobsHistoryLimit: good = 3, failedJobsHistoryLimit: bad = 1 } = spec;
    const all = client.list(Job, cron.metadata.namespace).sort(owned.byAge);
    const mine = all.filter((job) => owned.controllerOf(job)?.uid === cron.metadata.uid);
    const ended = (how: string | undefined) => mine.filter((job) => endOf(job)?.type === how);
    const [complete, failed] = [ended('Complete'), ended('Failed')];
    await owned.deleteAll(work, Job, complete.slice(0, Math.max(0, complete.length - good)), wording);
    await owned.deleteAll(work, Job, failed.slice(0, Math.max(0, failed.length - bad)), wording);
    let active = ended(undefined);
    let { lastScheduleTime } = cron.status ?? {};

    function jobOf(due: number, at: string): Job {
      const { metadata: { labels, annotations } = {}, spec: template } = spec.jobTemplate;
      const metadata = {
        name: `${cron.metadata.name}-${due / 60_000}`,
        namespace: cron.metadata.namespace,
        ...(labels && { labels }),
        annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': at },
        ownerReferences: [owned.controllerReference(cron)],
      };
      return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: template };
    }
    async function start(due: number): Promise<void> {
      if (concurrencyPolicy === 'Forbid' && active.length > 0) {
        const why = 'Not starting job because prior execution is running and concurrency policy is Forbid';
        return work.say('JobAlreadyActive', why);
      }
      if (concurrencyPolicy === 'Replace') {
        await owned.deleteAll(work, Job, active, wording);
        active = [];
      }
      const at = timestamp({ ...clock, now: () => due });
      const job = jobOf(due, at);
      const failure = await owned.createAll(work, Job, [job], wording);
      if (failure && !isApiError(failure, 'AlreadyExists')) throw failure;
      const made = client.find(Job, owned.metaRef(job));
      active = [...active, ...(made ? [made] : [])];
      lastScheduleTime = at;
    }

    let next: number | undefined;
    if (spec.suspend !== true) {
      // Of all that is due by now, only the newest is started.
      let due: number | undefined;
      next = nextTime(schedule, Date.parse(lastScheduleTime ?? cron.metadata.creationTimestamp ?? ''));
      while (next !== undefined && next <= clock.now()) {
        due = next;
        next = nextTime(schedule, due);
      }
      if (due !== undefined) await start(due);
    }
    const references = active.map(({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }) => {
      return { apiVersion, kind, name, namespace, uid, resourceVersion };
    });
    const status = {
      ...(references.length > 0 && { active: references }),
      lastScheduleTime,
      lastSuccessfulTime: complete.at(-1)?.status?.completionTime ?? cron.status?.lastSuccessfulTime,
    };
    return { status, againInMs: next && Math.max(1, next - clock.now()) };
  });
}
