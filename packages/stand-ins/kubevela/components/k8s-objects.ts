/**
 * `k8s-objects`: objects as they are. The first is the component's workload. There is no judgement of health: it counts
 * as healthy once applied, whatever its pods do. An empty list cannot be rendered.
 */
import type { ComponentType, Draft, DraftOutputs } from '../render/definition.ts';
import { RenderError } from '../render/definition.ts';
import { records } from '../render/properties.ts';

function asDraft(object: Record<string, unknown>): Draft {
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new RenderError(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
  }
  return { ...object, apiVersion, kind };
}

export const k8sObjects: ComponentType = {
  workloadDefinition: { apiVersion: '', kind: '' },
  render(properties) {
    const [first, ...rest] = (records(properties, 'objects') ?? []).map(asDraft);
    if (!first) throw new RenderError('output: index out of range [0] with length 0');
    const outputs: DraftOutputs = {};
    for (const [index, object] of rest.entries()) outputs[`objects-${index + 1}`] = object;
    return { output: first, outputs };
  },
};
