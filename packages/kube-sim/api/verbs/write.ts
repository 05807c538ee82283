/**
 * create, update and patch, in the order of the API server:
 *
 *     decode → defaults → field ownership → mutating admission → the strategy's preparation → validation
 *            → validating admission → store
 *
 * Admission may wait for webhooks, and the entry may change meanwhile. Then all of it is done again on what is there now,
 * unless the caller has named a resourceVersion: then it has lost (409). A change that changes nothing writes nothing.
 * Source: `k8s.io/apiserver/pkg/registry/generic/registry.Store`.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { timestamp } from '../../clock.ts';
import { trackUpdate } from '../../patch/managed-fields.ts';
import type { ResourceType } from '../../resources/resource-type.ts';
import { prepareForCreate, prepareForUpdate } from '../../resources/strategy.ts';
import { validateCreate, validateUpdate, warningsOf } from '../../resources/validation/validate.ts';
import { decode } from '../../schema/decode.ts';
import { applyDefaults } from '../../schema/defaults.ts';
import type { Entry } from '../../store/store.ts';
import { ApiError, alreadyExists, badRequest, conflict, invalid, MODIFIED, notFound } from '../api-error.ts';
import type { FieldError } from '../field-error.ts';
import { admissionRequest, admit, type Call, type Outcome, type VerbParts, type WriteOptions } from './call.ts';
import { isFinished } from './deletion.ts';

/** Tries before giving up on an entry that changes all the time; the API server has none, but its deadline. */
const TRIES = 50;
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const GENERATED = 5;
const LONGEST_BASE = 63 - GENERATED;
const UPDATE_CREATES: ReadonlySet<string> = new Set([
  'events',
  'endpoints',
  'limitranges',
  'services',
  'leases.coordination.k8s.io',
  'runtimeclasses.node.k8s.io',
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
    (plural) => `${plural}.rbac.authorization.k8s.io`,
  ),
]);
/** Kinds besides the custom ones of which an update has to say what version it replaces. */
const LOCKED: ReadonlySet<string> = new Set([
  'leases.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'runtimeclasses.node.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  ...[
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
  ].map((plural) => `${plural}.admissionregistration.k8s.io`),
]);

/** Decodes a body into an object of the call's kind: pruned, checked for unknown fields, with its defaults. */
export function decoded(
  call: Call,
  options: WriteOptions,
  body: KubeObject,
  duplicates: readonly string[] = [],
): KubeObject {
  const { type, warnings } = call;
  const { object, unknownFields } = decode(type, body);
  if (options.fieldValidation !== 'Ignore') {
    const known = duplicates.filter((path) => !unknownFields.some((unknown) => path.startsWith(unknown)));
    const strict = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
    const twice = known.map((path) => `duplicate field ${JSON.stringify(path)}`);
    // Custom objects are searched for duplicates before they are pruned.
    if (type.crd === undefined) strict.push(...twice);
    else strict.unshift(...twice);
    if (options.fieldValidation === 'Warn') warnings.push(...strict);
    else if (strict.length > 0) throw badRequest(cannotHandle(type, `strict decoding error: ${strict.join(', ')}`));
  }
  applyDefaults(type, object);
  return object;
}

/** @throws ApiError 400 for an object of another kind or version, 422 where custom objects have that */
export function checkKind({ resources }: VerbParts, type: ResourceType, object: KubeObject): void {
  const { kind, apiVersion } = object;
  const wanted = apiVersionOf(type);
  if (kind === type.kind && apiVersion === wanted) return;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  if (type.crd !== undefined) {
    if (apiVersion !== wanted) {
      const why = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`;
      throw badRequest(why);
    }
    const error = { kind: 'Invalid', field: 'kind', detail: `must be ${type.kind}`, value: kind } as const;
    throw invalid({ group, kind }, object.metadata.name, [error]);
  }
  const other = resources.byKind(group, version, kind);
  const why = other
    ? `converting (${version}.${kind}) to (${type.group.split('.')[0] || 'core'}.${type.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${type.kind}: ${why}`);
}

const cannotHandle = ({ kind, version }: { kind: string; version: string }, why: string): string =>
  `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`;

export interface Created extends WriteOptions {
  /** By server-side apply, which has seen to the field ownership. */
  readonly applied?: boolean;
}

/** @param object decoded, and the call's own */
export async function create(parts: VerbParts, call: Call, options: Created, object: KubeObject): Promise<Outcome> {
  const { store, clock, admission } = parts;
  const { type } = call;
  const { metadata } = object;
  matchNamespace(call, metadata);
  if (call.name !== '' && metadata.name !== call.name) throw nameMismatch(call, metadata.name);
  if (options.applied) delete metadata.resourceVersion;
  else if (metadata.resourceVersion) {
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  const { generateName } = metadata as { generateName?: string };
  const generated = !metadata.name && Boolean(generateName);
  if (!options.applied) {
    const { status: _, ...owned } = object;
    const after = (type.subresources.status ? owned : object) as KubeObject;
    trackUpdate({ type, before: undefined, after, manager: options.fieldManager, now: timestamp(clock) });
  }
  const pristine = generated ? JSON.stringify(object) : '';

  for (let tries = 0; ; tries += 1) {
    let fresh = tries === 0 ? object : (JSON.parse(pristine) as KubeObject);
    if (generated) fresh.metadata.name = `${generateName?.slice(0, LONGEST_BASE)}${randomSuffix()}`;
    const request = admissionRequest(call, 'CREATE', fresh, undefined, options.dryRun, createOptions(options));
    await admit(admission, 'mutate', request);
    fresh = request.object ?? fresh;
    const meta = fresh.metadata;
    if (type.namespaced) meta.namespace = call.namespace;
    else delete meta.namespace;
    meta.uid = randomUUID();
    meta.creationTimestamp = timestamp(clock);
    delete meta.deletionTimestamp;
    delete (meta as { deletionGracePeriodSeconds?: number }).deletionGracePeriodSeconds;
    delete (meta as { selfLink?: string }).selfLink;
    prepareForCreate(type, fresh, parts);
    refuse(type, meta.name ?? '', validateCreate(type, fresh));
    call.warnings.push(...warningsOf(type, fresh));
    request.object = fresh;
    await admit(admission, 'validate', request);
    const occupied = (): ApiError => {
      const there = store.get(type.storage, call.namespace, meta.name)?.object;
      return alreadyExists(type, meta.name, there?.metadata.deletionTimestamp !== undefined);
    };
    if (options.dryRun || type.virtual) {
      if (store.get(type.storage, call.namespace, meta.name)) throw occupied();
      return { code: 201, object: fresh };
    }
    const entry = store.put(type.storage, fresh, undefined);
    if (entry !== undefined) return { code: 201, object: entry.object, entry };
    if (!generated || tries >= 7) throw occupied();
  }
}

/** What an update or a patch makes of the object that is there. */
export interface Next {
  /** Decoded, and free to be changed. */
  readonly object: KubeObject;
  /** By server-side apply, which has seen to the field ownership. */
  readonly applied?: boolean;
  /** Of the very object that it is for, if it says so. */
  readonly uid?: string;
  /** The subresource that the fields are owned through, when it is not the call's. */
  readonly through?: string;
}

/**
 * @param next called with what is there (never to be changed), once more after each lost race
 * @param createMissing an apply, or a kind that an update creates
 */
export async function change(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  next: (old: Entry | undefined) => Next,
  createMissing = false,
): Promise<Outcome> {
  const { store, clock, admission } = parts;
  const { type, name, subresource } = call;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = store.get(type.storage, call.namespace, name);
    if (entry === undefined) {
      if (!createMissing || subresource !== undefined) throw notFound(type, name);
      const { object, applied } = next(undefined);
      if (object.metadata.uid) throw uidMismatch(call, object.metadata.uid, '');
      call.mayCreate?.();
      return create(parts, call, { ...options, applied }, object);
    }
    const old = entry.object;
    const made = next(entry);
    const { metadata } = made.object;
    if (made.uid && made.uid !== entry.uid) throw uidMismatch(call, made.uid, entry.uid);
    matchNamespace(call, metadata);
    if (!made.uid && metadata.uid && metadata.uid !== entry.uid) {
      const error = {
        kind: 'Invalid',
        field: 'metadata.uid',
        detail: 'field is immutable',
        value: metadata.uid,
      } as const;
      throw invalid(type, name, [error]);
    }
    if (metadata.name !== name) throw nameMismatch(call, metadata.name);
    const version = metadata.resourceVersion ?? '';
    if (!/^\d*$/.test(version)) {
      throw new ApiError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
    }
    // 0 is how no version is written.
    const locked = version !== '' && version !== '0';
    if (!locked && (type.crd !== undefined || LOCKED.has(type.storage))) {
      const detail = 'must be specified for an update';
      // The registry names the resource here, not its kind.
      const named = { group: type.group, kind: type.plural };
      throw invalid(named, name, [{ kind: 'Invalid', field: 'metadata.resourceVersion', detail, value: 0 }]);
    }
    if (locked && version !== old.metadata.resourceVersion) throw conflict(type, name, MODIFIED);

    const request = admissionRequest(call, 'UPDATE', made.object, old, options.dryRun, updateOptions(options));
    await admit(admission, 'mutate', request);
    const object = request.object ?? made.object;
    const meta = object.metadata as KubeObject['metadata'] & { deletionGracePeriodSeconds?: number };
    const was = old.metadata as typeof meta;
    // The system's own fields stay as they are, whatever was sent.
    meta.uid ||= entry.uid;
    if (was.namespace !== undefined) meta.namespace = was.namespace;
    keep(meta, was, 'creationTimestamp');
    keep(meta, was, 'deletionTimestamp');
    keep(meta, was, 'deletionGracePeriodSeconds');
    prepareForUpdate(type, object, old, subresource, parts);
    if (!made.applied) {
      const manager = options.fieldManager;
      const through = made.through ?? subresource;
      trackUpdate({ type, before: old, after: object, manager, subresource: through, now: timestamp(clock) });
    }
    refuse(type, name, validateUpdate(type, object, old, subresource));
    call.warnings.push(...warningsOf(type, object));
    request.object = object;
    await admit(admission, 'validate', request);

    if (isFinished(type, object, was)) {
      if (options.dryRun) return { code: 200, object };
      const gone = store.remove(type.storage, entry);
      if (gone !== undefined)
        return { code: 200, object: { ...object, metadata: { ...meta, resourceVersion: String(gone.revision) } } };
    } else {
      meta.resourceVersion = was.resourceVersion;
      if (store.get(type.storage, call.namespace, name) === entry) {
        if (isSame(object, entry)) return { code: 200, object: old, entry };
        if (options.dryRun) return { code: 200, object };
        const written = store.put(type.storage, object, entry);
        if (written !== undefined) return { code: 200, object: written.object, entry: written };
      }
    }
  }
  throw conflict(type, name, MODIFIED);
}

/** @param body parsed, of the call's kind */
export function update(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  body: KubeObject,
  duplicates: readonly string[] = [],
): Promise<Outcome> {
  const next = (): Next => ({ object: decoded(call, options, body, duplicates), uid: body.metadata?.uid });
  return change(parts, call, options, next, UPDATE_CREATES.has(call.type.storage));
}

function isSame(object: KubeObject, entry: Entry): boolean {
  const { kind, apiVersion, metadata, ...rest } = object;
  const text = JSON.stringify({ kind, apiVersion, metadata, ...rest });
  // Equal objects are equally long as JSON, whatever the order of their fields.
  return (
    text.length === entry.json.length && (text === entry.json || isDeepStrictEqual(JSON.parse(text), entry.object))
  );
}

function keep<T extends object>(to: T, from: T, field: keyof T): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

function matchNamespace({ type, namespace }: Call, metadata: KubeObject['metadata']): void {
  if (type.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

export function nameMismatch({ name }: Call, given: string | undefined): ApiError {
  return badRequest(
    given
      ? `the name of the object (${given}) does not match the name on the URL (${name})`
      : `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
}

function uidMismatch({ type, namespace, name }: Call, wanted: string, uid: string): ApiError {
  const key = `/registry/${type.plural}/${namespace === '' ? '' : `${namespace}/`}${name}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  return conflict(type, name, why);
}

function refuse(type: Call['type'], name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(type, name, errors);
}

function randomSuffix(): string {
  return Array.from({ length: GENERATED }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}

const optionsObject = (kind: string, { dryRun, fieldManager, fieldValidation }: WriteOptions): KubeObject =>
  ({
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun && { dryRun: ['All'] }),
    fieldManager,
    fieldValidation,
  }) as unknown as KubeObject;
const createOptions = (options: WriteOptions): KubeObject => optionsObject('CreateOptions', options);
const updateOptions = (options: WriteOptions): KubeObject => optionsObject('UpdateOptions', options);
