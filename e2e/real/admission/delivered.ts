/** What KubeVela made for an App, its scale included, is changed by KubeVela and the machinery alone. */
import { kubeSystemUser, VELA_CORE_USER } from '@kubenova/domain/admission/users.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { ConfigMap, Pod, Service } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, AGENT, app, deployerOf, MANAGER, refusal, sandbox, web } from './scene.ts';

export function describeDelivered(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let allowed: AdmissionScene['allowed'];

  beforeAll(() => {
    ({ admin, allowed } = open());
  });

  describe('what KubeVela made for an App', () => {
    const change = { metadata: { annotations: { touched: 'yes' } } };
    const touch = (client: KubeClient) =>
      refusal(client.patch(Deployment, web, change, { type: 'merge', dryRun: true }));

    it.each([
      ['an administrator', () => admin],
      ['the Manager', () => allowed(MANAGER)],
      ["another App's account", () => allowed(deployerOf('tn-acme-shop-app-other'))],
      ['a member of the tenant with every right', () => allowed('ann', ['acme-devs'])],
    ])('is not changed by %s', async (_who, client) => {
      expect(await touch(client())).toContain('belongs to an App');
    });

    it.each<[string, () => string, string[]?]>([
      ['the App itself', () => deployerOf(app.namespace)],
      ['KubeVela', () => VELA_CORE_USER],
      ['the Agent', () => AGENT],
      ['a controller of Kubernetes', () => kubeSystemUser('deployment-controller')],
      ['the scheduler', () => 'system:kube-scheduler'],
      ['a node', () => 'system:node:node-1', ['system:nodes']],
    ])('is changed by %s', async (_who, user, groups = []) => {
      expect(await touch(allowed(user(), groups))).toBeUndefined();
    });

    it('is neither deleted, nor stripped of its label, nor forged', async () => {
      const remove = admin.request('DELETE', `/apis/apps/v1/namespaces/${app.namespace}/deployments/${app.name}`, {
        query: { dryRun: 'All' },
      });
      expect(await refusal(remove)).toContain('belongs to an App');
      const strip = { metadata: { labels: { 'kubenova.io/managed-by': null } } };
      expect(await refusal(admin.patch(Service, web, strip, { type: 'merge', dryRun: true }))).toContain(
        'belongs to an App',
      );
      const forged = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'forged', namespace: sandbox.namespace, labels: { 'kubenova.io/managed-by': 'vela' } },
      };
      expect(await refusal(admin.create(ConfigMap, forged as never, { dryRun: true }))).toContain('belongs to an App');
    });

    const dry = { query: { dryRun: 'All' } };
    const strangers = (): [string, KubeClient][] => [
      ['an administrator', admin],
      ['the Manager', allowed(MANAGER)],
      ['a member with every right', allowed('ann', ['kubenova-users', 'acme-devs'])],
      ['a viewer with every right', allowed('bob', ['kubenova-users', 'acme-viewers'])],
      ['somebody of another tenant with every right', allowed('eve', ['kubenova-users', 'other-devs'])],
      ["another App's account", allowed(deployerOf('tn-acme-shop-app-other'))],
    ];

    it('is not deleted as a collection: each object is judged', async () => {
      for (const [who, client] of strangers()) {
        const all = client.request('DELETE', `/apis/apps/v1/namespaces/${app.namespace}/deployments`);
        expect(await refusal(all), who).toContain('belongs to an App');
      }
      expect(await admin.find(Deployment, web)).toBeDefined();
    });

    it('keeps its label, and so what it is: neither a patch, nor an update, nor an apply takes it off', async () => {
      const bare = await admin.get(Deployment, web);
      const { labels: _, managedFields: __, ...metadata } = bare.metadata;
      for (const [who, client] of strangers()) {
        expect(await refusal(client.replace(Deployment, { ...bare, metadata }, { dryRun: true })), who).toContain(
          'belongs to an App',
        );
        const json = [{ op: 'remove', path: '/metadata/labels/kubenova.io~1managed-by' }];
        const patch = client.request('PATCH', `/apis/apps/v1/namespaces/${app.namespace}/deployments/${app.name}`, {
          body: json,
          contentType: 'application/json-patch+json',
          ...dry,
        });
        expect(await refusal(patch), who).toContain('belongs to an App');
        const applied = {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { ...web, labels: { 'kubenova.io/managed-by': 'me' } },
        };
        const apply = client.apply(Deployment, applied as never, { fieldManager: 'me', force: true, dryRun: true });
        expect(await refusal(apply), who).toContain('belongs to an App');
      }
    });

    it('is not forged in an app namespace or a sandbox, by creating or by labelling', async () => {
      for (const namespace of [app.namespace, sandbox.namespace]) {
        const labels = { 'kubenova.io/managed-by': 'vela' };
        const plain = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain', namespace } };
        await admin.create(ConfigMap, plain);
        for (const [who, client] of strangers()) {
          const forged = { ...plain, metadata: { name: 'forged', namespace, labels } };
          expect(await refusal(client.create(ConfigMap, forged, { dryRun: true })), who).toContain('belongs to an App');
          const label = client.patch(
            ConfigMap,
            plain.metadata,
            { metadata: { labels } },
            { type: 'merge', dryRun: true },
          );
          expect(await refusal(label), who).toContain('belongs to an App');
        }
        await admin.delete(ConfigMap, plain.metadata);
      }
    });

    it('runs what it runs: a pod that an App delivers takes no ephemeral container and no other resources', async () => {
      const own = allowed(deployerOf(app.namespace));
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bare', namespace: app.namespace, labels: { 'kubenova.io/managed-by': 'vela' } },
        // Nowhere, since simulated nodes cannot change what a pod may use.
        spec: {
          nodeSelector: { nowhere: 'yes' },
          containers: [{ name: 'c', image: 'busybox', resources: { requests: { cpu: '10m' } } }],
        },
      };
      await own.create(Pod, pod as never);
      const change = (client: KubeClient, subresource: string, spec: object) =>
        refusal(client.patch(Pod, pod.metadata, { spec }, { type: 'strategic', subresource, dryRun: true }));
      const debug = { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] };
      const more = { containers: [{ name: 'c', resources: { requests: { cpu: '20m' } } }] };
      for (const [who, client] of strangers()) {
        expect(await change(client, 'ephemeralcontainers', debug), who).toContain('belongs to an App');
        expect(await change(client, 'resize', more), who).toContain('belongs to an App');
      }
      expect(await change(allowed(kubeSystemUser('vertical-pod-autoscaler')), 'resize', more)).toBeUndefined();
      // Nodes are drained by people, and say themselves how a pod is.
      const evict = admin.request('POST', `/api/v1/namespaces/${app.namespace}/pods/bare/eviction`, {
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'bare' } },
        ...dry,
      });
      expect(await refusal(evict)).toBeUndefined();
      await own.delete(Pod, pod.metadata);
    });

    it("a member's own rights end at the namespace of an App, for every way to change something", async () => {
      const member = admin.impersonate({ username: 'ann', groups: ['kubenova-users', 'acme-devs'] });
      const path = `/apis/apps/v1/namespaces/${app.namespace}/deployments`;
      const body = { metadata: { annotations: { touched: 'yes' } } };
      const attempts = [
        member.request('DELETE', `${path}/${app.name}`, dry),
        member.request('DELETE', path, dry),
        ...['', '/status', '/scale'].map((subresource) =>
          member.request('PATCH', `${path}/${app.name}${subresource}`, {
            body,
            contentType: 'application/merge-patch+json',
            ...dry,
          }),
        ),
      ];
      for (const told of await Promise.all(attempts.map(refusal)))
        expect(told).toMatch(/cannot (delete|deletecollection|patch) resource/);
    });

    it('is scaled by the autoscaler alone', async () => {
      const scale = (client: KubeClient) =>
        refusal(
          client.patch(
            Deployment,
            web,
            { spec: { replicas: 5 } },
            { type: 'merge', subresource: 'scale', dryRun: true },
          ),
        );
      expect(await scale(admin)).toContain("An App's replicas are set in KubeNova");
      expect(await scale(allowed(deployerOf(app.namespace)))).toContain("An App's replicas are set in KubeNova");
      expect(await scale(allowed(kubeSystemUser('horizontal-pod-autoscaler')))).toBeUndefined();
    });

    it('does not stand in the way of anything else', async () => {
      const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: sandbox.namespace } };
      expect(await refusal(admin.create(ConfigMap, own as never, { dryRun: true }))).toBeUndefined();
    });
  });
}
