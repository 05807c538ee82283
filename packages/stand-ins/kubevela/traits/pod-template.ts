/** Where a workload keeps the template of its pods, and how a trait patches it. */
import type { Properties } from '../model/application.ts';
import type { Draft } from '../render/definition.ts';
import { record, records } from '../render/properties.ts';

/** The workload with another pod's spec; unchanged when it has no template of pods at `spec.template`. */
export function withPodSpec(workload: Draft, change: (spec: Properties) => Properties): Draft {
  const spec = record(workload, 'spec');
  const template = spec && record(spec, 'template');
  if (!template) return workload;
  return { ...workload, spec: { ...spec, template: { ...template, spec: change(record(template, 'spec') ?? {}) } } };
}

/** The workload with other containers; those of a CronJob are one level deeper. */
export function withContainers(workload: Draft, change: (containers: Properties[]) => Properties[]): Draft {
  const spec = record(workload, 'spec') ?? {};
  const changed = (podSpec: Properties) => ({ ...podSpec, containers: change(records(podSpec, 'containers') ?? []) });
  const job = record(spec, 'jobTemplate');
  if (!job) return withPodSpec(workload, changed);
  const inner = withPodSpec({ apiVersion: 'batch/v1', kind: 'Job', spec: record(job, 'spec') }, changed);
  return { ...workload, spec: { ...spec, jobTemplate: { ...job, spec: inner.spec } } };
}

/** Items of one name become one, the later fields winning; the order is that of first appearance. */
export function mergedByName(before: readonly Properties[], after: readonly Properties[]): Properties[] {
  const merged = new Map<unknown, Properties>();
  for (const item of [...before, ...after]) merged.set(item.name, { ...merged.get(item.name), ...item });
  return [...merged.values()];
}
