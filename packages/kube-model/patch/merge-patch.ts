import { badRequest } from '../api-error.ts';
import { goKind, isMap, type JsonMap, own, put } from './json-value.ts';

/**
 * JSON merge patch: an object of the patch is merged into the object that is there, null removes, anything else replaces.
 * Source: RFC 7386.
 *
 * @param target never changed; parts that the patch leaves alone are shared with the answer
 * @throws ApiError 400 when the patch is not an object
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) {
    if (patch === null) throw badRequest('Invalid JSON Patch');
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return merge(target, patch);
}

function merge(target: unknown, patch: JsonMap): JsonMap {
  const merged: JsonMap = isMap(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else put(merged, field, isMap(value) ? merge(own(merged, field), value) : value);
  }
  return merged;
}
