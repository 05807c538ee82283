/**
 * What a request is about, read off its method and URL alone.
 * Source: `k8s.io/apiserver/pkg/endpoints/request.RequestInfo`; Kubernetes API concepts, "Resource URIs".
 */
import { badRequest } from '@kubenova/kube-model/api-error.ts';

export interface Route {
  /** Of the API for resources (`list`, `deletecollection`, …), else the method in lower case. */
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Absent for paths that name no resource: `/version`, `/apis/apps/v1`. */
  readonly resource?: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
    /** '' for cluster-scoped kinds and for all namespaces. A Namespace is in itself. */
    readonly namespace: string;
    /** '' for the collection. */
    readonly name: string;
    readonly subresource?: string;
    /** What follows a subresource, as behind `proxy`. */
    readonly rest: readonly string[];
  };
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const OF_NAMESPACES: ReadonlySet<string | undefined> = new Set(['status', 'finalize']);
const SINGLE_FIELD = /^metadata\.name==?([^,=]+)$/;

/** @throws ApiError 400 when the path is not properly encoded */
export function routeOf(method: string, url: string): Route {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const core = parts[0] === 'api';
  const plain: Route = { verb: method.toLowerCase(), path, query };
  if ((!core && parts[0] !== 'apis') || parts.length < (core ? 3 : 4)) return plain;

  const [group = '', version = ''] = core ? ['', parts[1]] : [parts[1], parts[2]];
  let [first = '', ...others] = parts.slice(core ? 2 : 3);
  // The old way to ask for a watch, `/api/v1/watch/pods`.
  const watched = first === 'watch' && others.length > 0;
  if (watched) [first = '', ...others] = others;
  let namespace = '';
  if (first === 'namespaces' && group === '') {
    namespace = others[0] ?? '';
    if (others.length > 1 && !OF_NAMESPACES.has(others[1])) [, first = '', ...others] = others;
  } else if (first === 'namespaces' && others.length > 1) {
    [namespace = '', first = '', ...others] = others;
  }
  let [name = '', subresource, ...rest] = others;
  let verb = VERBS[method] ?? method.toLowerCase();
  if (method === 'GET') {
    // A selector that can only match one name counts as that name, so that rights to one object are enough.
    if (name === '') name = SINGLE_FIELD.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
    if (others.length === 0 || watched) verb = watched || flag(query, 'watch') ? 'watch' : 'list';
  } else if (method === 'DELETE' && name === '') {
    verb = 'deletecollection';
  }
  return {
    verb,
    path,
    query,
    resource: { group, version, plural: first, namespace, name, ...(subresource && { subresource }), rest },
  };
}

function decoded(part: string): string {
  try {
    return part.includes('%') ? decodeURIComponent(part) : part;
  } catch {
    throw badRequest('invalid URL escape');
  }
}

/** As Go reads a flag of a query: whatever is said is true, unless it says false. */
export function flag(query: URLSearchParams, key: string): boolean {
  const value = query.get(key);
  return value !== null && value !== '0' && value !== 'false';
}

/** @throws ApiError 400 */
export function integer(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
