import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

const none = { group: '', namespace: '', name: '', rest: [] };
const pods = { ...none, version: 'v1', plural: 'pods' };

it.each([
  ['a list over all namespaces', 'GET', '/api/v1/pods', 'list', pods],
  ['a list in one', 'GET', '/api/v1/namespaces/a/pods', 'list', { ...pods, namespace: 'a' }],
  ['a watch', 'GET', '/api/v1/pods?watch=true', 'watch', pods],
  ['a watch that is switched off', 'GET', '/api/v1/pods?watch=false', 'list', pods],
  ['a watch the old way', 'GET', '/api/v1/watch/namespaces/a/pods', 'watch', { ...pods, namespace: 'a' }],
  [
    'a selector for one name, so that rights to it are enough',
    'GET',
    '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx',
    'list',
    { ...pods, namespace: 'a', name: 'x' },
  ],
  ['one object', 'GET', '/api/v1/namespaces/a/pods/x', 'get', { ...pods, namespace: 'a', name: 'x' }],
  [
    'a subresource',
    'POST',
    '/api/v1/namespaces/a/pods/x/exec?command=ls',
    'create',
    { ...pods, namespace: 'a', name: 'x', subresource: 'exec' },
  ],
  [
    'what is behind a proxy',
    'GET',
    '/api/v1/namespaces/a/pods/x/proxy/b/c',
    'get',
    { ...pods, namespace: 'a', name: 'x', subresource: 'proxy', rest: ['b', 'c'] },
  ],
  [
    'a namespace is in itself',
    'DELETE',
    '/api/v1/namespaces/a',
    'delete',
    { ...none, version: 'v1', plural: 'namespaces', namespace: 'a', name: 'a' },
  ],
  [
    "a namespace's own subresource",
    'PUT',
    '/api/v1/namespaces/a/finalize',
    'update',
    { ...none, version: 'v1', plural: 'namespaces', namespace: 'a', name: 'a', subresource: 'finalize' },
  ],
  [
    'a collection of namespaces',
    'POST',
    '/api/v1/namespaces',
    'create',
    { ...none, version: 'v1', plural: 'namespaces' },
  ],
  [
    'a group',
    'PATCH',
    '/apis/apps/v1/namespaces/a/deployments/x/scale',
    'patch',
    { ...none, group: 'apps', version: 'v1', plural: 'deployments', namespace: 'a', name: 'x', subresource: 'scale' },
  ],
  [
    'a cluster-scoped kind',
    'DELETE',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    'delete',
    { ...none, group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', name: 'system:node' },
  ],
  ['a whole collection', 'DELETE', '/api/v1/namespaces/a/pods', 'deletecollection', { ...pods, namespace: 'a' }],
  ['discovery', 'GET', '/apis/apps/v1', 'get', undefined],
  ['anything else', 'POST', '/version?x=y', 'post', undefined],
] as const)('%s: %s %s', (_why, method, url, verb, resource) => {
  const route = routeOf(method, url);
  expect(route.verb).toBe(verb);
  expect(route.resource).toEqual(resource);
});

it('refuses broken escapes', () => {
  expect(() => routeOf('GET', '/api/v1/namespaces/%zz')).toThrow('invalid URL escape');
});
