/** Who may make a namespace of a tenant, or move one into it or out of it, and in which words it is refused. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CapsuleParties, NODE_SELECTOR, namespace, refusal, TENANT } from './parties.ts';

export function describeJoining(open: () => CapsuleParties): void {
  let admin: KubeClient;
  let manager: KubeClient;
  let member: KubeClient;

  beforeAll(() => {
    ({ admin, manager, member } = open());
  });

  describe('who may put a namespace into a tenant', () => {
    it('an administrator of Capsule: the owner reference and the metadata of the tenant follow', async () => {
      const { metadata } = await admin.get(Namespace, { name: 'acme-one' });
      const { uid } = (await admin.get(Tenant, { name: 'acme' })).metadata;
      expect(metadata.labels).toEqual({ [TENANT]: 'acme', 'kubernetes.io/metadata.name': 'acme-one' });
      expect(metadata.annotations).toEqual({ [NODE_SELECTOR]: 'pool=blue,zone=z1' });
      expect(metadata.ownerReferences).toEqual([
        { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'Tenant', name: 'acme', uid },
      ]);
    });

    it.each<[string, () => KubeClient, string | undefined, string | undefined]>([
      ['an administrator of Capsule, without a tenant', () => manager, undefined, undefined],
      ['an administrator of Kubernetes, without a tenant', () => admin, undefined, undefined],
      ['an administrator of Capsule', () => manager, 'nobody', 'tenants.capsule.clastix.io "nobody" not found'],
      [
        'an administrator of Kubernetes',
        () => admin,
        'globex',
        'namespace has tenant label "globex" but no Tenant ownerReference',
      ],
      [
        'an administrator of Kubernetes, into no tenant that there is',
        () => admin,
        'nobody',
        'namespace has tenant label "nobody" but no Tenant ownerReference',
      ],
      [
        'a person',
        () => member,
        undefined,
        'You do not have any Tenant assigned: please, reach out to the system administrators',
      ],
      [
        'a person, into their own tenant',
        () => member,
        'acme',
        'can not assign the desired namespace to a non-owned Tenant',
      ],
      [
        'a person, into no tenant that there is',
        () => member,
        'nobody',
        'tenants.capsule.clastix.io "nobody" not found',
      ],
    ])('%s: a new one', async (_who, client, of, why) => {
      expect(await refusal(client().create(Namespace, namespace('other', of), { dryRun: true }))).toBe(why);
    });

    const labels = (value: string | null) => ({ metadata: { labels: { [TENANT]: value } } });
    const note = { metadata: { annotations: { note: 'x' } } };

    it.each<[string, () => KubeClient, string, object, string | undefined]>([
      ['an administrator of Capsule adopts one', () => manager, 'free', labels('globex'), undefined],
      [
        'nor into a tenant that is not there',
        () => manager,
        'free',
        labels('nobody'),
        'tenants.capsule.clastix.io "nobody" not found',
      ],
      [
        'nor out of another one',
        () => manager,
        'acme-one',
        labels('globex'),
        'namespace label "globex" does not match owner reference "acme"',
      ],
      [
        'an administrator of Kubernetes adopts none',
        () => admin,
        'free',
        labels('globex'),
        'namespace can not be patched into a tenant',
      ],
      [
        'nor takes one away by its label',
        () => admin,
        'acme-one',
        labels(null),
        'namespace has Tenant ownerReference "acme" but no tenant label',
      ],
      [
        'nor by its owner',
        () => admin,
        'acme-one',
        { metadata: { ownerReferences: [] } },
        'namespace has tenant label "acme" but no Tenant ownerReference',
      ],
      [
        'nor moves it',
        () => admin,
        'acme-one',
        labels('globex'),
        'namespace label "globex" does not match owner reference "acme"',
      ],
      [
        'nor its node selector',
        () => admin,
        'acme-one',
        { metadata: { annotations: { [NODE_SELECTOR]: 'pool=red' } } },
        `the annotation ${NODE_SELECTOR} is enforced via tenant, cannot be updated`,
      ],
      ['but may write on it', () => admin, 'acme-one', note, undefined],
      ['a person writes on none', () => member, 'acme-one', note, 'denied patch request for this namespace'],
      ['not on one without a tenant', () => member, 'free', note, 'namespace is not owned by any tenant'],
      ['not on default', () => member, 'default', note, 'namespace is not owned by any tenant'],
      ['not on kube-system', () => member, 'kube-system', labels('acme'), 'namespace can not be patched into a tenant'],
      ['and moves none', () => member, 'acme-one', labels('globex'), 'denied patch request for this namespace'],
    ])('%s', async (_who, client, name, patch, why) => {
      expect(await refusal(client().patch(Namespace, { name }, patch, { type: 'merge', dryRun: true }))).toBe(why);
    });
  });
}
