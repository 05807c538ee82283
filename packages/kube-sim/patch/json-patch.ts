import type { KubeObject } from '@kubenova/kube/object.ts';
import { applyPatch, type Operation } from 'rfc6902';
import { ApiError } from '../api/api-error.ts';

/** JSON patch (RFC 6902); the object that comes in is left as it is. */
export function applyJsonPatch(object: KubeObject, patch: unknown): KubeObject {
  const patched = structuredClone(object);
  for (const failed of applyPatch(patched, patch as Operation[])) {
    if (failed !== null) throw new ApiError(422, 'Invalid', failed.message);
  }
  return patched;
}
