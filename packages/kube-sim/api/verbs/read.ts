/** get and list. Source: Kubernetes API concepts, "Resource versions" and "Retrieving large results sets in chunks". */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { parseFieldSelector } from '../../selectors/field.ts';
import { parseLabelSelector } from '../../selectors/label.ts';
import { Compacted, type Entry, type Page } from '../../store/store.ts';
import { ApiError, badRequest, gone, invalid, notFound } from '../api-error.ts';
import type { FieldError } from '../field-error.ts';
import type { Call, VerbParts } from './call.ts';

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  /** The token of the last page. */
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

export interface Listed {
  readonly entries: readonly Entry[];
  readonly revision: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const NUMBER = /^\d+$/;
const SINGLE_NAME = /^metadata\.name==?([^,=!]+)$/;

/** @throws ApiError 400 for numbers that are none, 422 for versions that do not go together */
export function listOptions(query: URLSearchParams): ListOptions {
  const wrong: FieldError[] = [];
  const forbid = (field: string, detail: string) => wrong.push({ kind: 'Forbidden', field, detail });
  const text = (key: string) => query.get(key) || undefined;
  integer(query.get('timeoutSeconds'));
  const options = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: Math.max(0, integer(query.get('limit'))) || undefined,
    continue: text('continue'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch'),
  };
  const { resourceVersion, resourceVersionMatch: match } = options;
  if (match !== undefined) {
    if (resourceVersion === undefined) {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (options.continue !== undefined) {
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      const detail = 'supported values: "Exact", "NotOlderThan", ""';
      wrong.push({ kind: 'NotSupported', field: 'resourceVersionMatch', detail, value: match });
    }
    if (match === 'Exact' && resourceVersion === '0') {
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.get('sendInitialEvents') !== null) {
    forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  }
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', wrong);
  return options;
}

/** @throws ApiError 404, or 504 for a version that is still to come */
export function get({ store }: VerbParts, { type, namespace, name }: Call, resourceVersion = ''): Entry {
  if (!/^\d*$/.test(resourceVersion)) throw new ApiError(500, '', noVersion(resourceVersion));
  if (resourceVersion !== '') revisionOf(resourceVersion, store.revision);
  const entry = store.get(type.storage, namespace, name);
  if (entry === undefined) throw notFound(type, name);
  return entry;
}

/**
 * @param staleBy answers as things were so many revisions ago
 * @throws ApiError 400 for selectors and tokens that are none, 410 for a token or version that is compacted
 */
export function list({ store }: VerbParts, call: Call, options: ListOptions, staleBy = 0): Listed {
  const { type } = call;
  const namespace = call.namespace === '' ? undefined : call.namespace;
  const { limit, resourceVersion = '', resourceVersionMatch: match } = options;
  const matches = selection(call, options);
  const token = options.continue === undefined ? undefined : decodeToken(options.continue, call.namespace);
  if (token && resourceVersion !== '') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const wanted = resourceVersion === '' ? 0 : revisionOf(resourceVersion, store.revision);
  // With a limit and no match, a version that is given is meant exactly.
  const exact = wanted > 0 && (match === 'Exact' || (match === undefined && limit !== undefined));
  const revision = Math.max(0, staleBy > 0 ? store.revision - staleBy : exact ? wanted : store.revision);
  // What a selector drops does not count towards the limit.
  const query = {
    namespace,
    ...(matches === undefined && { limit }),
    ...(token ? { continue: token } : revision !== store.revision && { continue: { after: '', revision } }),
  };
  const page = pageAt(
    () => store.list(type.storage, query),
    staleBy > 0 ? () => store.list(type.storage, { namespace }) : undefined,
  );
  if (matches === undefined) {
    const { next, remaining } = page;
    if (next === undefined) return page;
    return { ...page, continue: encodeToken(next, page.revision, call.namespace), remainingItemCount: remaining };
  }
  const found = matches(page.entries);
  if (limit === undefined || found.length <= limit) return { entries: found, revision: page.revision };
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  const key = `${last?.namespace}/${last?.name}`;
  return { entries, revision: page.revision, continue: encodeToken(key, page.revision, call.namespace) };
}

/**
 * What the selectors of a call pick; undefined when there are none.
 * @throws ApiError 400
 */
export function selection(
  call: Pick<Call, 'type'>,
  { labelSelector = '', fieldSelector = '' }: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): ((entries: readonly Entry[]) => Entry[]) | undefined {
  const matches = predicateOf(call, { labelSelector, fieldSelector });
  if (matches === undefined) return undefined;
  // The most usual field selector needs no look into the objects.
  const name = SINGLE_NAME.exec(fieldSelector)?.[1];
  const named = name === undefined ? () => true : (entry: Entry) => entry.name === name;
  return (entries) => entries.filter((entry) => named(entry) && matches(entry.object));
}

/** @throws ApiError 400 */
export function predicateOf(
  { type }: Pick<Call, 'type'>,
  { labelSelector = '', fieldSelector = '' }: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>,
): ((object: KubeObject) => boolean) | undefined {
  if (labelSelector === '' && fieldSelector === '') return undefined;
  const byLabels = labelSelector === '' ? () => true : parseLabelSelector(labelSelector);
  const byFields = fieldSelector === '' ? () => true : parseFieldSelector(type, fieldSelector);
  return (object) => byLabels(object.metadata.labels) && byFields(object);
}

function pageAt(read: () => Page, otherwise: (() => Page) | undefined): Page {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    if (otherwise !== undefined) return otherwise();
    throw gone(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
  }
}

/** The token of etcd's list: where to go on, below the prefix of what is listed. */
function encodeToken(key: string, rv: number, namespace: string): string {
  const start = `${namespace === '' ? key : key.slice(namespace.length)}\0`;
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url');
}

function decodeToken(token: string, namespace: string): { after: string; revision: number } {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const text = Buffer.from(token, 'base64url').toString('latin1');
  let value: { v?: unknown; rv?: unknown; start?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw refuse(`invalid character '${quotedRune(text.charAt(0))}' looking for beginning of value`);
  }
  const { v = '', rv = 0, start = '' } = value ?? {};
  if (v !== 'meta.k8s.io/v1') throw refuse(`server does not recognize this encoded version ${v}`);
  if (typeof rv !== 'number' || rv === 0 || typeof start !== 'string' || start === '') {
    throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  const key = start.replace(/\0$/, '').replace(/^\//, '');
  return { after: namespace === '' ? key : `${namespace}/${key}`, revision: rv };
}

/** As Go prints a character in single quotes. */
function quotedRune(character: string): string {
  const code = character.charCodeAt(0);
  const control = code < 0x20 || (code >= 0x7f && code < 0xa1);
  return control ? `\\u${code.toString(16).padStart(4, '0')}` : character;
}

/** @throws ApiError 400 for what is no version, 504 for one that is still to come */
export function revisionOf(resourceVersion: string, current: number): number {
  if (!NUMBER.test(resourceVersion)) {
    throw badRequest(`invalid resource version: ${noVersion(resourceVersion)}`);
  }
  const revision = Number(resourceVersion);
  if (revision > current) {
    throw new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
  return revision;
}

export function noVersion(text: string): string {
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}

/** @throws ApiError 400 */
export function integer(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
