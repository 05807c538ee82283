/** What Capsule keeps in the namespaces of a tenant, from whom, and how many it lets there be. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { ConfigMap, LimitRange, Namespace, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { NetworkPolicy } from '@kubenova/kube/kinds/networking.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CapsuleParties, configMap, namespace, refusal } from './parties.ts';

export function describeKeeping(open: () => CapsuleParties): void {
  let admin: KubeClient;
  let manager: KubeClient;
  let mighty: KubeClient;
  let eventually: CapsuleParties['eventually'];
  let tenantStatus: CapsuleParties['tenantStatus'];

  beforeAll(() => {
    ({ admin, manager, mighty, eventually, tenantStatus } = open());
  });

  describe('in the namespaces of a tenant', () => {
    const quotaOfOne = { name: 'capsule-acme-0' };
    const inOne = { ...quotaOfOne, namespace: 'acme-one' };
    const own = { 'capsule.clastix.io/managed-by': 'acme', 'projectcapsule.dev/tenant': 'acme' };
    const MANAGED = 'Labeling resources as controller managed can only be done by the controller or administrators';

    it('there is what the tenant says', async () => {
      await eventually('the replicas', async () => {
        const quota = await admin.find(ResourceQuota, inOne);
        const limits = await admin.find(LimitRange, inOne);
        const policy = await admin.find(NetworkPolicy, inOne);
        return quota !== undefined && limits !== undefined && policy !== undefined;
      });
      await eventually('the quota to be shared', async () => {
        const { spec } = await admin.get(ResourceQuota, inOne);
        return spec?.hard?.configmaps === '10' && spec.hard['requests.memory'] === '2Gi';
      });
      const { metadata } = await admin.get(ResourceQuota, inOne);
      expect(metadata.labels).toEqual({
        ...own,
        'capsule.clastix.io/resource-quota': '0',
        'projectcapsule.dev/managed-by': 'controller',
      });
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'Tenant', name: 'acme', controller: true }]);
      expect((await admin.get(LimitRange, inOne)).spec?.limits).toMatchObject([
        { type: 'Container', default: { cpu: '100m' } },
      ]);
      expect(await admin.get(NetworkPolicy, inOne)).toMatchObject({
        spec: { podSelector: {}, policyTypes: ['Ingress'] },
      });
      const bindings = await admin.list(RoleBinding, { namespace: 'acme-one' });
      expect(bindings.items.map(({ roleRef, subjects }) => ({ role: roleRef.name, subjects }))).toContainEqual({
        role: 'view',
        subjects: [{ kind: 'Group', name: 'acme-viewers', apiGroup: 'rbac.authorization.k8s.io' }],
      });
    });

    it('everything is marked as the tenant’s', async () => {
      const { metadata } = await admin.create(ConfigMap, configMap('acme-one', 'own'));
      expect(metadata.labels).toEqual(own);
      const elsewhere = configMap('free', 'own');
      expect((await admin.create(ConfigMap, elsewhere, { dryRun: true })).metadata.labels).toBeUndefined();
    });

    it.each<[string, () => KubeClient]>([
      ['a member', () => mighty],
      ['an administrator of Kubernetes', () => admin],
    ])('%s neither edits nor deletes what Capsule keeps, nor forges it', async (_who, client) => {
      const edit = { spec: { policyTypes: ['Egress'] } };
      expect(await refusal(client().patch(NetworkPolicy, inOne, edit, { type: 'merge' }))).toBe(MANAGED);
      expect(await refusal(client().delete(NetworkPolicy, inOne))).toBe(MANAGED);
      expect(await refusal(client().delete(ResourceQuota, inOne))).toBe(MANAGED);
      const labels = { 'projectcapsule.dev/managed-by': 'controller' };
      const forged = configMap('acme-one', 'forged', { labels });
      expect(await refusal(client().create(ConfigMap, forged))).toBe(MANAGED);
    });

    it('what an administrator of Capsule deletes or edits is put back', async () => {
      const before = await admin.get(NetworkPolicy, inOne);
      await manager.delete(NetworkPolicy, inOne);
      const other = [{ type: 'Container', default: { cpu: '900m' } }];
      const unmark = { labels: { 'projectcapsule.dev/managed-by': null } };
      await manager.patch(LimitRange, inOne, { metadata: unmark, spec: { limits: other } }, { type: 'merge' });
      await manager.patch(ResourceQuota, inOne, { spec: { hard: { configmaps: '99' } } }, { type: 'merge' });
      await eventually('the replicas to be as before', async () => {
        const policy = await admin.find(NetworkPolicy, inOne);
        const { metadata, spec } = await admin.get(LimitRange, inOne);
        const { cpu } = (spec?.limits?.[0]?.default ?? {}) as { cpu?: string };
        const marked = metadata.labels?.['projectcapsule.dev/managed-by'] === 'controller';
        const hard = (await admin.get(ResourceQuota, inOne)).spec?.hard?.configmaps;
        const anew = policy !== undefined && policy.metadata.uid !== before.metadata.uid;
        return anew && marked && cpu === '100m' && hard !== '99';
      });
    });

    it('a quota of the tenant is shared by its namespaces', async () => {
      await manager.create(Namespace, namespace('acme-two', 'acme'));
      const quotaOf = async (name: string) => {
        const quota = await admin.find(ResourceQuota, { ...quotaOfOne, namespace: name });
        const { spec, status } = quota ?? {};
        return { hard: Number(spec?.hard?.configmaps ?? 'NaN'), used: Number(status?.used?.configmaps ?? 'NaN') };
      };
      // Each may use what it uses and what is left of ten.
      await eventually('the quota to be shared', async () => {
        const [one, two] = [await quotaOf('acme-one'), await quotaOf('acme-two')];
        const left = 10 - one.used - two.used;
        return one.used >= 2 && two.used >= 1 && one.hard === one.used + left && two.hard === two.used + left;
      });
    });

    it('no more of them are made than the tenant may have', async () => {
      await manager.create(Namespace, namespace('acme-three', 'acme'));
      await eventually('the tenant to be full', async () => (await tenantStatus('acme'))?.size === 3);
      expect(await refusal(manager.create(Namespace, namespace('acme-four', 'acme')))).toBe(
        'Cannot exceed Namespace quota: please, reach out to the system administrators',
      );
    });
  });
}
