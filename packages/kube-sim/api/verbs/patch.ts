/** The four kinds of patches. Source: Kubernetes API concepts, "Patching". */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { ApiError, invalidValue, isApiError } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { serverSideApply } from '@kubenova/kube-model/patch/apply.ts';
import { applyJsonPatch } from '@kubenova/kube-model/patch/json-patch.ts';
import { applyMergePatch } from '@kubenova/kube-model/patch/merge-patch.ts';
import { applyStrategicPatch } from '@kubenova/kube-model/patch/strategic.ts';
import type { Schema } from '@kubenova/kube-model/schema/schema.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import type { Call, Outcome, VerbParts, WriteOptions } from './call.ts';
import { change, checkKind, decoded } from './write.ts';

export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** @throws ApiError 415; custom kinds have no strategic merge */
export function checkPatchType({ type }: Pick<Call, 'type'>, contentType: string): void {
  if ([APPLY, MERGE, JSON_PATCH].includes(contentType)) return;
  if (contentType !== STRATEGIC) throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (type.crd === undefined) return;
  const told = 'the body of the request was in an unknown format - accepted media types include:';
  throw new ApiError(415, 'UnsupportedMediaType', `${told} ${[JSON_PATCH, MERGE, APPLY].join(', ')}`);
}

/** @param body parsed */
export function patch(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  contentType: string,
  body: unknown,
): Promise<Outcome> {
  if (contentType === APPLY) return apply(parts, call, options, body as KubeObject);
  return change(parts, call, options, (old) => {
    const result = patchedBy(call.type.schema, inVersion(call, old), contentType, body);
    try {
      checkKind(parts, call.type, result);
      return decoded(call, options, result);
    } catch (error) {
      if (!isApiError(error, 'BadRequest')) throw error;
      const detail = error.message.replace(/^.* cannot be handled as an? \S+: /, '');
      const value = JSON.stringify(Object.fromEntries(Object.entries(result).sort(([a], [b]) => (a < b ? -1 : 1))));
      throw invalidValue({ group: '', kind: '' }, '', 'patch', value, detail);
    }
  });
}

/** What a patch that is no apply makes of an object, which stays as it is. @throws ApiError */
export function patchedBy(schema: Schema, object: KubeObject, contentType: string, body: unknown): KubeObject {
  if (contentType === JSON_PATCH) return applyJsonPatch(object, body);
  return contentType === STRATEGIC
    ? applyStrategicPatch(schema, object, body ?? {})
    : (applyMergePatch(object, body) as KubeObject);
}

/** The configuration is taken as it was sent: what is owned is what is in it. */
function apply(parts: VerbParts, call: Call, options: WriteOptions, body: KubeObject): Promise<Outcome> {
  const { type, subresource } = call;
  const { fieldManager: manager, force } = options;
  const applied = { ...body, metadata: body.metadata ?? {} };
  const next = (old: Entry | undefined): KubeObject => {
    const live = old && inVersion(call, old);
    const now = timestamp(parts.clock);
    return decoded(call, options, serverSideApply({ type, live, applied, manager, force, subresource, now }));
  };
  return change(parts, call, options, next, { creates: true, applied: true });
}

/** The stored object as the version of the URL shows it. */
const inVersion = ({ type }: Call, entry: Entry | undefined): KubeObject =>
  ({ ...entry?.object, apiVersion: apiVersionOf(type) }) as KubeObject;
