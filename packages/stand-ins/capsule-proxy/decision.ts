/** What becomes of a request: where it goes, as whom, and with which selector; or why it is refused. */
import { kindKey, type NamespacedKinds } from './discovery.ts';
import type { Caller, ForwardedIdentity } from './headers.ts';
import type { Knowledge } from './knowledge.ts';
import { anyOf, NOTHING, narrowed, type Route } from './route.ts';
import { notFound, type StatusAnswer } from './status.ts';

export type Decision =
  | { kind: 'forward'; identity: ForwardedIdentity; search: string }
  | { kind: 'answer'; status: StatusAnswer };

const MANAGED_BY = 'capsule.clastix.io/managed-by';
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

type Facts = Pick<Knowledge, 'isCapsuleUser' | 'namespacesOf' | 'tenantsFor' | 'namespace'>;

/** A caller whom Capsule does not know is passed on as itself: the API server's own rules decide then. */
export function decide(route: Route, search: string, caller: Caller, facts: Facts, kinds: NamespacedKinds): Decision {
  const asCaller: Decision = { kind: 'forward', identity: { kind: 'caller', caller }, search };
  const asProxy = (narrowedSearch: string): Decision => ({
    kind: 'forward',
    identity: { kind: 'proxy' },
    search: narrowedSearch,
  });
  if (!facts.isCapsuleUser(caller)) return asCaller;
  switch (route.kind) {
    case 'namespace-list':
      return asProxy(narrowed(search, anyOf(NAMESPACE_NAME, facts.namespacesOf(caller))));
    case 'namespace-get': {
      const namespace = facts.namespace(route.name);
      // The API server says then that it is not there; to the caller it would say that it may not know.
      if (!namespace) return asProxy(search);
      const isTenants = namespace.metadata.ownerReferences?.[0]?.kind === 'Tenant';
      if (isTenants && facts.namespacesOf(caller).includes(route.name)) return asProxy(search);
      return { kind: 'answer', status: notFound('', 'namespaces', route.name) };
    }
    case 'owners-only':
      if (route.name === undefined) return asProxy(narrowed(search, NOTHING));
      return { kind: 'answer', status: notFound(route.group, route.plural, route.name) };
    case 'collection': {
      if (!kinds.has(kindKey(route.group, route.version, route.plural))) return asCaller;
      return asProxy(narrowed(search, anyOf(MANAGED_BY, facts.tenantsFor(caller, route.group, route.plural))));
    }
    default:
      return asCaller;
  }
}
