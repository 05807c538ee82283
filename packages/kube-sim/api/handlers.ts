/**
 * From an authorised request to its answer: finds the kind, negotiates, calls the verb, renders. Streams (watch, log,
 * exec, attach) are the server's: see `streams.ts`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { stringify } from 'yaml';
import type { UserInfo } from '../auth/user.ts';
import { timestamp } from '../clock.ts';
import type { Fault } from '../faults/interceptor.ts';
import { trackUpdate } from '../patch/managed-fields.ts';
import type { ResourceType, SubresourceType } from '../resources/resource-type.ts';
import type { Entry } from '../store/store.ts';
import { ApiError, badRequest, notFound, type Status, unknownPath } from './api-error.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { checkShape, negotiate } from './negotiation.ts';
import { type RenderOptions, renderList, renderObject } from './rendering.ts';
import { mediaType, parseObject, parsePatch, summaryOf } from './request-body.ts';
import type { Route } from './route.ts';
import {
  admissionRequest,
  admitAll,
  type Call,
  type Outcome,
  type VerbParts,
  type WriteOptions,
  writeOptions,
} from './verbs/call.ts';
import { deleteOptions, remove, removeCollection } from './verbs/deletion.ts';
import { APPLY, checkPatchType, patch, patchedBy } from './verbs/patch.ts';
import { get, list, listOptions } from './verbs/read.ts';
import { bind, evict, SCALE, scaleOf, writeScale } from './verbs/subresources.ts';
import { checkKind, create, decoded, update } from './verbs/write.ts';

export interface HandlerParts extends VerbParts {
  /** Answers kinds that are not stored. */
  review(type: ResourceType, object: KubeObject, user: UserInfo, namespace: string): Promise<KubeObject>;
  /** Answers a TokenRequest. */
  issueToken(account: { namespace: string; name: string }, object: KubeObject): Promise<KubeObject>;
}

export interface ResourceRequest {
  readonly route: Route;
  readonly user: UserInfo;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly fault?: Fault;
}

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
  readonly warnings: readonly string[];
}

export const JSON_TYPE = 'application/json';
const YAML = { sortMapEntries: true, indentSeq: false, version: '1.1' } as const;
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const NOT_SIMULATED: ReadonlySet<string> = new Set(['portforward', 'proxy', 'ephemeralcontainers', 'resize']);
const MAIN_ONLY: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/**
 * The call that a route makes; undefined when its group is not served at all.
 * @throws ApiError 404 for unknown resources, 405 for verbs that they do not have
 */
export function callOf({ resources }: VerbParts, route: Route, user: UserInfo): Call | undefined {
  const named = route.resource;
  if (named === undefined) return undefined;
  const { group, version, plural, name, subresource } = named;
  const type = resources.find({ group, version, plural });
  if (type === undefined) {
    const built = resources.all().some((each) => each.group === group && each.version === version && !each.crd);
    if (built) throw unknownPath();
    return undefined;
  }
  const namespace = type.namespaced ? named.namespace : '';
  if (!type.namespaced && named.namespace !== '' && type.storage !== 'namespaces') throw unknownPath();
  const collection = MAIN_ONLY.has(route.verb);
  if (type.namespaced && namespace === '' && route.verb !== 'list' && route.verb !== 'watch') {
    throw name === '' ? methodNotAllowed() : unknownPath();
  }
  if (named.rest.length > 0 && subresource !== 'proxy') throw unknownPath();
  const served = subresource === undefined ? type : type.subresources[subresource];
  if (subresource !== undefined && NOT_SIMULATED.has(subresource)) {
    throw new ApiError(501, 'NotImplemented', `${plural}/${subresource} is not simulated`);
  }
  if (served === undefined) throw unknownPath();
  const whole = route.verb === 'create' && subresource === undefined;
  const misplaced = whole ? name !== '' : !collection && name === '';
  if (!served.verbs.includes(route.verb) || misplaced) throw methodNotAllowed();
  return { user, type, namespace, name: collection ? '' : name, subresource, warnings: [] };
}

export async function handle(parts: HandlerParts, call: Call, request: ResourceRequest): Promise<Answer> {
  const { route, headers, fault } = request;
  const { type } = call;
  const format = negotiate(headers.accept);
  const isList = route.verb === 'list' || route.verb === 'deletecollection';
  checkShape(format, isList, type.kind);
  const render = renderOptions(parts, route, format);
  const reply = (code: number, what: Entry | KubeObject | Status): Answer => {
    const status = !('json' in what) && (what as Status).kind === 'Status' && !('spec' in what);
    return respond(code, status ? JSON.stringify(what) : renderObject(type, what as Entry | KubeObject, render));
  };
  const respond = (code: number, body: string): Answer => ({
    code,
    contentType: format.yaml ? 'application/yaml' : JSON_TYPE,
    body: format.yaml ? stringify(JSON.parse(body), YAML) : body,
    warnings: call.warnings,
  });
  const written = ({ code, entry, object }: Outcome): Answer => reply(code, entry ?? object);

  switch (route.verb) {
    case 'get': {
      const entry = found(parts, call, route.query.get('resourceVersion') ?? '', fault?.staleBy);
      return reply(200, call.subresource === 'scale' ? scaleOf(type, entry) : entry);
    }
    case 'list':
      return respond(200, renderList(type, list(parts, call, listOptions(route.query), fault?.staleBy), render));
    case 'create':
      return call.subresource === undefined && !type.virtual
        ? written(await createObject(parts, call, request))
        : reply(201, await post(parts, call, request));
    case 'update': {
      const options = writeOptions('UpdateOptions', route.query, headers['user-agent'] ?? '');
      const body = bodyOf(call, request);
      if (call.subresource === 'scale') return written(await writeScale(parts, call, options, () => body));
      checkKind(parts, type, body);
      return written(await update(parts, call, options, body, duplicatesIn(request, body, options)));
    }
    case 'patch':
      return written(await patchObject(parts, call, request));
    default: {
      const { body: data } = request;
      const contentType = mediaType(headers['content-type']);
      const body = data.length === 0 ? undefined : parseObject(data, contentType, '', DELETE_OPTIONS);
      const options = deleteOptions(route.query, body);
      if (route.verb === 'delete') return reply(200, await remove(parts, call, options));
      const entries = await removeCollection(parts, call, options, listOptions(route.query));
      return respond(200, renderList(type, { entries, revision: parts.store.revision }, render));
    }
  }
}

export function renderOptions({ clock }: VerbParts, { query }: Route, format: RenderOptions['format']): RenderOptions {
  const include = query.get('includeObject');
  const includeObject = include === 'None' || include === 'Object' ? include : 'Metadata';
  return { format, includeObject, now: clock.now() };
}

function found(parts: HandlerParts, call: Call, resourceVersion: string, staleBy: number | undefined): Entry {
  if (!staleBy) return get(parts, call, resourceVersion);
  const { entries } = list(parts, { ...call, name: '' }, {}, staleBy);
  const entry = entries.find(({ name }) => name === call.name);
  if (entry === undefined) throw notFound(call.type, call.name);
  return entry;
}

function createObject(parts: HandlerParts, call: Call, request: ResourceRequest): Promise<Outcome> {
  const { route, headers } = request;
  const options = writeOptions('CreateOptions', route.query, headers['user-agent'] ?? '');
  const body = bodyOf(call, request);
  checkKind(parts, call.type, body);
  return create(parts, call, options, decoded(call, options, body, duplicatesIn(request, body, options)));
}

/** Reviews, and POSTs to subresources. */
async function post(parts: HandlerParts, call: Call, request: ResourceRequest): Promise<KubeObject | Status> {
  const { route, headers } = request;
  const { type, subresource, name, namespace, user } = call;
  const options = writeOptions('CreateOptions', route.query, headers['user-agent'] ?? '');
  const body = bodyOf(call, request);
  if (subresource === undefined) {
    const asked = decoded(call, options, body);
    delete asked.status;
    if (type.namespaced) asked.metadata.namespace = namespace;
    trackUpdate({ type, before: undefined, after: asked, manager: options.fieldManager, now: timestamp(parts.clock) });
    return parts.review(type, asked, user, namespace);
  }
  if (subresource === 'token') {
    const asked = admissionRequest(call, 'CREATE', body, undefined, options);
    await admitAll(parts.admission, asked);
    return parts.issueToken({ namespace, name }, asked.object ?? body);
  }
  if (subresource === 'binding') return bind(parts, call, options, body);
  if (subresource === 'eviction') return evict(parts, call, options, body);
  throw new ApiError(501, 'NotImplemented', `${type.plural}/${subresource} is not simulated`);
}

async function patchObject(parts: HandlerParts, call: Call, request: ResourceRequest): Promise<Outcome> {
  const { route, headers, body } = request;
  const contentType = mediaType(headers['content-type']);
  checkPatchType(call, contentType);
  const isApply = contentType === APPLY;
  const options = writeOptions('PatchOptions', route.query, headers['user-agent'] ?? '', isApply);
  const value = parsePatch(body, isApply);
  if (call.subresource !== 'scale') return patch(parts, call, options, contentType, value);
  return writeScale(parts, call, options, (scale) => patchedBy(SCALE.schema, scale, contentType, value));
}

/** The body as an object; kind and apiVersion go without saying. */
function bodyOf({ type, subresource }: Call, { body, headers }: ResourceRequest): KubeObject {
  const sub = subresource === undefined ? undefined : type.subresources[subresource];
  const kind = sub?.kind ?? type.kind;
  const apiVersion = sub?.version
    ? apiVersionOf({ ...type, group: sub.group ?? '', version: sub.version })
    : apiVersionOf(type);
  const component = sub?.kind ? componentOf(sub) : type.schema.component;
  const value = parseObject(body, mediaType(headers['content-type']), kind, component);
  const missing = value.kind ? (value.apiVersion ? undefined : 'apiVersion') : 'Kind';
  if (type.crd !== undefined && subresource !== 'scale' && missing !== undefined) {
    const why = `Object '${missing}' is missing in '${body}' (${summaryOf(body)})`;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`);
  }
  const { metadata = {} } = value;
  return { kind, apiVersion, ...value, metadata: metadata ?? {} } as KubeObject;
}

/** As in `io.k8s.api.autoscaling.v1.Scale`. */
const componentOf = ({ group = '', version = '', kind = '' }: Partial<SubresourceType>): string =>
  `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`;

/** Empty unless somebody wants to know. */
function duplicatesIn({ body, headers }: ResourceRequest, value: KubeObject, options: WriteOptions): string[] {
  const asked = options.fieldValidation !== 'Ignore' && mediaType(headers['content-type']) === JSON_TYPE;
  return asked ? duplicateFields(body.toString(), value) : [];
}
