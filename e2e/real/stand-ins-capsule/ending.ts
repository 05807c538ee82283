/** A tenant that stands still, and one that ends. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CapsuleParties, configMap, namespace, refusal } from './parties.ts';

export function describeEnding(open: () => CapsuleParties): void {
  let admin: KubeClient;
  let manager: KubeClient;
  let mighty: KubeClient;
  let eventually: CapsuleParties['eventually'];
  let tenantStatus: CapsuleParties['tenantStatus'];

  beforeAll(() => {
    ({ admin, manager, mighty, eventually, tenantStatus } = open());
  });

  describe('a tenant that is cordoned', () => {
    const cordon = (cordoned: boolean) =>
      admin.patch(Tenant, { name: 'globex' }, { spec: { cordoned } }, { type: 'merge' });
    const labelled = async () =>
      (await admin.get(Namespace, { name: 'globex-one' })).metadata.labels?.['projectcapsule.dev/cordoned'] === 'true';

    it('stands still for its people, and only for them', async () => {
      await cordon(true);
      await eventually('the tenant to be cordoned', async () => {
        return (await tenantStatus('globex'))?.state === 'Cordoned' && (await labelled());
      });
      const map = configMap('globex-one', 'still');
      expect(await refusal(mighty.create(ConfigMap, map, { dryRun: true }))).toBe(
        "The current namespace 'globex-one' is cordoned. The attempted operation CREATE for /v1/ConfigMap/still is not permitted during cordoning status.",
      );
      expect(await refusal(mighty.delete(Namespace, { name: 'globex-one' }))).toBe('the selected tenant is cordoned');
      expect(await refusal(admin.create(ConfigMap, map, { dryRun: true }))).toBeUndefined();
      expect(await refusal(manager.create(ConfigMap, map, { dryRun: true }))).toBeUndefined();
      await cordon(false);
      await eventually('the tenant to be free again', async () => !(await labelled()));
      expect(await refusal(mighty.create(ConfigMap, map, { dryRun: true }))).toBeUndefined();
    });
  });

  describe('the end', () => {
    it('a namespace goes, and the tenant forgets it', async () => {
      await manager.delete(Namespace, { name: 'acme-three' });
      await eventually('the tenant to have two namespaces', async () => {
        const status = await tenantStatus('acme');
        return status?.size === 2 && !status.namespaces?.includes('acme-three');
      });
    });

    it('a tenant that is protected stays', async () => {
      expect(await refusal(admin.delete(Tenant, { name: 'acme' }))).toBe('tenant is protected and cannot be deleted');
    });

    it('with a tenant go its namespaces, and none are added', async () => {
      await admin.patch(Tenant, { name: 'acme' }, { spec: { preventDeletion: false } }, { type: 'merge' });
      // Holds the namespace long enough to see the tenant wait for it.
      const held = configMap('acme-one', 'held', { finalizers: ['example.com/hold'] });
      await admin.create(ConfigMap, held);
      await admin.delete(Tenant, { name: 'acme' });
      expect(await refusal(manager.create(Namespace, namespace('acme-five', 'acme')))).toBe(
        'tenant is terminating and does not accept new namespaces',
      );
      await eventually('the namespace to be going', async () => {
        return (await admin.get(Namespace, { name: 'acme-one' })).metadata.deletionTimestamp !== undefined;
      });
      expect(await admin.find(Tenant, { name: 'acme' })).toBeDefined();
      const release = { metadata: { finalizers: null } };
      await admin.patch(ConfigMap, { name: 'held', namespace: 'acme-one' }, release, { type: 'merge' });
      await eventually('the tenant and its namespaces to be gone', async () => {
        const names = (await admin.list(Namespace)).items.map(({ metadata }) => metadata.name);
        return (
          !names.some((name) => name.startsWith('acme-')) && (await admin.find(Tenant, { name: 'acme' })) === undefined
        );
      });
      expect(await admin.find(Namespace, { name: 'globex-one' })).toBeDefined();
    });
  });
}
