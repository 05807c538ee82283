/** `task`: a Job that runs to its end. It carries the Application's name, as the true definition names it. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ComponentType, Health } from '../render/definition.ts';
import { integer, record, text } from '../render/properties.ts';
import { podMetadataOf, podSpecOf } from './pod-spec.ts';

export const task: ComponentType = {
  workloadDefinition: { apiVersion: 'batch/v1', kind: 'Job' },
  health: taskHealth,
  render(properties, context) {
    const count = integer(properties, 'count') ?? 1;
    const given = { labels: record(properties, 'labels'), annotations: record(properties, 'annotations') };
    return {
      output: {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: `${context.appName}-${context.name}` },
        spec: {
          parallelism: count,
          completions: count,
          template: {
            metadata: podMetadataOf(context, given),
            spec: podSpecOf(properties, context, { restartPolicy: text(properties, 'restart') ?? 'Never' }),
          },
        },
      },
      outputs: {},
    };
  },
};

/** As many pods have succeeded as run side by side. */
function taskHealth(workload: KubeObject): Health {
  const status = record(workload, 'status') ?? {};
  const [active, failed, succeeded] = ['active', 'failed', 'succeeded'].map((field) => integer(status, field) ?? 0);
  const wanted = integer(record(workload, 'spec') ?? {}, 'parallelism');
  return { healthy: succeeded === wanted, message: `Active/Failed/Succeeded:${active}/${failed}/${succeeded}` };
}
