/**
 * The classes of advisories that were published about Capsule, capsule-proxy and Rancher, each tried here as whoever
 * would gain by it, and refused. Those of them that are about headers and empty tokens have their tables in
 * `credentials.ts` too.
 */
import { isKubeError } from '@kubenova/kube/error.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { ClusterRole, ClusterRoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Through } from '../conformance/case.ts';
import type { PersonName } from './people.ts';
import type { Opened } from './proofs.ts';
import { type Got, inParallel, openSender, type ReadObject, type Sender, type Sent } from './requests.ts';
import { openWatch } from './watches.ts';

const ways: readonly Through[] = ['API server', 'capsule-proxy'];
const insiders: readonly PersonName[] = ['acme-devs', 'shop-devs', 'nobody'];
/** Nobody's, the system's, Capsule's, KubeNova's, one's own and another tenant's. */
const victims = [
  'unowned',
  'default',
  'kube-system',
  'capsule-system',
  'kubenova-system',
  'tn-acme-shop-app-web',
  'tn-acme-shop-sbx-001',
  'tn-globex-shop-sbx-001',
];

export function proveAdvisories(world: Opened): void {
  describe('classes of published advisories', () => {
    let sender: Sender;
    let tenant: ReadObject;

    beforeAll(async () => {
      sender = openSender(world());
      const { admin } = world();
      await admin.apply(Namespace, namespaceNamed('unowned'), { fieldManager: 'access' });
      tenant = await admin.request('GET', '/apis/capsule.clastix.io/v1beta2/tenants/acme');
    });

    afterAll(async () => {
      await sender?.close();
      await world().admin.delete(Namespace, { name: 'unowned' });
    });

    const metadataOf = async (name: string): Promise<string> => {
      const { metadata } = await world().admin.get(Namespace, { name });
      const { labels, annotations, ownerReferences, finalizers } = metadata as ReadObject;
      return JSON.stringify({ labels, annotations, ownerReferences, finalizers });
    };

    /** Sends it as every insider over both ways to every victim: nobody gets through and nothing changes. */
    async function hijack(requestsOf: (victim: string) => readonly Sent[]): Promise<void> {
      const came: string[] = [];
      for (const victim of victims) {
        const before = await metadataOf(victim);
        const attempts = insiders.flatMap((person) =>
          ways.flatMap((through) => requestsOf(victim).map((request) => ({ person, through, request }))),
        );
        await inParallel(attempts, async ({ person, through, request }) => {
          const got = await sender.send(person, through, request);
          if (isRefused(got)) return;
          came.push(`${person}, ${through}: ${request.method} ${request.path}: ${got.code} ${got.text}`);
        });
        expect(await metadataOf(victim), victim).toBe(before);
      }
      expect(came).toEqual([]);
    }

    const owner = () => ({
      apiVersion: tenant.apiVersion,
      kind: 'Tenant',
      name: 'acme',
      uid: tenant.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    });
    const adoption = () => ({
      metadata: { ownerReferences: [owner()], labels: { 'capsule.clastix.io/tenant': 'acme' } },
    });

    it('CVE-2024-39690: nobody makes a namespace a tenant’s by patching owner references or the label onto it', async () => {
      await hijack((victim) => {
        const path = `/api/v1/namespaces/${victim}`;
        const json = [
          { op: 'add', path: '/metadata/ownerReferences', value: [owner()] },
          { op: 'add', path: '/metadata/labels/capsule.clastix.io~1tenant', value: 'acme' },
        ];
        const named = { apiVersion: 'v1', kind: 'Namespace', ...adoption() };
        return [
          { method: 'PATCH', path, body: { metadata: { ownerReferences: [owner()] } } },
          { method: 'PATCH', path, body: { metadata: { labels: { 'projectcapsule.dev/tenant': 'acme' } } } },
          { method: 'PATCH', path, body: adoption(), contentType: 'application/strategic-merge-patch+json' },
          { method: 'PATCH', path, body: json, contentType: 'application/json-patch+json' },
          {
            method: 'PATCH',
            path: `${path}?fieldManager=x&force=true`,
            body: named,
            contentType: 'application/apply-patch+yaml',
          },
          { method: 'PUT', path, body: { ...named, metadata: { ...named.metadata, name: victim } } },
        ];
      });
    });

    it('CVE-2025-55205: nobody puts labels on namespaces of the system, nor takes any off one’s own', async () => {
      await hijack((victim) =>
        [
          { labels: { owned: 'yes' } },
          { labels: { 'kubenova.io/sandbox': 'true' } },
          { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
          { labels: { 'kubenova.io/tenant-id': null, 'capsule.clastix.io/tenant': null } },
          { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': '' } },
          { ownerReferences: null },
          { finalizers: ['access/kept'] },
        ].map((metadata) => ({ method: 'PATCH' as const, path: `/api/v1/namespaces/${victim}`, body: { metadata } })),
      );
    });

    it('CVE-2026-30963: nor by the subresources status and finalize, which change metadata too', async () => {
      await hijack((victim) => {
        const path = `/api/v1/namespaces/${victim}`;
        const whole = {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: victim, ...adoption().metadata },
          spec: { finalizers: [] },
        };
        return [
          { method: 'PUT', path: `${path}/finalize`, body: whole },
          { method: 'PUT', path: `${path}/status`, body: whole },
          { method: 'PATCH', path: `${path}/status`, body: adoption() },
        ];
      });
    });

    it('CVE-2026-30963: Capsule refuses it as well, were somebody given the right by a role', async () => {
      const { admin } = world();
      const name = 'access-subresources';
      const rules = [
        { apiGroups: [''], resources: ['namespaces/status', 'namespaces/finalize'], verbs: ['update', 'patch'] },
      ];
      await admin.apply(ClusterRole, { ...meta('ClusterRole', name), rules }, { fieldManager: 'access' });
      const binding = {
        ...meta('ClusterRoleBinding', name),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io' as const, kind: 'ClusterRole' as const, name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io' as const, kind: 'Group' as const, name: 'kubenova-users' }],
      };
      await admin.apply(ClusterRoleBinding, binding, { fieldManager: 'access' });
      try {
        const path = '/api/v1/namespaces/unowned';
        await waitFor({
          what: 'the right to be in force',
          timeoutMs: 20_000,
          look: async () => {
            const got = await sender.send('nobody', 'API server', {
              method: 'PATCH',
              path: `${path}/status`,
              body: adoption(),
            });
            return !/cannot patch resource/.test(got.text) || undefined;
          },
        });
        const before = await metadataOf('unowned');
        const now = (await admin.get(Namespace, { name: 'unowned' })) as ReadObject;
        const whole = { ...now, metadata: { ...now.metadata, ...adoption().metadata } };
        const attempts: Sent[] = [
          { method: 'PATCH', path: `${path}/status`, body: adoption() },
          { method: 'PUT', path: `${path}/status`, body: whole },
          { method: 'PUT', path: `${path}/finalize`, body: whole },
        ];
        for (const through of ways) {
          for (const request of attempts) {
            const got = await sender.send('acme-devs', through, request);
            expect(got.code, `${request.path}: ${got.text}`).toBeGreaterThanOrEqual(400);
          }
        }
        expect(await metadataOf('unowned')).toBe(before);
      } finally {
        await admin.delete(ClusterRoleBinding, { name });
        await admin.delete(ClusterRole, { name });
      }
    });

    it('CVE-2024-39690, the other way: nobody makes a namespace, with or without a tenant’s label', async () => {
      const bodies = ['mine', 'tn-acme-shop-app-mine'].flatMap((name) => [
        namespaceNamed(name),
        { ...namespaceNamed(name), metadata: { name, ...adoption().metadata } },
        { ...namespaceNamed(name), metadata: { name, labels: { 'capsule.clastix.io/tenant': 'globex' } } },
      ]);
      for (const person of [...insiders, 'globex-devs'] as const) {
        for (const through of ways) {
          for (const body of bodies) {
            const got = await sender.send(person, through, { method: 'POST', path: '/api/v1/namespaces', body });
            expect(isRefused(got), got.text).toBe(true);
          }
        }
      }
      expect(await world().admin.find(Namespace, { name: 'mine' })).toBeUndefined();
    });

    it('CVE-2026-22872: Capsule is brought to make nothing for anybody, by a TenantResource or its like', async () => {
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'access-stolen' },
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
      };
      const spec = { resyncPeriod: '60s', resources: [{ namespaceSelector: {}, rawItems: [role] }] };
      const group = '/apis/capsule.clastix.io/v1beta2';
      const kinds: readonly (readonly [kind: string, plural: string, namespaced: boolean, spec: object])[] = [
        ['TenantResource', 'tenantresources', true, spec],
        ['GlobalTenantResource', 'globaltenantresources', false, { ...spec, tenantSelector: {} }],
        ['TenantOwner', 'tenantowners', false, { kind: 'Group', name: 'kubenova-users' }],
        ['Tenant', 'tenants', false, { owners: [{ kind: 'Group', name: 'kubenova-users' }] }],
        [
          'ProxySetting',
          'proxysettings',
          true,
          { subjects: [{ kind: 'Group', name: 'kubenova-users', clusterResources: [] }] },
        ],
        ['GlobalProxySettings', 'globalproxysettings', false, { rules: [] }],
      ];
      for (const person of insiders) {
        for (const through of ways) {
          for (const namespace of ['tn-acme-shop-app-web', 'tn-acme-shop-sbx-001']) {
            for (const [kind, plural, namespaced, wanted] of kinds) {
              const path = namespaced ? `${group}/namespaces/${namespace}/${plural}` : `${group}/${plural}`;
              const body = {
                apiVersion: 'capsule.clastix.io/v1beta2',
                kind,
                metadata: { name: 'access' },
                spec: wanted,
              };
              const got = await sender.send(person, through, { method: 'POST', path, body });
              expect(isRefused(got), `${path}: ${got.text}`).toBe(true);
            }
          }
          const mine = `${group}/tenants/acme`;
          const owned = { spec: { owners: [{ kind: 'Group', name: 'acme-devs' }] } };
          expect(isRefused(await sender.send(person, through, { method: 'PATCH', path: mine, body: owned }))).toBe(
            true,
          );
        }
      }
      expect(await world().admin.find(ClusterRole, { name: 'access-stolen' })).toBeUndefined();
    });

    it('CVE-2022-23652, CVE-2021-31999: nobody makes a Node, or anything else, with capsule-proxy’s own rights', async () => {
      const { admin } = world();
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'access-stolen' } };
      for (const person of [...insiders, 'groupless', 'anonymous'] as const) {
        for (const path of ['/api/v1/nodes', '/api/v1/nodes/', '/api/v1/nodes?labelSelector=']) {
          const got = await sender.send(person, 'capsule-proxy', { method: 'POST', path, body: node });
          expect(got.code, got.text).toBeGreaterThanOrEqual(400);
        }
      }
      const nodes = (await admin.request('GET', '/api/v1/nodes')) as ReadObject;
      expect(nodes.items.map(({ metadata }: ReadObject) => metadata.name)).not.toContain('access-stolen');
      const before = nodes.items.length;
      for (const person of insiders) {
        await sender.send(person, 'capsule-proxy', { method: 'DELETE', path: '/api/v1/nodes' });
        await sender.send(person, 'capsule-proxy', {
          method: 'DELETE',
          path: '/api/v1/nodes?labelSelector=kubernetes.io/hostname',
        });
      }
      expect(((await admin.request('GET', '/api/v1/nodes')) as ReadObject).items).toHaveLength(before);
    });

    it.each(ways)(
      'CVE-2024-52280: a watch through the %s is opened only on what one may see, and tells of nothing else',
      async (through) => {
        const { admin } = world();
        const foreign = 'tn-globex-shop-sbx-001';
        const own = 'tn-acme-shop-sbx-001';
        const refused = [
          `/api/v1/namespaces/${foreign}/configmaps?watch=true`,
          `/api/v1/namespaces/${foreign}/configmaps?watch=true&fieldSelector=metadata.name%3Dkube-root-ca.crt`,
          `/api/v1/watch/namespaces/${foreign}/configmaps`,
          `/api/v1/watch/namespaces/${foreign}/configmaps/kube-root-ca.crt`,
          `/api/v1/watch/configmaps`,
          `/api/v1/watch/namespaces`,
          `/api/v1/watch/secrets`,
          `/api/v1/namespaces/${own}/configmaps/../../${foreign}/configmaps?watch=true`,
        ];
        for (const path of refused) {
          const got = await sender.send('acme-devs', through, { method: 'GET', path });
          expect(got.text, path).not.toContain('"object":{"');
        }
        const open = [
          `/api/v1/namespaces/${own}/configmaps?watch=true`,
          ...(through === 'capsule-proxy'
            ? [
                '/api/v1/configmaps?watch=true',
                `/api/v1/configmaps?watch=true&fieldSelector=metadata.namespace%3D${foreign}`,
                '/api/v1/configmaps?watch=true&labelSelector=capsule.clastix.io%2Fmanaged-by%3Dglobex',
                '/api/v1/secrets?watch=true',
                '/api/v1/namespaces?watch=true',
                '/api/v1/namespaces?watch=true&labelSelector=kubenova.io%2Ftenant%3Dglobex',
              ]
            : []),
        ];
        const watches = open.map((path) => openWatch(world(), 'acme-devs', through, path));
        try {
          // Of each kind one that must be told of, made last: whatever came before it has been told by then.
          for (const namespace of [foreign, own]) {
            await admin.create(ConfigMap, configMapNamed('told', namespace, through));
          }
          await waitFor({
            what: 'the watch in the own namespace to tell of its own',
            timeoutMs: 20_000,
            look: () => watches[0]?.text().includes(`"told-${suffix(through)}"`) || undefined,
          });
          if (through === 'capsule-proxy') {
            await waitFor({
              what: 'the watch over all namespaces to tell of its own',
              timeoutMs: 20_000,
              look: () => watches[1]?.text().includes(`"told-${suffix(through)}"`) || undefined,
            });
          }
          for (const [index, watch] of watches.entries()) expect(watch.text(), open[index]).not.toContain('globex');
        } finally {
          for (const watch of watches) watch.close();
          for (const namespace of [foreign, own]) {
            await admin.delete(ConfigMap, { namespace, name: `told-${suffix(through)}` });
          }
        }
      },
    );

    it('an object that claims to be another tenant’s is not shown to it', async () => {
      const path = '/api/v1/namespaces/tn-globex-shop-sbx-001/configmaps';
      const labels = { 'capsule.clastix.io/managed-by': 'acme', 'projectcapsule.dev/tenant': 'acme' };
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'planted', labels } };
      const made = await sender.send('globex-devs', 'capsule-proxy', { method: 'POST', path, body });
      try {
        expect(made.code, made.text).toBe(201);
        const patched = await sender.send('globex-devs', 'capsule-proxy', {
          method: 'PATCH',
          path: `${path}/planted`,
          body: { metadata: { labels } },
        });
        expect(patched.code).toBe(200);
        const seen = await sender.send('acme-devs', 'capsule-proxy', { method: 'GET', path: '/api/v1/configmaps' });
        expect(seen.code).toBe(200);
        expect(seen.text).not.toContain('planted');
      } finally {
        await world()
          .admin.delete(ConfigMap, { namespace: 'tn-globex-shop-sbx-001', name: 'planted' })
          .catch((error: unknown) => {
            if (!isKubeError(error, 'NotFound')) throw error;
          });
      }
    });
  });
}

/** By RBAC, by a webhook or by a policy; a body that is no good for what is asked is no refusal. */
function isRefused({ code, text }: Got): boolean {
  return (
    code === 403 || ((code === 422 || code === 400 || code === 404) && /forbidden|denied/i.test(text)) || code === 401
  );
}

const suffix = (through: Through): string => through.toLowerCase().replaceAll(' ', '-');

const namespaceNamed = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const meta = (kind: string, name: string) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name } });

const configMapNamed = (name: string, namespace: string, through: Through) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `${name}-${suffix(through)}`, namespace },
});
