/** What stands on a tenant's namespace, and who may write it. */
import { kubeSystemUser } from '@kubenova/domain/admission/users.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, AGENT, app, deployerOf, MANAGER, refusal, sandbox } from './scene.ts';

const OURS = 'What KubeNova set on a namespace';
const NO_NAMESPACES = 'Namespaces are made and changed by KubeNova';
const ADMINISTRATORS = 'kubenova-system-administrators';
const TENANT = 'capsule.clastix.io/tenant';

export function describeNamespaces(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let allowed: AdmissionScene['allowed'];
  let person: AdmissionScene['person'];

  beforeAll(() => {
    ({ admin, allowed, person } = open());
  });

  const patch = (client: KubeClient, name: string, metadata: object, subresource?: string) =>
    refusal(
      client.request('PATCH', `/api/v1/namespaces/${name}${subresource === undefined ? '' : `/${subresource}`}`, {
        body: { metadata },
        contentType: 'application/merge-patch+json',
        query: { dryRun: 'All' },
      }),
    );

  describe("a tenant's namespaces", () => {
    const forgeries: [string, () => string, object][] = [
      ['an app namespace becomes a sandbox', () => app.namespace, { labels: { 'kubenova.io/sandbox': 'true' } }],
      ['a sandbox becomes none', () => sandbox.namespace, { labels: { 'kubenova.io/sandbox': null } }],
      ['a sandbox becomes one of an App', () => sandbox.namespace, { labels: { 'kubenova.io/app-id': 'x' } }],
      ["another tenant's", () => sandbox.namespace, { labels: { 'kubenova.io/tenant-id': 'x' } }],
      ['out of every policy', () => sandbox.namespace, { labels: { 'kubenova.io/tenant-id': null } }],
      [
        'a policy by hand',
        () => sandbox.namespace,
        { annotations: { 'policy.kubenova.io/allowed-registries': 'evil.example.com' } },
      ],
      ['no Pod Security', () => sandbox.namespace, { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }],
      [
        'Pod Security of long ago',
        () => sandbox.namespace,
        { labels: { 'pod-security.kubernetes.io/enforce-version': 'v1.0' } },
      ],
    ];

    it.each(forgeries)(
      '%s: neither by an administrator, nor by a controller, nor by our own others',
      async (_what, name, metadata) => {
        const others = [
          admin,
          allowed(AGENT),
          allowed(deployerOf(app.namespace)),
          allowed(kubeSystemUser('namespace-controller')),
          allowed('system:serviceaccount:capsule-system:capsule'),
        ];
        for (const client of others) {
          for (const subresource of [undefined, 'status', 'finalize']) {
            // The subresources take over no labels of most objects; what they do take over is refused.
            const told = await patch(client, name(), metadata, subresource === 'finalize' ? undefined : subresource);
            expect(told, String(subresource)).toContain(OURS);
          }
        }
      },
    );

    it('the Manager may, and whoever is in the group of administrators', async () => {
      const metadata = { annotations: { 'policy.kubenova.io/max-replicas': '3' } };
      expect(await patch(allowed(MANAGER), sandbox.namespace, metadata)).toBeUndefined();
      expect(await patch(allowed('operator', [ADMINISTRATORS]), sandbox.namespace, metadata)).toBeUndefined();
    });

    it('others may set what is none of ours, and on other namespaces what they like', async () => {
      expect(
        await patch(admin, sandbox.namespace, { labels: { team: 'a' }, annotations: { note: 'x' } }),
      ).toBeUndefined();
      expect(
        await patch(admin, 'default', { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }),
      ).toBeUndefined();
    });

    it('nobody forges one', async () => {
      const make = (client: KubeClient, labels: Record<string, string>, annotations = {}) =>
        refusal(
          client.create(
            Namespace,
            { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'forged', labels, annotations } },
            { dryRun: true },
          ),
        );
      for (const client of [admin, allowed(AGENT)]) {
        expect(await make(client, { 'kubenova.io/sandbox': 'true' })).toContain(OURS);
        expect(await make(client, { 'kubenova.io/tenant-id': 'x' })).toContain(OURS);
        expect(await make(client, {}, { 'policy.kubenova.io/pod-security': 'x' })).toContain(OURS);
        expect(await make(client, { team: 'a' })).toBeUndefined();
      }
    });
  });

  describe("a tenant's people", () => {
    // Capsule gives its users the right to patch any namespace and then refuses by webhook; who gets past that is refused
    // by our policy alone.
    const somebody = /Namespaces are made|denied the request|cannot (patch|create|update|delete) resource/;
    const clients = (): [string, KubeClient, string | RegExp][] => [
      ['a member', person('acme-devs'), somebody],
      ['a viewer', person('acme-viewers'), somebody],
      ['somebody of another tenant', person('other-devs'), somebody],
      ['a member with every right', allowed('ann', ['kubenova-users', 'acme-devs']), somebody],
      ['a member whom Capsule lets do everything', allowed('ann', ['kubenova-users', ADMINISTRATORS]), NO_NAMESPACES],
    ];

    it.each(['their app namespace', 'their sandbox', 'a foreign namespace', "the system's namespace"])(
      'change nothing of %s, nor of its status and finalizers',
      async (which) => {
        const name = {
          'their app namespace': app.namespace,
          'their sandbox': sandbox.namespace,
          'a foreign namespace': 'default',
        }[which];
        for (const [who, client, says] of clients()) {
          for (const subresource of [undefined, 'status']) {
            for (const metadata of [
              { labels: { [TENANT]: 'acme' } },
              { labels: { harmless: 'yes' } },
              { annotations: { note: 'x' } },
              { ownerReferences: [] },
            ]) {
              expect(await patch(client, name ?? 'kube-system', metadata, subresource), who).toMatch(says);
            }
          }
          const finalize = client.request('PUT', `/api/v1/namespaces/${name ?? 'kube-system'}/finalize`, {
            body: {
              apiVersion: 'v1',
              kind: 'Namespace',
              metadata: { name: name ?? 'kube-system', labels: { [TENANT]: 'acme' } },
              spec: { finalizers: [] },
            },
            query: { dryRun: 'All' },
          });
          expect(await refusal(finalize), who).toMatch(says);
          const remove = client.request('DELETE', `/api/v1/namespaces/${name ?? 'kube-system'}`, {
            query: { dryRun: 'All' },
          });
          expect(await refusal(remove), who).toMatch(which.startsWith('their') ? says : /./);
        }
      },
    );

    it('make none', async () => {
      for (const [who, client, says] of clients()) {
        const tried: Record<string, string>[] = [{}, { [TENANT]: 'acme' }];
        for (const labels of tried) {
          const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'acme-new', labels } };
          expect(await refusal(client.create(Namespace, namespace, { dryRun: true })), who).toMatch(says);
        }
      }
    });
  });
}
