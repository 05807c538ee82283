/** Which requests the proxy answers out of what it knows, and which it only passes on. Pure. */

export type Route =
  /** Answered by the proxy itself, to anybody. */
  | { kind: 'health' }
  | { kind: 'namespace-list' }
  | { kind: 'namespace-get'; name: string }
  /** A list or watch over all namespaces of a kind that may be namespaced (`kubectl get pods -A`). */
  | { kind: 'collection'; group: string; version: string; plural: string }
  /** A cluster-scoped kind of which only owners of tenants see any: a list, or with a name one object. */
  | { kind: 'owners-only'; group: string; plural: string; name?: string }
  | { kind: 'self-review' }
  | { kind: 'pass' };

const NAME = '([a-z0-9][a-z0-9.-]*)';
const NAMESPACE_LIST = /^\/api\/v1\/namespaces\/?$/;
const NAMESPACE_GET = new RegExp(`^/api/v1/namespaces/${NAME}$`);
const CORE_COLLECTION = /^\/api\/v1\/([a-z0-9]+)\/?$/;
const GROUP_COLLECTION = /^\/apis\/([a-z0-9.-]+)\/(v[a-z0-9]+)\/([a-z0-9-]+)\/?$/;
const NODES = /^\/api\/v1\/nodes\/?$/;
const OWNERS_ONLY: readonly { group: string; plural: string; path: RegExp }[] = [
  ['', 'nodes', '/api/v1'],
  ['', 'persistentvolumes', '/api/v1'],
  ['storage.k8s.io', 'storageclasses', '/apis/storage.k8s.io/v1'],
  ['networking.k8s.io', 'ingressclasses', '/apis/networking.k8s.io/[^/]+'],
  ['scheduling.k8s.io', 'priorityclasses', '/apis/scheduling.k8s.io/v1'],
  ['node.k8s.io', 'runtimeclasses', '/apis/node.k8s.io/v1'],
  ['metrics.k8s.io', 'nodes', '/apis/metrics.k8s.io/[^/]+'],
  ['capsule.clastix.io', 'tenants', '/apis/capsule.clastix.io/v1beta2'],
].map(([group = '', plural = '', base = '']) => ({
  group,
  plural,
  path: new RegExp(`^${base}/${plural}(?:/([^/]*))?$`),
}));
const SELF_REVIEW = /^\/apis\/authorization\.k8s\.io\/v1\/selfsubject(access|rules)reviews$/;

export function routeOf(method: string, path: string): Route {
  if (path === '/_healthz') return { kind: 'health' };
  if (method === 'POST' && SELF_REVIEW.test(path)) return { kind: 'self-review' };
  // Of every kind but this one a write reaches the API server as the caller; `README.md` says what that means.
  if (method !== 'GET' && NODES.test(path)) return { kind: 'owners-only', group: '', plural: 'nodes' };
  if (method !== 'GET') return { kind: 'pass' };
  if (NAMESPACE_LIST.test(path)) return { kind: 'namespace-list' };
  const namespace = NAMESPACE_GET.exec(path)?.[1];
  if (namespace !== undefined) return { kind: 'namespace-get', name: namespace };
  for (const { group, plural, path: pattern } of OWNERS_ONLY) {
    const match = pattern.exec(path);
    if (match) return { kind: 'owners-only', group, plural, ...(match[1] ? { name: match[1] } : {}) };
  }
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
