/** What others read of Capsule: conditions, counts and users. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CapsuleParties, NODE_SELECTOR, namespace, readiness } from './parties.ts';

export function describeTelling(open: () => CapsuleParties): void {
  let admin: KubeClient;
  let manager: KubeClient;
  let eventually: CapsuleParties['eventually'];
  let tenantStatus: CapsuleParties['tenantStatus'];

  beforeAll(() => {
    ({ admin, manager, eventually, tenantStatus } = open());
  });

  describe('what Capsule tells', () => {
    it('of a tenant', async () => {
      await eventually('the tenant to be ready', async () => {
        const { metadata, status } = await admin.get(Tenant, { name: 'acme' });
        return readiness(status)?.status === 'True' && status?.observedGeneration === metadata.generation;
      });
      const { metadata, status } = await admin.get(Tenant, { name: 'acme' });
      expect(metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'acme' });
      expect(metadata.finalizers).toEqual(['controller.projectcapsule.dev/finalize']);
      expect(status).toMatchObject({ state: 'Active', size: 3, namespaces: ['acme-one', 'acme-three', 'acme-two'] });
      const told = status?.conditions?.map(({ type, status: is, reason, message }) => ({ type, is, reason, message }));
      expect(told).toEqual([
        { type: 'Ready', is: 'True', reason: 'Succeeded', message: 'reconciled' },
        { type: 'Cordoned', is: 'False', reason: 'Active', message: 'not cordoned' },
      ]);
      const spaces = (status?.spaces as { name: string }[] | undefined) ?? [];
      expect(spaces.map(({ name }) => name).sort()).toEqual(['acme-one', 'acme-three', 'acme-two']);
    });

    it('of its users, which capsule-proxy reads', async () => {
      const name = 'default';
      const before = (await admin.get(CapsuleConfiguration, { name })).spec?.users ?? [];
      const more = [...before, { kind: 'User' as const, name: 'bob' }];
      await admin.patch(CapsuleConfiguration, { name }, { spec: { users: more } }, { type: 'merge' });
      await eventually('the new user to be told', async () => {
        const { status } = await admin.get(CapsuleConfiguration, { name });
        return JSON.stringify(status?.users).includes('"bob"');
      });
      const { status } = await admin.get(CapsuleConfiguration, { name });
      expect(status?.users).toEqual(expect.arrayContaining([{ kind: 'Group', name: 'kubenova-users' }]));
    });

    it('of a node selector that came too late: it is not ready, and namespaces that are there keep theirs', async () => {
      await manager.create(Namespace, namespace('globex-one', 'globex'));
      await eventually('the namespace to be known', async () => (await tenantStatus('globex'))?.size === 1);
      const select = (nodeSelector: object | null) =>
        admin.patch(Tenant, { name: 'globex' }, { spec: { nodeSelector } }, { type: 'merge' });
      await select({ pool: 'red' });
      await eventually('the tenant to fail', async () => {
        const ready = readiness(await tenantStatus('globex'));
        return ready?.status === 'False' && ready.message?.includes('is enforced via tenant, cannot be updated');
      });
      expect((await admin.get(Namespace, { name: 'globex-one' })).metadata.annotations).toBeUndefined();
      const { metadata } = await manager.create(Namespace, namespace('globex-two', 'globex'), { dryRun: true });
      expect(metadata.annotations).toEqual({ [NODE_SELECTOR]: 'pool=red' });
      await select(null);
      await eventually('the tenant to be ready again', async () => {
        return readiness(await tenantStatus('globex'))?.status === 'True';
      });
    });
  });
}
