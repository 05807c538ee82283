/**
 * What this product relies on of Capsule, told from outside: it holds for the true one and for the stand-in, and does not
 * ask which of them it judges.
 */

import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, LimitRange, Namespace, ResourceQuota } from '@kubenova/kube/kinds/core.ts';
import { NetworkPolicy } from '@kubenova/kube/kinds/networking.ts';
import { RoleBinding } from '@kubenova/kube/kinds/rbac.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A cluster with a Capsule whose user is the group `kubenova-users`. */
export interface CapsuleScene {
  /** May impersonate everybody. */
  readonly admin: KubeClient;
  /** Throws when something that the cluster is made of has ended. */
  assertAlive(): void;
  stop(): Promise<void>;
}

const TENANT = 'capsule.clastix.io/tenant';
const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';
const MASTERS = 'system:masters';
const quotaOfOne = { name: 'capsule-acme-0' };

function namespace(name: string, tenant?: string, annotations?: Record<string, string>): Namespace {
  const labels: Record<string, string> = tenant === undefined ? {} : { [TENANT]: tenant };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, ...(annotations && { annotations }) } };
}

function tenant(name: string, spec: object = {}): Tenant {
  const apiVersion = 'capsule.clastix.io/v1beta2';
  return { apiVersion, kind: 'Tenant', metadata: { name }, spec: { forceTenantPrefix: false, ...spec } };
}

/** In the words of whoever refused; undefined when nobody did. */
async function refusal(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof KubeError && error.message.includes('denied the request')) {
      return error.message.slice(error.message.indexOf('denied the request: ') + 'denied the request: '.length);
    }
    throw error;
  }
}

export function describeCapsule(open: () => Promise<CapsuleScene>): void {
  let scene: CapsuleScene;
  let admin: KubeClient;
  /** Among Capsule's administrators. */
  let manager: KubeClient;
  /** A person of the tenant `acme`, and the same with every right that RBAC can give. */
  let member: KubeClient;
  let mighty: KubeClient;

  beforeAll(async () => {
    scene = await open();
    ({ admin } = scene);
    manager = admin.impersonate({ username: 'manager', groups: ['kubenova-system-administrators', MASTERS] });
    member = admin.impersonate({ username: 'ann', groups: ['kubenova-users', 'acme-devs'] });
    mighty = admin.impersonate({ username: 'ann', groups: ['kubenova-users', 'acme-devs', MASTERS] });
    const limits = [{ type: 'Container', default: { cpu: '100m' } }];
    const view = {
      clusterRoleName: 'view',
      subjects: [{ kind: 'Group', name: 'acme-viewers', apiGroup: 'rbac.authorization.k8s.io' }],
    };
    await admin.create(
      Tenant,
      tenant('acme', {
        preventDeletion: true,
        namespaceOptions: { quota: 3 },
        nodeSelector: { pool: 'blue', zone: 'z1' },
        resourceQuotas: { scope: 'Tenant', items: [{ hard: { configmaps: '10', 'requests.memory': '2Gi' } }] },
        limitRanges: { items: [{ limits }] },
        networkPolicies: { items: [{ podSelector: {}, policyTypes: ['Ingress'] }] },
        additionalRoleBindings: [view],
      }),
    );
    await admin.create(Tenant, tenant('globex'));
    await manager.create(Namespace, namespace('acme-one', 'acme'));
    await admin.create(Namespace, namespace('free'));
    await eventually('the tenant to know its namespace', async () => {
      const { status } = await admin.get(Tenant, { name: 'acme' });
      return status?.namespaces?.includes('acme-one');
    });
  }, 1_800_000);

  afterAll(() => scene?.stop());

  function eventually(what: string, look: () => Promise<unknown>): Promise<unknown> {
    const giveUp = () => scene.assertAlive();
    return waitFor({ what, timeoutMs: 30_000, everyMs: 50, giveUp, look: async () => (await look()) || undefined });
  }

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

  describe('in the namespaces of a tenant', () => {
    const inOne = { ...quotaOfOne, namespace: 'acme-one' };
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
      const own = { 'capsule.clastix.io/managed-by': 'acme', 'projectcapsule.dev/tenant': 'acme' };
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
      const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: 'acme-one' } };
      const { metadata } = await admin.create(ConfigMap, own);
      expect(metadata.labels).toEqual({ 'capsule.clastix.io/managed-by': 'acme', 'projectcapsule.dev/tenant': 'acme' });
      const elsewhere = { ...own, metadata: { name: 'own', namespace: 'free' } };
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
      const forged = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'forged', namespace: 'acme-one', labels },
      };
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
      const hardOf = async (name: string) =>
        Number((await admin.find(ResourceQuota, { ...quotaOfOne, namespace: name }))?.spec?.hard?.configmaps ?? 'NaN');
      const usedOf = async (name: string) =>
        Number(
          (await admin.find(ResourceQuota, { ...quotaOfOne, namespace: name }))?.status?.used?.configmaps ?? 'NaN',
        );
      // Each may use what it uses and what is left of ten.
      await eventually('the quota to be shared', async () => {
        const used = [await usedOf('acme-one'), await usedOf('acme-two')] as const;
        const left = 10 - used[0] - used[1];
        return (
          used[0] >= 2 &&
          used[1] >= 1 &&
          (await hardOf('acme-one')) === used[0] + left &&
          (await hardOf('acme-two')) === used[1] + left
        );
      });
    });

    it('no more of them are made than the tenant may have', async () => {
      await manager.create(Namespace, namespace('acme-three', 'acme'));
      await eventually(
        'the tenant to be full',
        async () => (await admin.get(Tenant, { name: 'acme' })).status?.size === 3,
      );
      expect(await refusal(manager.create(Namespace, namespace('acme-four', 'acme')))).toBe(
        'Cannot exceed Namespace quota: please, reach out to the system administrators',
      );
    });
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
        (await admin.get(Tenant, { name: 'whole' })).status?.namespaces?.includes(ref.namespace),
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

  describe('what Capsule tells', () => {
    it('of a tenant', async () => {
      await eventually('the tenant to be ready', async () => {
        const { metadata, status } = await admin.get(Tenant, { name: 'acme' });
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready?.status === 'True' && status?.observedGeneration === metadata.generation;
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
      await eventually(
        'the namespace to be known',
        async () => (await admin.get(Tenant, { name: 'globex' })).status?.size === 1,
      );
      const select = (nodeSelector: object | null) =>
        admin.patch(Tenant, { name: 'globex' }, { spec: { nodeSelector } }, { type: 'merge' });
      await select({ pool: 'red' });
      await eventually('the tenant to fail', async () => {
        const { status } = await admin.get(Tenant, { name: 'globex' });
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready?.status === 'False' && ready.message?.includes('is enforced via tenant, cannot be updated');
      });
      expect((await admin.get(Namespace, { name: 'globex-one' })).metadata.annotations).toBeUndefined();
      const { metadata } = await manager.create(Namespace, namespace('globex-two', 'globex'), { dryRun: true });
      expect(metadata.annotations).toEqual({ [NODE_SELECTOR]: 'pool=red' });
      await select(null);
      await eventually('the tenant to be ready again', async () => {
        const { status } = await admin.get(Tenant, { name: 'globex' });
        return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
      });
    });
  });

  describe('a tenant that is cordoned', () => {
    const cordon = (cordoned: boolean) =>
      admin.patch(Tenant, { name: 'globex' }, { spec: { cordoned } }, { type: 'merge' });
    const labelled = async () =>
      (await admin.get(Namespace, { name: 'globex-one' })).metadata.labels?.['projectcapsule.dev/cordoned'] === 'true';

    it('stands still for its people, and only for them', async () => {
      await cordon(true);
      await eventually('the tenant to be cordoned', async () => {
        return (await admin.get(Tenant, { name: 'globex' })).status?.state === 'Cordoned' && (await labelled());
      });
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'still', namespace: 'globex-one' } };
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
        const { status } = await admin.get(Tenant, { name: 'acme' });
        return status?.size === 2 && !status.namespaces?.includes('acme-three');
      });
    });

    it('a tenant that is protected stays', async () => {
      expect(await refusal(admin.delete(Tenant, { name: 'acme' }))).toBe('tenant is protected and cannot be deleted');
    });

    it('with a tenant go its namespaces, and none are added', async () => {
      await admin.patch(Tenant, { name: 'acme' }, { spec: { preventDeletion: false } }, { type: 'merge' });
      // Holds the namespace long enough to see the tenant wait for it.
      const held = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'held', namespace: 'acme-one', finalizers: ['example.com/hold'] },
      };
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
