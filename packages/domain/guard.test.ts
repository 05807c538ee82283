import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELIVERABLE_KINDS } from './deliverable-kinds.ts';
import { guardObjects } from './guard.ts';

const namespace = 'tn-acme-shop-app-web';
const pod = { containers: [{ name: 'c', image: 'busybox' }] };

function object(apiVersion: string, kind: string, fields: Record<string, unknown> = {}, metadata = {}) {
  return { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...fields };
}

function details(...objects: unknown[]): string[] {
  return guardObjects(objects, { namespace }).problems.map(({ detail }) => detail);
}

describe('what passes', () => {
  it('gets the namespace and loses what the API server sets', () => {
    const given = object(
      'v1',
      'ConfigMap',
      { data: { a: 'b' }, status: {} },
      { creationTimestamp: null, uid: 'u', labels: {} },
    );
    expect(guardObjects([given], { namespace })).toEqual({
      objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace }, data: { a: 'b' } }],
      problems: [],
      dropped: [],
    });
  });

  it('may say the namespace itself', () => {
    expect(details(object('v1', 'ConfigMap', {}, { namespace }))).toEqual([]);
  });

  it.each(DELIVERABLE_KINDS.map(({ apiVersions, kind }) => [kind, apiVersions[0] ?? '']))(
    '%s (%s)',
    (kind, apiVersion) => {
      expect(details(object(apiVersion, kind))).toEqual([]);
    },
  );

  it('comes out of a List', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [object('v1', 'ConfigMap'), object('v1', 'Service')] };
    expect(guardObjects([list], { namespace }).objects).toHaveLength(2);
  });
});

describe('what is refused, with its name', () => {
  it.each([
    ['another namespace', object('v1', 'ConfigMap', {}, { namespace: 'kube-system' }), 'own namespace'],
    ['an empty namespace', object('v1', 'ConfigMap', {}, { namespace: '' }), 'own namespace'],
    ['a Role', object('rbac.authorization.k8s.io/v1', 'Role'), 'gives no rights'],
    ['a RoleBinding', object('rbac.authorization.k8s.io/v1', 'RoleBinding'), 'gives no rights'],
    ['a ClusterRoleBinding', object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'), 'gives no rights'],
    ['a Namespace', object('v1', 'Namespace'), 'exactly one namespace'],
    ['a definition', object('apiextensions.k8s.io/v1', 'CustomResourceDefinition'), 'operator'],
    ['an Application', object('core.oam.dev/v1beta1', 'Application'), 'velaTemplate'],
    ['a webhook', object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'), 'may not hold'],
    ['a quota', object('v1', 'ResourceQuota'), 'may not hold'],
    ['a network policy', object('networking.k8s.io/v1', 'NetworkPolicy'), 'may not hold'],
    ['a custom resource', object('example.com/v1', 'Deployment'), 'may not hold'],
    ['an old version', object('apps/v1beta1', 'Deployment'), 'use apps/v1'],
    [
      'the deployer',
      object('v1', 'Pod', { spec: { ...pod, serviceAccountName: 'kubenova-deployer' } }),
      'no pod may run',
    ],
    [
      'the deployer by the old field',
      object('v1', 'Pod', { spec: { serviceAccount: 'kubenova-deployer' } }),
      'no pod may run',
    ],
    [
      'the deployer in a template',
      object('apps/v1', 'Deployment', { spec: { template: { spec: { serviceAccountName: 'kubenova-deployer' } } } }),
      'no pod may run',
    ],
    [
      'the deployer in a CronJob',
      object('batch/v1', 'CronJob', {
        spec: { jobTemplate: { spec: { template: { spec: { serviceAccountName: 'kubenova-deployer' } } } } },
      }),
      'no pod may run',
    ],
    ['its account', object('v1', 'ServiceAccount', {}, { name: 'kubenova-deployer' }), "not the App's"],
    ['its token', object('v1', 'Secret', { type: 'kubernetes.io/service-account-token' }), 'tokens of ServiceAccounts'],
    [
      'an identity',
      object('v1', 'ConfigMap', {}, { annotations: { 'app.oam.dev/username': 'admin' } }),
      'app.oam.dev/username',
    ],
    [
      'a label of ours',
      object('v1', 'ConfigMap', {}, { labels: { 'kubenova.io/app-id': 'other' } }),
      'kubenova.io/app-id',
    ],
    [
      'a label of Capsule',
      object('v1', 'ConfigMap', {}, { labels: { 'capsule.clastix.io/tenant': 'other' } }),
      'capsule.clastix.io/tenant',
    ],
    [
      'a label of ours on pods',
      object('apps/v1', 'Deployment', {
        spec: { template: { metadata: { labels: { 'kubenova.io/x': 'y' } }, spec: {} } },
      }),
      'pod template',
    ],
    ['labels that are no object', object('v1', 'ConfigMap', {}, { labels: 'a=b' }), 'object of strings'],
    ['a label that is no text', object('v1', 'ConfigMap', {}, { labels: { a: 1 } }), 'has to be a string'],
    ['a finalizer', object('v1', 'ConfigMap', {}, { finalizers: ['example.com/keep'] }), 'block deletion'],
    ['an owner', object('v1', 'ConfigMap', {}, { ownerReferences: [{}] }), 'ownerReferences'],
    ['addresses of others', object('v1', 'Service', { spec: { externalIPs: ['10.0.0.1'] } }), 'externalIPs'],
    ['a way out', object('v1', 'Service', { spec: { type: 'ExternalName', externalName: 'x' } }), 'ExternalName'],
    ['a hook', object('batch/v1', 'Job', {}, { annotations: { 'helm.sh/hook': 'pre-upgrade,test' } }), 'pre-upgrade'],
  ])('%s', (_what, given, expected) => {
    const found = details(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(found[0]).toContain(given.kind);
    expect(found[0]).toMatch(/\.$/);
  });

  it.each([
    null,
    7,
    'text',
    [],
    {},
    { apiVersion: 'v1', kind: 'ConfigMap' },
    object('v1', 'ConfigMap', {}, { name: '' }),
  ])('a document that is no object: %j', (given) => {
    expect(details(given)).toEqual([expect.stringContaining('needs apiVersion, kind and metadata.name')]);
  });

  it('the same object twice, in whatever version', () => {
    const autoscaler = (version: string) => object(`autoscaling/${version}`, 'HorizontalPodAutoscaler');
    expect(details(autoscaler('v1'), autoscaler('v2'))).toEqual([expect.stringContaining('occurs twice')]);
  });

  it('nothing at all, and nothing but tests', () => {
    const test = object('v1', 'Pod', {}, { annotations: { 'helm.sh/hook': 'test' } });
    expect(details()).toEqual([expect.stringContaining('holds no object')]);
    expect(details(test)).toEqual([expect.stringContaining('holds no object')]);
  });

  it('a Secret with content, where it would end up in the database', () => {
    const secret = object('v1', 'Secret', { stringData: { password: 'x' } });
    const refused = guardObjects([secret], { namespace, secrets: 'refused', pointer: (index) => `/at/${index}` });
    expect(refused.problems).toEqual([{ pointer: '/at/0', detail: expect.stringContaining('stores no secret') }]);
    expect(refused.problems[0]?.detail).not.toContain('password');
    expect(details(secret)).toEqual([]);
  });
});

describe('whatever is given', () => {
  const key = fc.constantFrom(
    'apiVersion',
    'kind',
    'metadata',
    'name',
    'namespace',
    'spec',
    'labels',
    'items',
    'template',
  );
  const text = fc.constantFrom(
    '',
    'v1',
    'apps/v1',
    'ConfigMap',
    'Deployment',
    'Role',
    'List',
    'x',
    namespace,
    'kube-system',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text,
      fc.constantFrom(null, 1, true),
      fc.dictionary(key, tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }));
  const manifest = fc.record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'batch/v1', 'rbac.authorization.k8s.io/v1', 'core.oam.dev/v1beta1'),
    kind: fc.constantFrom('ConfigMap', 'Deployment', 'Job', 'Pod', 'Role', 'Application', 'Namespace', 'List'),
    metadata: fc.record(
      {
        name: fc.constantFrom('a', 'b'),
        namespace: fc.constantFrom(namespace, 'default'),
        labels: tree,
        annotations: tree,
      },
      { requiredKeys: ['name'] },
    ),
    spec: tree,
    items: fc.array(tree, { maxLength: 2 }),
  });
  const kinds = new Set(DELIVERABLE_KINDS.map(({ kind }) => kind));

  it('never throws, and passes only deliverable kinds in the own namespace, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(tree, manifest), { maxLength: 5 }), (objects) => {
        const result = guardObjects(objects, { namespace });
        const names = result.objects.map((passed) => `${passed.kind}/${passed.metadata.name}`);
        return (
          result.objects.every((passed) => kinds.has(passed.kind) && passed.metadata.namespace === namespace) &&
          new Set(names).size === names.length &&
          (result.objects.length > 0 || result.problems.length > 0)
        );
      }),
      { numRuns: 500 },
    );
  });

  it('passes again unchanged what has passed once', () => {
    fc.assert(
      fc.property(fc.array(manifest, { maxLength: 4 }), (objects) => {
        const { objects: once } = guardObjects(objects, { namespace });
        if (once.length === 0) return;
        expect(guardObjects(once, { namespace })).toEqual({ objects: once, problems: [], dropped: [] });
      }),
    );
  });
});
