/** One call on a resource, whoever makes it: HTTP, after authorisation, or a built-in controller through `LocalClient`. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { invalid } from '@kubenova/kube-model/api-error.ts';
import type { Clock } from '@kubenova/kube-model/clock.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import type { ResourceRegistry, ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Entry, Store } from '@kubenova/kube-model/store.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../../admission/admission.ts';
import type { UserInfo } from '../../auth/user.ts';

/** What the verbs need of a cluster. */
export interface VerbParts {
  readonly store: Store;
  readonly resources: ResourceRegistry;
  readonly clock: Clock;
  readonly admission: readonly AdmissionPlugin[];
}

export interface Call {
  readonly user: UserInfo;
  readonly type: ResourceType;
  /** '' for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  /** '' for the collection. */
  readonly name: string;
  readonly subresource?: string;
  /** Asked before an update or an apply creates what is not there. @throws ApiError 403 */
  readonly mayCreate?: () => void;
  /** Collects what the caller is told in `Warning` headers. */
  readonly warnings: string[];
}

/** What of `CreateOptions`, `UpdateOptions` and `PatchOptions` matters. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Of an apply. */
  readonly force: boolean;
}

/** What a write answers. */
export interface Outcome {
  readonly code: 200 | 201;
  /** As it is now, or would be (dry run), or was (deleted). */
  readonly object: KubeObject;
  /** The same as stored, unless nothing is. */
  readonly entry?: Entry;
}

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const LONGEST_MANAGER = 128;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** @throws ApiError 422 that names the options object, as the API server does */
export function writeOptions(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParams,
  userAgent: string,
  apply = false,
): WriteOptions {
  const wrong: FieldError[] = [];
  const add = (error: FieldError['kind'], field: string, detail: string, value?: unknown) =>
    wrong.push({ kind: error, field, detail, value });
  const dryRun = query.getAll('dryRun');
  const manager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const force = query.get('force');
  if (apply && manager === '') add('Required', 'fieldManager', 'is required for apply patch');
  if (kind === 'PatchOptions' && !apply && force !== null) {
    add('Forbidden', 'force', 'may not be specified for non-apply patch');
  }
  if (Buffer.byteLength(manager) > LONGEST_MANAGER) {
    add('TooLong', 'fieldManager', `may not be more than ${LONGEST_MANAGER} bytes`);
  }
  for (const { 0: rune, index } of manager.matchAll(UNPRINTABLE)) {
    const code = rune.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    const at = Buffer.byteLength(manager.slice(0, index));
    add('Invalid', 'fieldManager', `invalid character U+${code} (at position ${at})`, manager);
  }
  if (dryRun.some((each) => each !== 'All')) add('NotSupported', 'dryRun', 'supported values: "All"', dryRun);
  if (!VALIDATIONS.includes(validation)) {
    const supported = VALIDATIONS.map((each) => `"${each}"`).join(', ');
    add('NotSupported', 'fieldValidation', `supported values: ${supported}`, validation);
  }
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', wrong);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager === '' ? (userAgent.split('/')[0] ?? '').slice(0, LONGEST_MANAGER) : manager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteOptions['fieldValidation']),
    force: force === 'true' || force === '1',
  };
}

/**
 * The plugins' request for a call. A Namespace counts as being in itself.
 * @param options of the write or the deletion
 */
export function admissionRequest(
  call: Call,
  operation: AdmissionRequest['operation'],
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  { dryRun, ...others }: { readonly dryRun: boolean },
): AdmissionRequest {
  const { type, subresource, user, warnings } = call;
  const name = call.name === '' ? (object?.metadata.name ?? '') : call.name;
  const kind = `${operation.charAt(0)}${operation.slice(1).toLowerCase()}Options`;
  const options = { kind, apiVersion: 'meta.k8s.io/v1', ...others, ...(dryRun && { dryRun: ['All'] }) };
  return {
    operation,
    type,
    ...(subresource !== undefined && { subresource }),
    namespace: type.storage === 'namespaces' ? name : call.namespace,
    name,
    object,
    oldObject,
    user,
    dryRun,
    options: operation === 'CONNECT' ? undefined : (options as unknown as KubeObject),
    warnings,
  };
}

export async function admit(
  plugins: readonly AdmissionPlugin[],
  stage: 'mutate' | 'validate',
  request: AdmissionRequest,
): Promise<void> {
  for (const plugin of plugins) await plugin[stage]?.(request);
}

/** Both stages, for what is not written in between. @returns the request, whose object may be another by now */
export async function admitAll(
  plugins: readonly AdmissionPlugin[],
  ...about: Parameters<typeof admissionRequest>
): Promise<AdmissionRequest> {
  const request = admissionRequest(...about);
  await admit(plugins, 'mutate', request);
  await admit(plugins, 'validate', request);
  return request;
}
