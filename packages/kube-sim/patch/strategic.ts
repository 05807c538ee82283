import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Schema } from '../schema/schema.ts';
import { applyMergePatch } from './merge-patch.ts';

/** Strategic merge patch; the object that comes in is left as it is. */
export function applyStrategicPatch(_schema: Schema, object: KubeObject, patch: unknown): KubeObject {
  return applyMergePatch(object, patch) as KubeObject;
}
