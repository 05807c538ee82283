/**
 * delete and deletecollection: an object goes at once, unless it has finalizers or (a pod) time to end in peace. Then it
 * only gets a deletionTimestamp; whoever takes the last finalizer away, or comes back with no grace, deletes it.
 * Source: `k8s.io/apiserver/pkg/registry/rest.BeforeDelete` and `generic/registry.Store.Delete`.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { timestamp } from '../../clock.ts';
import type { ResourceType } from '../../resources/resource-type.ts';
import type { Entry } from '../../store/store.ts';
import { badRequest, conflict, invalid, notFound, type Status } from '../api-error.ts';
import type { FieldError } from '../field-error.ts';
import { admissionRequest, admitAll, type Call, type VerbParts } from './call.ts';
import { integer, type ListOptions, list } from './read.ts';

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
const ANSWERED: ReadonlySet<string> = new Set([
  ...['pods', 'services', 'serviceaccounts', 'persistentvolumes', 'persistentvolumeclaims', 'podtemplates'],
  ...['resourcequotas', 'namespaces', 'storageclasses.storage.k8s.io', 'csidrivers.storage.k8s.io'],
  ...['csinodes.storage.k8s.io', 'volumeattachments.storage.k8s.io'],
  'customresourcedefinitions.apiextensions.k8s.io',
]);
const LONGEST_GRACE = 30;

/** @throws ApiError 400 for a body that is no DeleteOptions, 422 for values that are none */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = body === undefined ? fromQuery(query) : (body as Record<string, unknown>);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw badRequest("couldn't get version/kind; json parse error: the body is no DeleteOptions");
  }
  const { kind = 'DeleteOptions', apiVersion = 'v1', propagationPolicy, orphanDependents } = given;
  if (kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const wrong: FieldError[] = [];
  if (propagationPolicy !== undefined && propagationPolicy !== null && !POLICIES.includes(String(propagationPolicy))) {
    const detail = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    wrong.push({ kind: 'NotSupported', field: 'propagationPolicy', detail, value: propagationPolicy });
  }
  if (propagationPolicy && orphanDependents !== undefined && orphanDependents !== null) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    wrong.push({ kind: 'Invalid', field: 'propagationPolicy', detail, value: propagationPolicy });
  }
  const dryRun = (given.dryRun as string[] | null | undefined) ?? [];
  if (dryRun.some((each) => each !== 'All')) {
    wrong.push({ kind: 'NotSupported', field: 'dryRun', detail: 'supported values: "All"', value: dryRun });
  }
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', wrong);
  const orphaning = orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined;
  return {
    dryRun: dryRun.length > 0,
    propagationPolicy: (propagationPolicy as string | null | undefined) ?? orphaning,
    gracePeriodSeconds: (given.gracePeriodSeconds as number | null | undefined) ?? undefined,
    preconditions: (given.preconditions as DeleteOptions['preconditions'] | null) ?? undefined,
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  const orphan = query.get('orphanDependents');
  return {
    dryRun: query.getAll('dryRun'),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    ...(grace !== null && { gracePeriodSeconds: integer(grace) }),
    ...(orphan !== null && { orphanDependents: orphan === 'true' }),
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
    await admitAll(admission, admissionRequest(call, 'DELETE', undefined, entry.object, options));
    if (type.storage === 'jobs.batch' && options.propagationPolicy === undefined) {
      call.warnings.push(JOB_WARNING);
    }

    const object = JSON.parse(entry.json) as KubeObject;
    const marked = mark(type, object, options, timestamp(clock), clock.now());
    if (marked === 'pending') return entry;
    if (marked === 'waits') {
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

/** Marks an object as being deleted, in place, and says whether it goes, waits, or waits already. */
function mark(
  type: ResourceType,
  object: KubeObject,
  options: DeleteOptions,
  now: string,
  nowMs: number,
): 'goes' | 'waits' | 'pending' {
  const metadata = object.metadata as Deletable;
  setPropagation(type, metadata, options);
  const deleting = metadata.deletionTimestamp !== undefined;
  if (type.storage === 'namespaces') {
    const { finalizers = [] } = (object.spec ?? {}) as { finalizers?: string[] };
    if (deleting && finalizers.length === 0 && !metadata.finalizers?.length) return 'goes';
    metadata.deletionTimestamp ??= now;
    object.status = { ...(object.status as object), phase: 'Terminating' };
    return 'waits';
  }
  const grace = type.storage === 'pods' ? graceOf(object, options) : 0;
  if (deleting) {
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    if (left > 0) {
      if (options.gracePeriodSeconds === undefined || grace >= left) return 'pending';
      const ends = Math.max(nowMs, Date.parse(metadata.deletionTimestamp ?? now) + (grace - left) * 1000);
      metadata.deletionTimestamp = `${new Date(ends).toISOString().slice(0, 19)}Z`;
      metadata.deletionGracePeriodSeconds = grace;
    }
  } else if (grace > 0 || metadata.finalizers?.length) {
    metadata.deletionTimestamp = `${new Date(nowMs + grace * 1000).toISOString().slice(0, 19)}Z`;
    metadata.deletionGracePeriodSeconds = grace;
    if (metadata.generation) metadata.generation += 1;
  }
  return (metadata.deletionGracePeriodSeconds ?? 0) > 0 || metadata.finalizers?.length ? 'waits' : 'goes';
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
  const implied =
    had.includes(ORPHAN) || ORPHANS.has(type.storage) ? 'Orphan' : had.includes(FOREGROUND) ? 'Foreground' : '';
  const policy = propagationPolicy ?? implied;
  const finalizers = had.filter((each) => each !== ORPHAN && each !== FOREGROUND);
  if (policy === 'Orphan') finalizers.push(ORPHAN);
  if (policy === 'Foreground') finalizers.push(FOREGROUND);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

function checkPreconditions(
  type: ResourceType,
  { name, uid, revision }: Entry,
  { preconditions }: DeleteOptions,
): void {
  const { uid: wantedUid, resourceVersion } = preconditions ?? {};
  const named = { group: type.group, plural: type.kind };
  if (wantedUid !== undefined && wantedUid !== uid) {
    const why = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== String(revision)) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${revision}). The object might have been modified`;
    throw conflict(named, name, why);
  }
}

function success({ group, plural }: ResourceType, { name, uid }: Entry): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group !== '' && { group }), kind: plural, uid },
    // This one goes without a code.
  } as Status;
}
