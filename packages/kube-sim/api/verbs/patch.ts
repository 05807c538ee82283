/** The four kinds of patches. Source: Kubernetes API concepts, "Patching". */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { timestamp } from '../../clock.ts';
import { serverSideApply } from '../../patch/apply.ts';
import { applyJsonPatch } from '../../patch/json-patch.ts';
import { applyMergePatch } from '../../patch/merge-patch.ts';
import { applyStrategicPatch } from '../../patch/strategic.ts';
import type { Entry } from '../../store/store.ts';
import { badRequest, conflict, invalid, isApiError } from '../api-error.ts';
import { goType } from '../request-body.ts';
import type { Call, Outcome, VerbParts, WriteOptions } from './call.ts';
import { change, checkKind, decoded, type Next } from './write.ts';

export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** Whether a kind takes this sort of patch: custom ones have no strategic merge. */
export const takesPatch = ({ type }: Pick<Call, 'type'>, contentType: string): boolean =>
  [APPLY, MERGE, JSON_PATCH].includes(contentType) || (contentType === STRATEGIC && type.crd === undefined);

/** @param body parsed */
export function patch(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  contentType: string,
  body: unknown,
): Promise<Outcome> {
  if (contentType === APPLY) return apply(parts, call, options, body);
  if (
    contentType === JSON_PATCH ? !Array.isArray(body) : typeof body !== 'object' || body === null || Array.isArray(body)
  ) {
    if (body === null && contentType === MERGE) throw badRequest('Invalid JSON Patch');
    const wanted = contentType === JSON_PATCH ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
    const prefix = contentType === STRATEGIC ? '' : 'error decoding patch: ';
    throw badRequest(`${prefix}json: cannot unmarshal ${goType(body)} into Go value of type ${wanted}`);
  }
  return change(parts, call, options, (old) => patched(parts, call, options, contentType, body, old));
}

function patched(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  contentType: string,
  body: unknown,
  old: Entry | undefined,
): Next {
  const { type } = call;
  const live = inVersion(call, old?.object ?? ({} as KubeObject));
  const result =
    contentType === JSON_PATCH
      ? applyJsonPatch(live, body)
      : contentType === STRATEGIC
        ? applyStrategicPatch(type.schema, live, body)
        : (applyMergePatch(live, body) as KubeObject);
  const sent = JSON.stringify(Object.fromEntries(Object.entries(result).sort(([a], [b]) => (a < b ? -1 : 1))));
  try {
    checkKind(parts, type, result);
    return { object: decoded(call, options, result) };
  } catch (error) {
    if (!isApiError(error, 'BadRequest')) throw error;
    const detail = error.message.replace(/^.* cannot be handled as an? \S+: /, '');
    throw invalid({ group: '', kind: '' }, '', [{ kind: 'Invalid', field: 'patch', detail, value: sent }]);
  }
}

function apply(parts: VerbParts, call: Call, options: WriteOptions, body: unknown): Promise<Outcome> {
  const { type, name, subresource } = call;
  const applied = (typeof body === 'object' && body !== null ? body : {}) as KubeObject;
  const { kind = '', apiVersion = '' } = applied;
  if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
    throw badRequest(`invalid object type: ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`);
  }
  const given = applied.metadata?.name;
  if (given && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  const metadata = { ...applied.metadata, name };
  const { fieldManager: manager, force } = options;
  const next = (old: Entry | undefined): Next => {
    if (old === undefined && metadata.uid) {
      const why = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
      throw conflict(type, name, why);
    }
    const live = old && inVersion(call, old.object);
    const now = timestamp(parts.clock);
    const object = serverSideApply({ type, live, applied: { ...applied, metadata }, manager, force, subresource, now });
    return { object: decoded(call, options, object), applied: true };
  };
  return change(parts, call, options, next, true);
}

/** The stored object as the version of the URL shows it. */
function inVersion({ type }: Call, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(type) };
}
