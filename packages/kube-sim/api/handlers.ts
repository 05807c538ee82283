/**
 * From an authorised request to its answer: finds the kind, negotiates, calls the verb, renders. Streams (watch, log,
 * exec) are the server's: see `streams.ts`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { apiVersionOf } from '@kubenova/kube/resource.ts';
import { ApiError, badRequest, notFound, type Status, unknownPath } from '@kubenova/kube-model/api-error.ts';
import { timestamp } from '@kubenova/kube-model/clock.ts';
import { trackUpdate } from '@kubenova/kube-model/patch/managed-fields.ts';
import type { ResourceType, SubresourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import type { Entry } from '@kubenova/kube-model/store.ts';
import { stringify } from 'yaml';
import type { UserInfo } from '../auth/user.ts';
import type { Fault } from '../faults/interceptor.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { checkShape, negotiate } from './negotiation.ts';
import type { Answer } from './plain-paths.ts';
import { type RenderOptions, renderList, renderObject } from './rendering.ts';
import { mediaType, parseObject, parsePatch, summaryOf } from './request-body.ts';
import type { Route } from './route.ts';
import { admitAll, type Call, type Outcome, type VerbParts, type WriteOptions, writeOptions } from './verbs/call.ts';
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
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly fault?: Fault;
}

export const JSON_TYPE = 'application/json';
const YAML = { sortMapEntries: true, indentSeq: false, version: '1.1' } as const;
const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const NOT_SIMULATED: ReadonlySet<string> = new Set(['attach', 'portforward', 'proxy', 'ephemeralcontainers', 'resize']);
const MAIN_ONLY: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

const notSimulated = ({ plural }: ResourceType, subresource = ''): ApiError =>
  new ApiError(501, 'NotImplemented', `${plural}/${subresource} is not simulated`);
const methodNotAllowed = (): ApiError =>
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
  if (subresource !== undefined && NOT_SIMULATED.has(subresource)) throw notSimulated(type, subresource);
  if (served === undefined) throw unknownPath();
  const whole = route.verb === 'create' && subresource === undefined;
  const misplaced = whole ? name !== '' : !collection && name === '';
  if (!served.verbs.includes(route.verb) || misplaced) throw methodNotAllowed();
  return { user, type, namespace, name: collection ? '' : name, subresource, warnings: [] };
}

export async function handle(parts: HandlerParts, call: Call, request: ResourceRequest): Promise<Answer> {
  const { route, headers, fault } = request;
  const { query, verb } = route;
  const { type, subresource } = call;
  const format = negotiate(headers.accept);
  checkShape(format, verb === 'list' || verb === 'deletecollection', type.kind);
  const render = renderOptions(parts, route, format);
  const respond = (code: number, body: string): Answer => ({
    code,
    contentType: format.yaml ? 'application/yaml' : JSON_TYPE,
    body: format.yaml ? stringify(JSON.parse(body), YAML) : body,
    warnings: call.warnings,
  });
  const reply = (code: number, what: Entry | KubeObject | Status): Answer => {
    const isStatus = 'kind' in what && what.kind === 'Status' && what.apiVersion === 'v1';
    return respond(code, isStatus ? JSON.stringify(what) : renderObject(type, what as Entry | KubeObject, render));
  };
  const written = ({ code, entry, object }: Outcome): Answer => reply(code, entry ?? object);
  const options = (kind: Parameters<typeof writeOptions>[0], apply = false): WriteOptions =>
    writeOptions(kind, query, headers['user-agent'] ?? '', apply);

  switch (verb) {
    case 'get': {
      const entry = found(parts, call, query.get('resourceVersion') ?? '', fault?.staleBy);
      return reply(200, subresource === 'scale' ? scaleOf(type, entry) : entry);
    }
    case 'list':
      return respond(200, renderList(type, list(parts, call, listOptions(query), fault?.staleBy), render));
    case 'create': {
      const asked = options('CreateOptions');
      const body = bodyOf(call, request);
      if (subresource !== undefined) return reply(201, await post(parts, call, asked, body));
      checkKind(parts, type, body);
      const object = decoded(call, asked, body, duplicatesIn(request, body, asked));
      if (!type.virtual) return written(await create(parts, call, asked, object));
      delete object.status;
      if (type.namespaced) object.metadata.namespace = call.namespace;
      const now = timestamp(parts.clock);
      trackUpdate({ type, before: undefined, after: object, manager: asked.fieldManager, now });
      return reply(201, await parts.review(type, object, call.user, call.namespace));
    }
    case 'update': {
      const asked = options('UpdateOptions');
      const body = bodyOf(call, request);
      if (subresource === 'scale') return written(await writeScale(parts, call, asked, () => body));
      checkKind(parts, type, body);
      return written(await update(parts, call, asked, body, duplicatesIn(request, body, asked)));
    }
    case 'patch': {
      const contentType = mediaType(headers['content-type']);
      checkPatchType(call, contentType);
      const asked = options('PatchOptions', contentType === APPLY);
      const body = parsePatch(request.body, contentType === APPLY);
      if (subresource !== 'scale') return written(await patch(parts, call, asked, contentType, body));
      const make = (scale: KubeObject) => patchedBy(SCALE.schema, scale, contentType, body);
      return written(await writeScale(parts, call, asked, make));
    }
    default: {
      const { body: data } = request;
      const contentType = mediaType(headers['content-type']);
      const body = data.length === 0 ? undefined : parseObject(data, contentType, '', DELETE_OPTIONS);
      const asked = deleteOptions(query, body);
      if (verb === 'delete') return reply(200, await remove(parts, call, asked));
      const entries = await removeCollection(parts, call, asked, listOptions(query));
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
  const entry = list(parts, call, {}, staleBy).entries.find(({ name }) => name === call.name);
  if (entry === undefined) throw notFound(call.type, call.name);
  return entry;
}

async function post(
  parts: HandlerParts,
  call: Call,
  options: WriteOptions,
  body: KubeObject,
): Promise<KubeObject | Status> {
  const { type, subresource, name, namespace } = call;
  if (subresource === 'binding') return bind(parts, call, options, body);
  if (subresource === 'eviction') return evict(parts, call, options, body);
  if (subresource !== 'token') throw notSimulated(type, subresource);
  const asked = await admitAll(parts.admission, call, 'CREATE', body, undefined, options);
  return parts.issueToken({ namespace, name }, asked.object ?? body);
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
  const given = { kind: value.kind || kind, apiVersion: value.apiVersion || apiVersion };
  return { ...given, ...value, ...given, metadata: value.metadata ?? {} } as KubeObject;
}

/** As in `io.k8s.api.autoscaling.v1.Scale`. */
const componentOf = ({ group = '', version = '', kind = '' }: Partial<SubresourceType>): string =>
  `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`;

/** Empty unless somebody wants to know. */
function duplicatesIn({ body, headers }: ResourceRequest, value: KubeObject, options: WriteOptions): string[] {
  const asked = options.fieldValidation !== 'Ignore' && mediaType(headers['content-type']) === JSON_TYPE;
  return asked ? duplicateFields(body.toString(), value) : [];
}
