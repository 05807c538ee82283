/** Lists as somebody would ask for them who looks for a way around: selectors, more than one of them, odd paths and queries. */
import fc from 'fast-check';
import type { PersonName } from './people.ts';
import { places } from './places.ts';

const APP = 'tn-acme-shop-app-web';
const FOREIGN_APP = 'tn-globex-shop-app-web';
const FOREIGN_SANDBOX = 'tn-globex-shop-sbx-001';

/** Whose request it is, and for what. */
export function oddLists(): fc.Arbitrary<{ person: PersonName; url: string }> {
  const value = fc.oneof(
    fc.constantFrom(...places.map(({ namespace }) => namespace), 'acme', 'globex', 'true', '', 'dontexistsignoreme'),
    fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
  );
  const label = fc.constantFrom(
    'kubernetes.io/metadata.name',
    'capsule.clastix.io/managed-by',
    'capsule.clastix.io/tenant',
    'projectcapsule.dev/tenant',
    'kubenova.io/tenant',
    'kubenova.io/sandbox',
    'dontexistsignoreme',
    'x',
  );
  const requirement = fc.oneof(
    fc.tuple(label, fc.constantFrom('=', '==', '!='), value).map((parts) => parts.join('')),
    fc
      .tuple(label, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1, maxLength: 3 }))
      .map(([key, how, values]) => `${key} ${how} (${values.join(',')})`),
    fc.tuple(fc.constantFrom('', '!'), label).map((parts) => parts.join('')),
    fc.constantFrom(
      'x in (a',
      'a) , b in (c',
      'x notin (',
      ',',
      '()',
      'a,,b',
      'kubernetes.io/metadata.name in (kube-system),x notin (y',
    ),
    fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
  );
  const field = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('metadata.name', 'metadata.namespace', 'status.phase', 'spec.nodeName'),
        fc.constantFrom('=', '!='),
        value,
      )
      .map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
  );
  const parameter = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .array(requirement, { minLength: 1, maxLength: 3 })
        .map((all) => `labelSelector=${encodeURIComponent(all.join(','))}`),
    },
    { weight: 2, arbitrary: field.map((one) => `fieldSelector=${encodeURIComponent(one)}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'limit=1',
        'limit=0',
        'resourceVersion=0',
        'resourceVersion=0&resourceVersionMatch=NotOlderThan',
        'pretty=true',
        'continue=abc',
        'watch=true&timeoutSeconds=1',
        'watch=1&timeoutSeconds=1',
        'allowWatchBookmarks=true',
        'labelSelector;x=1',
        'labelSelector=%ZZ',
        'LabelSelector=a',
        'labelSelector%00=a',
        'includeUninitialized=true',
      ),
    },
  );
  const base = fc.oneof(
    { weight: 4, arbitrary: fc.constant('/api/v1/namespaces') },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '/api/v1/pods',
        '/api/v1/configmaps',
        '/api/v1/secrets',
        '/api/v1/events',
        '/apis/apps/v1/deployments',
        '/apis/rbac.authorization.k8s.io/v1/rolebindings',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '/api/v1/namespaces/',
        '/api/v1//namespaces',
        '//api/v1/namespaces',
        '/api/v1/namespaces/.',
        '/api/v1/./namespaces',
        '/api/v1/x/../namespaces',
        '/api/v1/%6eamespaces',
        '/api/v1/namespaces%2F',
        '/api/v1/namespaces%20',
        '/API/v1/namespaces',
        '/api/v1/namespaces;a=b',
        '/api/v1/watch/namespaces',
        '/api/v1/watch/pods',
        '/apis//v1/pods',
        '/api/v1/Pods',
        '/api/v1/pods/',
        '/api/v1/namespaces/*/pods',
        `/api/v1/namespaces/${APP}/../${FOREIGN_APP}/pods`,
        `/api/v1/namespaces/${APP}%2F..%2F${FOREIGN_APP}/pods`,
        `/api/v1/namespaces/${APP}/pods/../../../${FOREIGN_SANDBOX}/secrets`,
      ),
    },
  );
  const person = fc.constantFrom<PersonName>('acme-devs', 'acme-viewers', 'shop-devs', 'globex-devs', 'nobody');
  return fc
    .record({ person, base, query: fc.array(parameter, { maxLength: 3 }) })
    .map(({ person: who, base: url, query }) => ({
      person: who,
      url: query.length === 0 ? url : `${url}?${query.join('&')}`,
    }));
}
