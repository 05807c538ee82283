/** What fences a tenant's namespace in, against its own people. */
import { CREDENTIALS_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AdmissionScene, app, MANAGER, refusal, sandbox } from './scene.ts';

const FENCES = "Rights, quotas, limits and policies of a tenant's namespace";

interface Fence {
  kind: string;
  path: string;
  object: Record<string, unknown>;
}

const metadata = { name: 'fence' };
const fences: readonly Fence[] = [
  {
    kind: 'ResourceQuota',
    path: '/api/v1/namespaces/{ns}/resourcequotas',
    object: { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '1' } } },
  },
  {
    kind: 'LimitRange',
    path: '/api/v1/namespaces/{ns}/limitranges',
    object: {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata,
      spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] },
    },
  },
  {
    kind: 'NetworkPolicy',
    path: '/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies',
    object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: {} } },
  },
  {
    kind: 'Role',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
    object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: [] },
  },
  {
    kind: 'RoleBinding',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    },
  },
];

export function describeFences(open: () => AdmissionScene): void {
  let admin: KubeClient;
  let mighty: KubeClient;
  let person: AdmissionScene['person'];
  let allowed: AdmissionScene['allowed'];

  beforeAll(() => {
    ({ admin, allowed, person } = open());
    mighty = allowed('ann', ['kubenova-users', 'acme-devs']);
  });

  describe.each(fences)("a $kind in a tenant's namespace", ({ path, object }) => {
    const at = (namespace: string) => path.replace('{ns}', namespace);
    const dry = { query: { dryRun: 'All' } };

    it.each(['app', 'sandbox'])(
      'is not made, changed or deleted by its people, whatever rights they have: %s',
      async (which) => {
        const { namespace } = which === 'app' ? app : sandbox;
        const one = `${at(namespace)}/fence`;
        await admin.request('POST', at(namespace), { body: object });
        const attempts = (client: KubeClient) => [
          client.request('POST', at(namespace), { body: { ...object, metadata: { name: 'own' } }, ...dry }),
          client.request('PATCH', one, {
            body: { metadata: { labels: { a: 'b' } } },
            contentType: 'application/merge-patch+json',
            ...dry,
          }),
          client.request('DELETE', one, dry),
        ];
        for (const told of await Promise.all(attempts(mighty).map(refusal))) expect(told).toContain(FENCES);
        for (const told of await Promise.all(attempts(person('acme-devs')).map(refusal)))
          expect(told).toMatch(/cannot \w+ resource/);
        for (const told of await Promise.all(attempts(allowed(MANAGER)).map(refusal))) expect(told).toBeUndefined();

        // A collection is deleted object by object, and each is judged.
        await refusal(mighty.request('DELETE', at(namespace)));
        expect(await admin.request('GET', one)).toMatchObject({ metadata: { name: 'fence' } });
        await admin.request('DELETE', one);
      },
    );

    it('is nothing to us elsewhere', async () => {
      const elsewhere = mighty.request('POST', at(CREDENTIALS_NAMESPACE), { body: object, ...dry });
      expect(await refusal(elsewhere)).toBeUndefined();
    });
  });

  it("people get no token of an account in a tenant's namespace, which would outlive their membership", async () => {
    const ask = (client: KubeClient) =>
      refusal(
        client.request('POST', `/api/v1/namespaces/${sandbox.namespace}/serviceaccounts/default/token`, {
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
        }),
      );
    await waitFor({
      what: 'the account to be there',
      timeoutMs: 30_000,
      look: () => admin.request('GET', `/api/v1/namespaces/${sandbox.namespace}/serviceaccounts/default`),
    });
    expect(await ask(mighty)).toContain(FENCES);
    expect(await ask(person('acme-devs'))).toContain('cannot create resource "serviceaccounts/token"');
    expect(await ask(admin)).toBeUndefined();
  });
}
