/**
 * delete and deletecollection: an object goes at once, unless it has finalizers or (a pod) time to end in peace. Then it
 * only gets a deletionTimestamp; whoever takes the last finalizer away, or comes back with no grace, deletes it.
 * Source: `k8s.io/apiserver/pkg/registry/rest.BeforeDelete` and `generic/registry.Store.Delete`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { badRequest, conflict, invalid, notFound, type Status } from '@kubenova/kube-model/api-error.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import { integer } from '../route.ts';
import { admitAll, type Call, type VerbParts } from './call.ts';
import { type ListOptions, list } from './read.ts';

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy?: string;
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

type Deletable = KubeObject['metadata'] & { deletionGracePeriodSeconds?: number };

const POLICIES = ['Foreground', 'Background', 'Orphan'];
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
/** Kinds whose dependents stay unless the caller says otherwise, for the sake of old clients. */
const ORPHANS: ReadonlySet<string> = new Set(['jobs.batch', 'replicationcontrollers']);
const JOB_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';
/** Kinds of which the deleted object is answered, not a Status. */
const ANSWERED: ReadonlySet<string> = new Set(
  `pods services serviceaccounts persistentvolumes persistentvolumeclaims podtemplates resourcequotas namespaces
  storageclasses.storage.k8s.io csidrivers.storage.k8s.io csinodes.storage.k8s.io volumeattachments.storage.k8s.io
  customresourcedefinitions.apiextensions.k8s.io`.split(/\s+/),
);
const LONGEST_GRACE = 30;

/** As they come: in a body, or as texts in a query. */
interface GivenOptions {
  readonly dryRun?: string[] | null;
  readonly propagationPolicy?: string | null;
  readonly orphanDependents?: boolean | string | null;
  readonly gracePeriodSeconds?: number | string | null;
  readonly preconditions?: DeleteOptions['preconditions'] | null;
}

/** @throws ApiError 400 for a body that is no DeleteOptions, 422 for values that are none */
export function deleteOptions(query: URLSearchParams, body?: Record<string, unknown>): DeleteOptions {
  const given = body ?? { ...Object.fromEntries(query), dryRun: query.getAll('dryRun') };
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = given as { kind?: string; apiVersion?: string };
  if (kind !== 'DeleteOptions') {
    const why = `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
    throw badRequest(why);
  }
  const {
    propagationPolicy,
    orphanDependents,
    dryRun,
    gracePeriodSeconds: grace,
    preconditions,
  } = given as GivenOptions;
  const orphaning = { true: 'Orphan', false: 'Background' }[String(orphanDependents)];
  const wrong: FieldError[] = [];
  const field = 'propagationPolicy';
  if (propagationPolicy && orphaning) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    wrong.push({ kind: 'Invalid', field, detail, value: propagationPolicy });
  }
  if (propagationPolicy && !POLICIES.includes(propagationPolicy)) {
    const detail = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    wrong.push({ kind: 'NotSupported', field, detail, value: propagationPolicy });
  }
  if (dryRun?.some((each) => each !== 'All')) {
    wrong.push({ kind: 'NotSupported', field: 'dryRun', detail: 'supported values: "All"', value: dryRun });
  }
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', wrong);
  return {
    dryRun: Boolean(dryRun?.length),
    propagationPolicy: propagationPolicy ?? orphaning,
    gracePeriodSeconds: typeof grace === 'string' ? integer(grace) : (grace ?? undefined),
    preconditions: preconditions ?? undefined,
  };
}

/** @returns the object as it is, will go on or was, or a Status where the API server answers one */
export async function remove(
  parts: VerbParts,
  call: Call,
  options: DeleteOptions,
): Promise<Entry | KubeObject | Status> {
  const { store, clock, admission } = parts;
  const { type, namespace, name } = call;
  for (;;) {
    const entry = store.get(type.storage, namespace, name);
    if (entry === undefined) throw notFound(type, name);
    checkPreconditions(type, entry, options);
    await admitAll(admission, call, 'DELETE', undefined, entry.object, options);
    if (type.storage === 'jobs.batch' && options.propagationPolicy === undefined) {
      call.warnings.push(JOB_WARNING);
    }

    const object = JSON.parse(entry.json) as KubeObject;
    const waits = mark(type, object, options, clock.now());
    if (waits) {
      if (options.dryRun) return object;
      const written = JSON.stringify(object) === entry.json ? entry : store.put(type.storage, object, entry);
      if (written !== undefined) return written;
    } else {
      const gone = options.dryRun ? entry : store.remove(type.storage, entry);
      if (gone !== undefined) return ANSWERED.has(type.storage) ? object : success(type, gone);
    }
  }
}

/** Deletes all that the selectors pick; answers them as they were listed. */
export async function removeCollection(
  parts: VerbParts,
  call: Call,
  options: DeleteOptions,
  selectors: ListOptions,
): Promise<readonly Entry[]> {
  const { entries } = list(parts, call, selectors);
  for (const { namespace, name } of entries) {
    try {
      await remove(parts, { ...call, namespace, name }, options);
    } catch (error) {
      // Somebody else was faster.
      if ((error as { status?: Status }).status?.code !== 404) throw error;
    }
  }
  return entries;
}

/** Whether an update leaves a deleting object without anything that holds it. */
export function isFinished(type: ResourceType, { metadata, spec }: KubeObject, was: Deletable): boolean {
  if (was.deletionTimestamp === undefined || metadata.finalizers?.length) return false;
  if (type.storage === 'namespaces') return !(spec as { finalizers?: string[] } | undefined)?.finalizers?.length;
  return !was.deletionGracePeriodSeconds;
}

/** Marks an object as being deleted, in place. @returns whether something holds it still */
function mark(type: ResourceType, object: KubeObject, options: DeleteOptions, now: number): boolean {
  const metadata = object.metadata as Deletable;
  const { deletionTimestamp, deletionGracePeriodSeconds: left = 0 } = metadata;
  const endsAt = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const grace = type.storage === 'pods' ? graceOf(object, options) : 0;
  // Time that was given can only get shorter.
  if (left > 0 && (options.gracePeriodSeconds === undefined || grace >= left)) return true;
  setPropagation(type, metadata, options);
  if (type.storage === 'namespaces') {
    const { finalizers = [] } = (object.spec ?? {}) as { finalizers?: string[] };
    if (deletionTimestamp && finalizers.length === 0 && !metadata.finalizers?.length) return false;
    metadata.deletionTimestamp ??= endsAt(now);
    object.status = { ...(object.status as object), phase: 'Terminating' };
    return true;
  }
  if (left > 0 && deletionTimestamp !== undefined) {
    metadata.deletionTimestamp = endsAt(Math.max(now, Date.parse(deletionTimestamp) + (grace - left) * 1000));
    metadata.deletionGracePeriodSeconds = grace;
  } else if (deletionTimestamp === undefined && (grace > 0 || metadata.finalizers?.length)) {
    metadata.deletionTimestamp = endsAt(now + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation) metadata.generation += 1;
  }
  return Boolean(metadata.deletionGracePeriodSeconds || metadata.finalizers?.length);
}

function graceOf({ spec, status }: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const { nodeName, terminationGracePeriodSeconds } = (spec ?? {}) as Record<string, unknown>;
  const { phase } = (status ?? {}) as { phase?: string };
  if (!nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  const grace = gracePeriodSeconds ?? (terminationGracePeriodSeconds as number | undefined) ?? LONGEST_GRACE;
  return grace < 0 ? 1 : grace;
}

/** What is to become of the dependents is told to the garbage collector by a finalizer. */
function setPropagation(type: ResourceType, metadata: Deletable, { propagationPolicy }: DeleteOptions): void {
  const had = metadata.finalizers ?? [];
  const implied = had.includes(ORPHAN) || ORPHANS.has(type.storage) ? 'Orphan' : undefined;
  const policy = propagationPolicy ?? implied ?? (had.includes(FOREGROUND) ? 'Foreground' : '');
  const finalizers = had.filter((each) => each !== ORPHAN && each !== FOREGROUND);
  if (policy === 'Orphan') finalizers.push(ORPHAN);
  if (policy === 'Foreground') finalizers.push(FOREGROUND);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

function checkPreconditions(
  { group, kind }: ResourceType,
  { name, uid, revision }: Entry,
  { preconditions = {} }: DeleteOptions,
): void {
  const check = (what: string, wanted: string | undefined, there: string, otherwise: string): void => {
    if (wanted === undefined || wanted === there) return;
    const why = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${there})`;
    throw conflict({ group, plural: kind }, name, `${why}. The object might have been ${otherwise}`);
  };
  check('UID', preconditions.uid, uid, 'deleted and then recreated');
  check('ResourceVersion', preconditions.resourceVersion, String(revision), 'modified');
}

/** Goes without a code. */
function success({ group, plural }: ResourceType, { name, uid }: Entry): Status {
  const details = { name, ...(group !== '' && { group }), kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } as Status;
}
