/** A tenant that is written as a whole each time, so that what is no longer in it goes. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { LimitRange, Namespace, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { NetworkPolicy } from '@kubenova/kube/kinds/networking.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CapsuleParties, NODE_SELECTOR, namespace, tenant } from './parties.ts';

export function describeApplying(open: () => CapsuleParties): void {
  let admin: KubeClient;
  let manager: KubeClient;
  let eventually: CapsuleParties['eventually'];
  let tenantStatus: CapsuleParties['tenantStatus'];

  beforeAll(() => {
    ({ admin, manager, eventually, tenantStatus } = open());
  });

  describe('a tenant that is applied whole, as KubeNova does', () => {
    const ref = { namespace: 'whole-one' };
    const bare = { owners: [], additionalRoleBindings: [], limitRanges: { items: [] }, networkPolicies: { items: [] } };
    const nothing = { ...bare, resourceQuotas: { scope: 'Tenant', items: [] } };
    const apply = (spec: object) =>
      admin.apply(Tenant, tenant('whole', spec), { fieldManager: 'kubenova-manager', force: true });
    const kept = async () => {
      const within = { namespace: ref.namespace };
      const lists = [
        admin.list(ResourceQuota, within),
        admin.list(LimitRange, within),
        admin.list(NetworkPolicy, within),
      ];
      const found = (await Promise.all(lists)).flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
      return found.filter((name) => name.startsWith('capsule-')).length;
    };
    const bindings = async () =>
      (await admin.list(RoleBinding, { namespace: ref.namespace })).items.filter(({ subjects = [] }) =>
        subjects.some(({ name }) => name === 'mallory'),
      ).length;

    it('keeps nothing where it says that there is nothing', async () => {
      await apply(nothing);
      await manager.create(Namespace, namespace(ref.namespace, 'whole'));
      await eventually('the tenant to know its namespace', async () =>
        (await tenantStatus('whole'))?.namespaces?.includes(ref.namespace),
      );
      expect(await kept()).toBe(0);
    });

    it('takes what it no longer asks for from namespaces that are there', async () => {
      const limits = [{ type: 'Pod', max: { cpu: '2' } }];
      await apply({
        ...nothing,
        resourceQuotas: { scope: 'Tenant', items: [{ hard: { pods: '3' } }] },
        limitRanges: { items: [{ limits }] },
        networkPolicies: { items: [{ podSelector: {}, policyTypes: ['Ingress'], ingress: [] }] },
      });
      await eventually('the replicas', async () => (await kept()) === 3);
      await apply(nothing);
      await eventually('the replicas to be gone', async () => (await kept()) === 0);
    });

    it('loses what others have added to it, and what came of that, when it is applied again', async () => {
      const mallory = { kind: 'User', name: 'mallory' };
      const view = {
        clusterRoleName: 'view',
        subjects: [{ ...mallory, apiGroup: 'rbac.authorization.k8s.io' }],
      };
      const added = {
        owners: [mallory],
        additionalRoleBindings: [view],
        resourceQuotas: { items: [{ hard: { pods: '9' } }] },
      };
      await admin.patch(Tenant, { name: 'whole' }, { spec: added }, { type: 'merge' });
      await eventually('what was added', async () => (await kept()) === 1 && (await bindings()) > 0);
      const { spec } = await apply(nothing);
      expect([spec?.owners ?? [], spec?.additionalRoleBindings ?? []]).toEqual([[], []]);
      await eventually('what was added to be gone', async () => (await kept()) === 0 && (await bindings()) === 0);
    });

    it('leaves a node selector alone that it has not set itself', async () => {
      for (const pool of ['blue', 'red']) {
        const patch = { metadata: { annotations: { [NODE_SELECTOR]: `pool=${pool}` } } };
        await manager.patch(Namespace, { name: ref.namespace }, patch, { type: 'merge' });
        await apply({
          ...nothing,
          limitRanges: { items: [{ limits: [{ type: 'Pod', max: { cpu: String(pool.length) } }] }] },
        });
        await eventually('the tenant to be reconciled', async () => {
          const { metadata, status } = await admin.get(Tenant, { name: 'whole' });
          return status?.observedGeneration === metadata.generation;
        });
        const { metadata } = await admin.get(Namespace, { name: ref.namespace });
        expect(metadata.annotations?.[NODE_SELECTOR]).toBe(`pool=${pool}`);
      }
    });
  });
}
