import { describe, expect, it } from 'vitest';
import { anyOf, namespaceOfNamedObject, narrowed, type Route, routeOf } from './route.ts';

describe('routeOf', () => {
  it.each<[string, string, Route]>([
    ['GET', '/_healthz', { kind: 'health' }],
    ['GET', '/healthz', { kind: 'pass' }],
    ['GET', '/api/v1/namespaces', { kind: 'namespace-list' }],
    ['GET', '/api/v1/namespaces/', { kind: 'namespace-list' }],
    ['POST', '/api/v1/namespaces', { kind: 'pass' }],
    ['GET', '/api/v1/namespaces/acme-shop', { kind: 'namespace-get', name: 'acme-shop' }],
    ['GET', '/api/v1/namespaces/acme-shop/pods', { kind: 'pass' }],
    ['GET', '/api/v1/pods', { kind: 'collection', group: '', version: 'v1', plural: 'pods' }],
    ['GET', '/apis/apps/v1/deployments', { kind: 'collection', group: 'apps', version: 'v1', plural: 'deployments' }],
    ['DELETE', '/apis/apps/v1/deployments', { kind: 'pass' }],
    ['GET', '/apis/apps/v1', { kind: 'pass' }],
    ['GET', '/api/v1/nodes', { kind: 'owners-only', group: '', plural: 'nodes' }],
    // The true one makes no difference between a list and a write here.
    ['POST', '/api/v1/nodes', { kind: 'owners-only', group: '', plural: 'nodes' }],
    ['DELETE', '/api/v1/nodes/n1', { kind: 'pass' }],
    ['GET', '/api/v1/nodes/n1', { kind: 'owners-only', group: '', plural: 'nodes', name: 'n1' }],
    [
      'GET',
      '/apis/capsule.clastix.io/v1beta2/tenants/',
      { kind: 'owners-only', group: 'capsule.clastix.io', plural: 'tenants' },
    ],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { kind: 'self-review' }],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { kind: 'pass' }],
    // A path that the server would read otherwise than we do must not get the proxy's own rights.
    ['GET', '/api/v1/namespaces/%2e%2e/pods', { kind: 'pass' }],
    ['GET', '//api/v1/pods', { kind: 'pass' }],
    ['GET', '/api/v1/watch/pods', { kind: 'pass' }],
  ])('%s %s', (method, path, route) => {
    expect(routeOf(method, path)).toEqual(route);
  });
});

describe('narrowed', () => {
  const selectorOf = (search: string) => new URLSearchParams(search).getAll('labelSelector');

  it.each([
    ['', ['a in (b)']],
    ['?labelSelector=', ['a in (b)']],
    ['?labelSelector=app%3Dweb', ['app=web,a in (b)']],
    ['?labelSelector=x&watch=1&labelSelector=y%21%3Dz', ['x,y!=z,a in (b)']],
  ])('%j keeps the caller’s own selectors beside ours', (search, selectors) => {
    expect(selectorOf(narrowed(search, 'a in (b)'))).toEqual(selectors);
  });

  it('keeps everything else of the query', () => {
    const query = new URLSearchParams(narrowed('?watch=true&fieldSelector=metadata.name%3Dx&limit=500', 'a'));
    expect(Object.fromEntries(query)).toEqual({
      watch: 'true',
      fieldSelector: 'metadata.name=x',
      limit: '500',
      labelSelector: 'a',
    });
  });
});

it('anyOf nothing fits nothing', () => {
  expect(anyOf('label', ['b', 'a', 'b'])).toBe('label in (a,b)');
  expect(anyOf('label', [])).toBe('dontexistsignoreme');
});

it.each([
  ['GET', '/api/v1/namespaces/acme/pods/web', 'acme'],
  ['GET', '/apis/apps/v1/namespaces/acme/deployments/web', 'acme'],
  ['GET', '/api/v1/namespaces/acme/pods/web/log', undefined],
  ['GET', '/api/v1/namespaces/acme/pods', undefined],
  ['DELETE', '/api/v1/namespaces/acme/pods/web', undefined],
])('the namespace of a named object in %s %s is %s', (method, path, namespace) => {
  expect(namespaceOfNamedObject(method, path)).toBe(namespace);
});
