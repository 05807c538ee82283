/** get and list. Source: Kubernetes API concepts, "Resource versions" and "Retrieving large results sets in chunks". */

import { ApiError, badRequest, gone, invalid, notFound } from '@kubenova/kube-model/api-error.ts';
import type { FieldError } from '@kubenova/kube-model/field-error.ts';
import { parseFieldSelector } from '@kubenova/kube-model/selectors/field.ts';
import { parseLabelSelector } from '@kubenova/kube-model/selectors/label.ts';
import { Compacted, type Entry, type Page } from '@kubenova/kube-model/store.ts';
import { flag, integer } from '../route.ts';
import type { Call, VerbParts } from './call.ts';

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  /** The token of the last page. */
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  /** Of a watch, with `resourceVersionMatch=NotOlderThan`: what is there comes first, and a bookmark ends it. */
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
}

export interface Listed {
  readonly entries: readonly Entry[];
  readonly revision: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const SINGLE_NAME = /^metadata\.name==?([^,=!]+)$/;

/** @throws ApiError 400 for numbers that are none, 422 for versions that do not go together */
export function listOptions(query: URLSearchParams, isWatch = false): ListOptions {
  const wrong: FieldError[] = [];
  const field = 'resourceVersionMatch';
  const forbid = (detail: string, of = field) => wrong.push({ kind: 'Forbidden', field: of, detail });
  const text = (key: string) => query.get(key) || undefined;
  const initial = query.has('sendInitialEvents');
  const options = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: Math.max(0, integer(query.get('limit'))) || undefined,
    continue: text('continue'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text(field),
    ...(initial && { sendInitialEvents: flag(query, 'sendInitialEvents') }),
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks'),
    timeoutSeconds: integer(query.get('timeoutSeconds')),
  };
  const { resourceVersion, resourceVersionMatch: match } = options;
  const matches = isWatch ? ['NotOlderThan'] : ['Exact', 'NotOlderThan', ''];
  if (isWatch && initial && match !== 'NotOlderThan') {
    forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== undefined) {
    if (isWatch && !initial) forbid(`${field} is forbidden for watch unless sendInitialEvents is provided`);
    if (!isWatch && resourceVersion === undefined) forbid(`${field} is forbidden unless resourceVersion is provided`);
    if (options.continue !== undefined) forbid(`${field} is forbidden when continue is provided`);
    if (!matches.includes(match)) {
      const detail = `supported values: ${matches.map((each) => `"${each}"`).join(', ')}`;
      wrong.push({ kind: 'NotSupported', field, detail, value: match });
    }
    if (match === 'Exact' && resourceVersion === '0') {
      forbid(`${field} "exact" is forbidden for resourceVersion "0"`);
    }
  }
  if (!isWatch && initial) forbid('sendInitialEvents is forbidden for list', 'sendInitialEvents');
  if (wrong.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', wrong);
  return options;
}

/** @throws ApiError 404, or 504 for a version that is still to come */
export function get({ store }: VerbParts, { type, namespace, name }: Call, resourceVersion = ''): Entry {
  checkVersion(resourceVersion);
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
  const { storage } = call.type;
  const namespace = call.namespace === '' ? undefined : call.namespace;
  const { limit, resourceVersion = '', resourceVersionMatch: match } = options;
  const picks = predicateOf(call, options);
  const token = options.continue === undefined ? undefined : decodeToken(options.continue, call.namespace);
  if (token && resourceVersion !== '') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const wanted = resourceVersion === '' ? 0 : revisionOf(resourceVersion, store.revision);
  // With a limit and no match, a version that is given is meant exactly.
  const exact = wanted > 0 && (match === 'Exact' || (match === undefined && limit !== undefined));
  const revision = exact ? wanted : Math.max(0, store.revision - staleBy);
  const from = token ?? (revision === store.revision ? undefined : { after: '', revision });
  let page: Page;
  try {
    // What a selector drops does not count towards the limit.
    page = store.list(storage, { namespace, limit: picks ? undefined : limit, continue: from });
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    if (staleBy === 0) throw gone(TOO_OLD);
    page = store.list(storage, { namespace });
  }
  const found = picks ? page.entries.filter(picks) : page.entries;
  const entries = limit === undefined ? found : found.slice(0, limit);
  const last = entries.at(-1);
  const more = page.next ?? (found.length > entries.length ? `${last?.namespace}/${last?.name}` : undefined);
  if (more === undefined) return { entries, revision: page.revision };
  const next = encodeToken(more, page.revision, call.namespace);
  return { entries, revision: page.revision, continue: next, remainingItemCount: page.remaining };
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/**
 * What the selectors of a call pick; undefined when there are none.
 * @throws ApiError 400
 */
export function predicateOf(
  { type }: Pick<Call, 'type'>,
  { labelSelector = '', fieldSelector = '' }: ListOptions,
): ((entry: Entry) => boolean) | undefined {
  if (labelSelector === '' && fieldSelector === '') return undefined;
  const byLabels = parseLabelSelector(labelSelector);
  const byFields = parseFieldSelector(type, fieldSelector);
  // The most usual field selector needs no look into the objects.
  const named = SINGLE_NAME.exec(fieldSelector)?.[1];
  return (entry) => {
    if (named !== undefined && entry.name !== named) return false;
    const { object } = entry;
    return byLabels(object.metadata.labels) && byFields(object);
  };
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
  if (!/^\d+$/.test(resourceVersion)) throw badRequest(`invalid resource version: ${noVersion(resourceVersion)}`);
  const revision = Number(resourceVersion);
  if (revision > current) {
    throw new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
  return revision;
}

/** @throws ApiError 500 for a text that is neither empty nor a version */
export function checkVersion(text: string): void {
  if (!/^\d*$/.test(text)) throw new ApiError(500, '', noVersion(text));
}

function noVersion(text: string): string {
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}
