/** Which requests the proxy answers out of what it knows, and which it only passes on. Pure. */

export type Route =
  /** Answered by the proxy itself, to anybody. */
  | { kind: 'health' }
  | { kind: 'namespace-list' }
  | { kind: 'namespace-get'; name: string }
  /** A list or watch over all namespaces of a kind that may be namespaced (`kubectl get pods -A`). */
  | { kind: 'collection'; group: string; version: string; plural: string }
  | { kind: 'self-review' }
  | { kind: 'pass' };

const NAME = '([a-z0-9][a-z0-9.-]*)';
const NAMESPACE_LIST = /^\/api\/v1\/namespaces\/?$/;
const NAMESPACE_GET = new RegExp(`^/api/v1/namespaces/${NAME}$`);
const CORE_COLLECTION = /^\/api\/v1\/([a-z0-9]+)\/?$/;
const GROUP_COLLECTION = /^\/apis\/([a-z0-9.-]+)\/(v[a-z0-9]+)\/([a-z0-9-]+)\/?$/;
const SELF_REVIEW = /^\/apis\/authorization\.k8s\.io\/v1\/selfsubject(access|rules)reviews$/;

export function routeOf(method: string, path: string): Route {
  if (path === '/_healthz') return { kind: 'health' };
  if (method === 'POST' && SELF_REVIEW.test(path)) return { kind: 'self-review' };
  if (method !== 'GET') return { kind: 'pass' };
  if (NAMESPACE_LIST.test(path)) return { kind: 'namespace-list' };
  const namespace = NAMESPACE_GET.exec(path)?.[1];
  if (namespace !== undefined) return { kind: 'namespace-get', name: namespace };
  const core = CORE_COLLECTION.exec(path)?.[1];
  if (core !== undefined) return { kind: 'collection', group: '', version: 'v1', plural: core };
  const [, group, version, plural] = GROUP_COLLECTION.exec(path) ?? [];
  if (group !== undefined && version !== undefined && plural !== undefined) {
    return { kind: 'collection', group, version, plural };
  }
  return { kind: 'pass' };
}

/** `{namespace}` of a request for one named object in a namespace, whose 403 may hide that the namespace is not there. */
export function namespaceOfNamedObject(method: string, path: string): string | undefined {
  if (method !== 'GET') return undefined;
  return new RegExp(`^/(?:api/v1|apis/[^/]+/[^/]+)/namespaces/${NAME}/[^/]+/[^/]+$`).exec(path)?.[1];
}

/**
 * Narrows a list to a selector, keeping the caller's own: Kubernetes joins comma-separated requirements by "and", and
 * several `labelSelector` parameters are joined so too, because the server would read the first alone.
 */
export function narrowed(search: string, selector: string): string {
  const query = new URLSearchParams(search);
  const own = query.getAll('labelSelector').filter((value) => value !== '');
  query.delete('labelSelector');
  query.set('labelSelector', [...own, selector].join(','));
  return `?${query.toString()}`;
}

/** A selector that no object fits, as capsule-proxy asks it for somebody who may see nothing. */
export const NOTHING = 'dontexistsignoreme';

export function anyOf(label: string, values: readonly string[]): string {
  const unique = [...new Set(values)].sort();
  return unique.length > 0 ? `${label} in (${unique.join(',')})` : NOTHING;
}
