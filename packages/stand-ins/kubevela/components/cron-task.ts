/** `cron-task`: a CronJob. Nothing judges it: it counts as healthy once applied. */
import type { ComponentType } from '../render/definition.ts';
import { defined, flag, integer, record, records, requiredText, text } from '../render/properties.ts';
import { podMetadataOf, podSpecOf } from './pod-spec.ts';

export const cronTask: ComponentType = {
  workloadDefinition: { apiVersion: '', kind: '' },
  render(properties, context) {
    const count = integer(properties, 'count') ?? 1;
    const given = { labels: record(properties, 'labels'), annotations: record(properties, 'annotations') };
    const metadata = podMetadataOf(context, given);
    return {
      output: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        spec: defined({
          schedule: requiredText(properties, 'schedule'),
          concurrencyPolicy: text(properties, 'concurrencyPolicy') ?? 'Allow',
          suspend: flag(properties, 'suspend'),
          successfulJobsHistoryLimit: integer(properties, 'successfulJobsHistoryLimit') ?? 3,
          failedJobsHistoryLimit: integer(properties, 'failedJobsHistoryLimit') ?? 1,
          startingDeadlineSeconds: integer(properties, 'startingDeadlineSeconds'),
          jobTemplate: {
            metadata,
            spec: defined({
              parallelism: count,
              completions: count,
              ttlSecondsAfterFinished: integer(properties, 'ttlSecondsAfterFinished'),
              activeDeadlineSeconds: integer(properties, 'activeDeadlineSeconds'),
              backoffLimit: integer(properties, 'backoffLimit') ?? 6,
              template: {
                metadata,
                spec: podSpecOf(properties, context, {
                  restartPolicy: text(properties, 'restart') ?? 'Never',
                  hostAliases: records(properties, 'hostAliases'),
                  groupedVolumes: true,
                }),
              },
            }),
          },
        }),
      },
      outputs: {},
    };
  },
};
