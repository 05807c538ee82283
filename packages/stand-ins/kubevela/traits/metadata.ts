/** `labels` and `annotations`: of the workload and of the pods that it makes; null takes one away. */
import type { Properties } from '../model/application.ts';
import type { Draft, TraitType } from '../render/definition.ts';
import { record } from '../render/properties.ts';

type Field = 'labels' | 'annotations';

export const labels: TraitType = {
  patch: (workload, properties) =>
    patchedAt(patched(workload, 'labels', properties), ['spec', 'template'], (template) =>
      patched(template, 'labels', properties),
    ),
};

/** Unlike labels they also reach the jobs of a CronJob, and their pods. */
export const annotations: TraitType = {
  patch: (workload, properties) =>
    [
      ['spec', 'template'],
      ['spec', 'jobTemplate'],
      ['spec', 'jobTemplate', 'spec', 'template'],
    ].reduce<Draft>(
      (object, path) => patchedAt(object, path, (inner) => patched(inner, 'annotations', properties)),
      patched(workload, 'annotations', properties),
    ),
};

function patched<T extends Properties>(object: T, field: Field, values: Properties): T {
  const metadata = record(object, 'metadata') ?? {};
  const merged = { ...record(metadata, field) };
  for (const [key, value] of Object.entries(values)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return { ...object, metadata: { ...metadata, [field]: merged } };
}

/** Changes what is at a path, if anything is there. */
function patchedAt<T extends Properties>(
  object: T,
  path: readonly string[],
  change: (inner: Properties) => Properties,
): T {
  const [field, ...rest] = path;
  const inner = field === undefined ? undefined : record(object, field);
  if (field === undefined || inner === undefined) return object;
  return { ...object, [field]: rest.length === 0 ? change(inner) : patchedAt(inner, rest, change) };
}
