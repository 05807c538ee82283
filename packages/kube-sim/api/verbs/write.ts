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
import {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  invalidValue,
  MODIFIED,
  notFound,
} from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { trackUpdate } from '@kubenova/kube-model/patch/managed-fields.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { prepareForCreate, prepareForUpdate } from '@kubenova/kube-model/resources/strategy.ts';
import { validateCreate, validateUpdate, warningsOf } from '@kubenova/kube-model/resources/validation/validate.ts';
import { decode } from '@kubenova/kube-model/schema/decode.ts';
import { applyDefaults } from '@kubenova/kube-model/schema/defaults.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import { admissionRequest, admit, type Call, type Outcome, type VerbParts, type WriteOptions } from './call.ts';
import { isFinished } from './deletion.ts';

/** Tries before giving up on an entry that changes all the time; the API server has none, but its deadline. */
const TRIES = 50;
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const GENERATED = 5;
const LONGEST_BASE = 63 - GENERATED;
const UPDATE_CREATES: ReadonlySet<string> = new Set(
  `events endpoints limitranges services leases.coordination.k8s.io runtimeclasses.node.k8s.io
  roles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io clusterroles.rbac.authorization.k8s.io
  clusterrolebindings.rbac.authorization.k8s.io`.split(/\s+/),
);
/** Kinds besides the custom ones of which an update has to say what version it replaces. */
const LOCKED: ReadonlySet<string> = new Set(
  `leases.coordination.k8s.io poddisruptionbudgets.policy runtimeclasses.node.k8s.io csidrivers.storage.k8s.io
  csinodes.storage.k8s.io volumeattachments.storage.k8s.io validatingadmissionpolicies.admissionregistration.k8s.io
  validatingadmissionpolicybindings.admissionregistration.k8s.io
  validatingwebhookconfigurations.admissionregistration.k8s.io
  mutatingwebhookconfigurations.admissionregistration.k8s.io`.split(/\s+/),
);

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
    else if (strict.length > 0) throw cannotHandle(type, type, `strict decoding error: ${strict.join(', ')}`);
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
    const why = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`;
    if (apiVersion !== wanted) throw badRequest(why);
    throw invalidValue({ group, kind }, object.metadata.name, 'kind', kind, `must be ${type.kind}`);
  }
  const other = resources.byKind(group, version, kind);
  const why = other
    ? `converting (${version}.${kind}) to (${type.group.split('.')[0] || 'core'}.${type.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  throw cannotHandle({ kind, version }, type, why);
}

type Kind = Pick<ResourceType, 'kind' | 'version'>;
const cannotHandle = ({ kind, version }: Kind, wanted: Kind, why: string): ApiError =>
  badRequest(`${kind} in version "${version}" cannot be handled as a ${wanted.kind}: ${why}`);

/** How a write goes about it. */
interface Manner {
  /** Creates what is not there: an apply, or a kind that an update creates. */
  readonly creates?: boolean;
  /** By server-side apply, which has seen to the field ownership. */
  readonly applied?: boolean;
  /** Only of the very object that it names. */
  readonly uid?: string;
}

/** @param object decoded, and the call's own */
export async function create(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  object: KubeObject,
  applied = false,
): Promise<Outcome> {
  const { store } = parts;
  const { type } = call;
  const { metadata } = object;
  place(call, metadata);
  if (call.name !== '' && metadata.name !== call.name) throw nameMismatch(call, metadata.name);
  if (applied) delete metadata.resourceVersion;
  else if (metadata.resourceVersion) {
    throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
  } else track(parts, call, options, object);
  const { generateName = '' } = metadata as { generateName?: string };
  const generated = !metadata.name && generateName !== '';

  for (let tries = 0; ; tries += 1) {
    const asked = generated ? structuredClone(object) : object;
    if (generated) asked.metadata.name = `${generateName.slice(0, LONGEST_BASE)}${randomSuffix()}`;
    const fresh = await settle(parts, call, options, asked);
    const { name } = fresh.metadata;
    const there = store.get(type.storage, call.namespace, name);
    if (there === undefined && options.dryRun) return { code: 201, object: fresh };
    const entry = store.put(type.storage, fresh, undefined);
    if (entry !== undefined) return { code: 201, object: entry.object, entry };
    if (!generated || tries >= 7) {
      throw alreadyExists(type, name, there?.object.metadata.deletionTimestamp !== undefined);
    }
  }
}

/**
 * update, patch and apply.
 *
 * @param next makes the wanted object (decoded, free to be changed) of what is there (never to be changed), once more
 *   after each lost race
 */
export async function change(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  next: (old: Entry | undefined) => KubeObject,
  manner: Manner = {},
): Promise<Outcome> {
  const { store } = parts;
  const { type, name, subresource } = call;
  const { creates, applied } = manner;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const entry = store.get(type.storage, call.namespace, name);
    if (entry === undefined) {
      if (!creates || subresource !== undefined) throw notFound(type, name);
      const object = next(undefined);
      const { uid } = object.metadata;
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      if (uid) throw applied ? conflict(type, name, why) : uidMismatch(call, uid, '');
      call.mayCreate?.();
      return create(parts, call, options, object, applied);
    }
    const old = entry.object;
    const asked = next(entry);
    checkTarget(call, entry, asked.metadata, manner.uid);
    if (!applied) track(parts, call, options, asked, old);
    const object = await settle(parts, call, options, asked, old);
    const { metadata } = object;

    if (isFinished(type, object, old.metadata)) {
      if (options.dryRun) return { code: 200, object };
      const gone = store.remove(type.storage, entry);
      if (gone === undefined) continue;
      return { code: 200, object: { ...object, metadata: { ...metadata, resourceVersion: String(gone.revision) } } };
    }
    metadata.resourceVersion = old.metadata.resourceVersion;
    if (store.get(type.storage, call.namespace, name) !== entry) continue;
    if (isSame(object, entry)) return { code: 200, object: old, entry };
    if (options.dryRun) return { code: 200, object };
    const written = store.put(type.storage, object, entry);
    if (written !== undefined) return { code: 200, object: written.object, entry: written };
  }
  throw conflict(type, name, MODIFIED);
}

/** @throws ApiError when the object that is there is not the one that is meant */
function checkTarget(call: Call, entry: Entry, metadata: KubeObject['metadata'], uid: string | undefined): void {
  const { type, name } = call;
  if (uid && uid !== entry.uid) throw uidMismatch(call, uid, entry.uid);
  place(call, metadata);
  if (metadata.uid && metadata.uid !== entry.uid) {
    throw invalidValue(type, name, 'metadata.uid', metadata.uid, 'field is immutable');
  }
  if (metadata.name !== name) throw nameMismatch(call, metadata.name);
  const version = metadata.resourceVersion ?? '';
  if (!/^\d*$/.test(version)) {
    throw new ApiError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  }
  // 0 is how no version is written.
  const locked = version !== '' && version !== '0';
  if (!locked && (type.crd !== undefined || LOCKED.has(type.storage))) {
    // The registry names the resource here, not its kind.
    const named = { group: type.group, kind: type.plural };
    throw invalidValue(named, name, 'metadata.resourceVersion', 0, 'must be specified for an update');
  }
  if (locked && version !== String(entry.revision)) throw conflict(type, name, MODIFIED);
}

/** @throws ApiError 400 when the object says that it is somewhere else */
function place({ type, namespace }: Call, metadata: KubeObject['metadata']): void {
  if (!type.namespaced) delete metadata.namespace;
  else if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  } else metadata.namespace = namespace;
}

function track({ clock }: VerbParts, call: Call, options: WriteOptions, after: KubeObject, before?: KubeObject): void {
  const { type, subresource } = call;
  trackUpdate({ type, before, after, manager: options.fieldManager, subresource, now: timestamp(clock) });
}

/**
 * Admission, the strategy's preparation and validation.
 * @param old undefined for a new object
 * @returns what is to be stored
 */
async function settle(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  asked: KubeObject,
  old?: KubeObject,
): Promise<KubeObject> {
  const { type, subresource } = call;
  const request = admissionRequest(call, old ? 'UPDATE' : 'CREATE', asked, old, options);
  await admit(parts.admission, 'mutate', request);
  const object = request.object ?? asked;
  const { metadata } = object;
  if (old) {
    metadata.uid = old.metadata.uid;
    prepareForUpdate(type, object, old, subresource, parts);
  } else {
    // Whatever was sent: these are the system's own.
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(parts.clock);
    delete metadata.deletionTimestamp;
    delete (metadata as { deletionGracePeriodSeconds?: number }).deletionGracePeriodSeconds;
    delete (metadata as { selfLink?: string }).selfLink;
    prepareForCreate(type, object, parts);
  }
  const errors = old ? validateUpdate(type, object, old, subresource) : validateCreate(type, object);
  if (errors.length > 0) throw invalid(type, metadata.name ?? '', errors);
  call.warnings.push(...warningsOf(type, object));
  request.object = object;
  await admit(parts.admission, 'validate', request);
  return object;
}

/** @param body parsed, of the call's kind */
export function update(
  parts: VerbParts,
  call: Call,
  options: WriteOptions,
  body: KubeObject,
  duplicates: readonly string[] = [],
): Promise<Outcome> {
  const next = (): KubeObject => decoded(call, options, body, duplicates);
  const creates = UPDATE_CREATES.has(call.type.storage);
  return change(parts, call, options, next, { creates, uid: body.metadata?.uid });
}

function isSame(object: KubeObject, entry: Entry): boolean {
  const text = JSON.stringify(object);
  // Equal objects are equally long as JSON, whatever the order of their fields.
  if (text.length !== entry.json.length) return false;
  return text === entry.json || isDeepStrictEqual(JSON.parse(text), entry.object);
}

export function nameMismatch({ name }: Call, given: string | undefined): ApiError {
  if (given) return badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
}

function uidMismatch({ type, namespace, name }: Call, wanted: string, uid: string): ApiError {
  const key = `/registry/${type.plural}/${namespace === '' ? '' : `${namespace}/`}${name}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  return conflict(type, name, why);
}

function randomSuffix(): string {
  return Array.from({ length: GENERATED }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
