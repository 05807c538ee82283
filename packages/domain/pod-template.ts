import { isRecord, type Manifest } from './manifest.ts';

/** The part of a workload that describes its pods. */
export interface PodTemplate {
  metadata: unknown;
  spec: Record<string, unknown>;
}

/** The pod templates of any workload kind: one for most, none for what makes no pods. */
export function podTemplates(object: Manifest): PodTemplate[] {
  const spec = isRecord(object.spec) ? object.spec : {};
  if (object.kind === 'Pod') return [{ metadata: object.metadata, spec }];
  const holder = object.kind === 'CronJob' ? dig(spec, 'jobTemplate', 'spec', 'template') : dig(spec, 'template');
  if (holder === undefined) return [];
  return [{ metadata: holder.metadata, spec: isRecord(holder.spec) ? holder.spec : {} }];
}

function dig(from: Record<string, unknown>, ...path: string[]): Record<string, unknown> | undefined {
  let at: Record<string, unknown> = from;
  for (const step of path) {
    const next = at[step];
    if (!isRecord(next)) return undefined;
    at = next;
  }
  return at;
}
