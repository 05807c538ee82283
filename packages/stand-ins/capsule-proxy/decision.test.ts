import { describe, expect, it } from 'vitest';
import { decide } from './decision.ts';
import { kindKey } from './discovery.ts';
import { routeOf } from './route.ts';

const ann = { name: 'ann', groups: ['kubenova-users', 'acme-devs'] };
const eve = { name: 'eve', groups: ['strangers'] };
const kinds = new Set([kindKey('', 'v1', 'pods'), kindKey('', 'v1', 'secrets')]);

const namespace = (name: string, owner: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, ownerReferences: [{ apiVersion: 'x', kind: owner, name: 'acme', uid: 'u' }] },
});

const known = new Map(
  [namespace('acme-shop', 'Tenant'), namespace('other-shop', 'Tenant'), namespace('bound', 'Nobody')].map((object) => [
    object.metadata.name,
    object,
  ]),
);

const facts = {
  isCapsuleUser: (caller: { groups: readonly string[] }) => caller.groups.includes('kubenova-users'),
  namespacesOf: () => ['acme-shop', 'bound'],
  tenantsFor: (_caller: unknown, _group: string, plural: string) => (plural === 'pods' ? ['acme'] : []),
  namespace: (name: string) => known.get(name),
};

function ask(path: string, caller = ann, search = '') {
  const decision = decide(routeOf('GET', path), search, caller, facts, kinds);
  if (decision.kind === 'answer') return decision.status.message;
  const selector = new URLSearchParams(decision.search).get('labelSelector');
  return `${decision.identity.kind}${selector === null ? '' : ` ${selector}`}`;
}

describe('decide', () => {
  it.each([
    ['/api/v1/namespaces', 'proxy kubernetes.io/metadata.name in (acme-shop,bound)'],
    ['/api/v1/namespaces/acme-shop', 'proxy'],
    ['/api/v1/namespaces/other-shop', 'namespaces. "other-shop" not found'],
    ['/api/v1/namespaces/bound', 'namespaces. "bound" not found'],
    ['/api/v1/namespaces/nonesuch', 'proxy'],
    ['/api/v1/pods', 'proxy capsule.clastix.io/managed-by in (acme)'],
    ['/api/v1/secrets', 'proxy dontexistsignoreme'],
    ['/api/v1/nodes', 'proxy dontexistsignoreme'],
    ['/api/v1/nodes/n1', 'nodes. "n1" not found'],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles', 'caller'],
    ['/api/v1/namespaces/acme-shop/pods', 'caller'],
    ['/version', 'caller'],
  ])('a user of Capsule asking for %s goes on as %s', (path, expected) => {
    expect(ask(path)).toBe(expected);
  });

  it('keeps the selectors of the caller', () => {
    expect(ask('/api/v1/pods', ann, '?labelSelector=app%3Dweb')).toBe(
      'proxy app=web,capsule.clastix.io/managed-by in (acme)',
    );
  });

  it.each(['/api/v1/namespaces', '/api/v1/namespaces/acme-shop', '/api/v1/pods', '/api/v1/nodes'])(
    'whom Capsule does not know goes on as itself, also for %s',
    (path) => {
      expect(ask(path, eve)).toBe('caller');
    },
  );
});
