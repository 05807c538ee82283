/**
 * What a client wants to have and what it sends. There is JSON and YAML, but no protobuf: who also takes JSON gets that.
 * Source: Kubernetes API concepts, "Alternate representations of resources" and "Receiving resources as Tables".
 */
import { ApiError } from '@kubenova/kube-model/api-error.ts';

export interface Format {
  readonly yaml: boolean;
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Of `meta.k8s.io`, for `as`. */
  readonly version: string;
}

const AS: ReadonlySet<string> = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const JSON_TYPES: ReadonlySet<string> = new Set(['*/*', 'application/*', 'application/json', '']);
const ONLY =
  'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
const AVAILABLE =
  'application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

/** @throws ApiError 406 */
export function negotiate(accept = ''): Format {
  const clauses = accept.split(',').map((clause) => {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
    return { type, parameters, q: Number(parameters.get('q') ?? 1) };
  });
  for (const { type, parameters } of clauses.sort((a, b) => b.q - a.q)) {
    const yaml = type === 'application/yaml';
    if (!yaml && !JSON_TYPES.has(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return { yaml, version: 'v1' };
    const version = parameters.get('v') ?? 'v1';
    const known = AS.has(as) && parameters.get('g') === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
    if (known) return { yaml, as: as as Format['as'], version };
  }
  if (/;\s*as=/.test(accept)) throw new ApiError(406, 'NotAcceptable', ONLY);
  throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${AVAILABLE}`, {});
}

/** @throws ApiError 406 for one object asked for as a list, or a list as one object */
export function checkShape({ as }: Format, isList: boolean, kind: string): void {
  if (as !== (isList ? 'PartialObjectMetadata' : 'PartialObjectMetadataList')) return;
  const found = isList ? `a list (*core.${kind}List)` : `not a list (*core.${kind})`;
  throw new ApiError(406, 'NotAcceptable', `you requested ${as}, but the requested object is ${found}`);
}
