import type { ClusterRole, PolicyRule } from '@kubenova/kube/kinds/rbac.ts';
import type { ResourceRegistry } from '@kubenova/kube-model/resources/resource-type.ts';
import type { LocalClient } from '@kubenova/kube-sim/api/local-client.ts';
import { bootstrapObjects } from '@kubenova/kube-sim/auth/bootstrap.ts';
import { CLUSTER_ROLES } from '@kubenova/kube-sim/auth/rbac.ts';
import { put, role, rule, storeOf } from '@kubenova/kube-sim/auth/testing/rbac-objects.ts';
import { describe, expect, it } from 'vitest';
import { clusterRoleAggregation } from './cluster-role-aggregation.ts';
import type { ControllerContext } from './controller.ts';

const labelled = (name: string, labels: Record<string, string>, rules: PolicyRule[]): ClusterRole => {
  const made = role(name, rules);
  return { ...made, metadata: { ...made.metadata, labels } } as ClusterRole;
};
/** As a real controller manager (1.37.2) aggregated them: selector by selector, role by role, each rule once. */
const PARTS = [
  labelled('part-1', { sum: 'yes' }, [rule('get', 'g', 'things'), rule('list', 'g', 'things')]),
  labelled('part-2', { sum: 'yes', tier: 'two' }, [rule('get', 'g', 'things'), rule('delete', 'g', 'things')]),
];
const SUM: ClusterRole = {
  ...labelled('sum', { sum: 'yes' }, []),
  aggregationRule: {
    clusterRoleSelectors: [
      { matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
      { matchLabels: { sum: 'yes' } },
    ],
  },
};
const SUMMED = ['get', 'delete', 'list'].map((verb) => rule(verb, 'g', 'things'));

function scene(...roles: ClusterRole[]) {
  const store = storeOf(...roles);
  const patched: string[] = [];
  const client = {
    find: (_resource: unknown, { name }: { name: string }) => store.get(CLUSTER_ROLES, '', name)?.object,
    list: () => store.list(CLUSTER_ROLES).entries.map(({ object }) => object),
    async patch(_resource: unknown, { name }: { name: string }, patch: object) {
      const entry = store.get(CLUSTER_ROLES, '', name);
      if (entry === undefined) throw new Error(`no ${name}`);
      patched.push(name);
      put(store, { ...entry.object, ...patch });
    },
  } as unknown as LocalClient;
  const clock = { now: () => 0, after: () => () => {} };
  const context: ControllerContext = { client, store, clock, resources: {} as ResourceRegistry };
  return { store, patched, context };
}

describe('an aggregated role', () => {
  it('gets the rules of its parts, once', async () => {
    const { store, patched, context } = scene(SUM, ...PARTS);
    await clusterRoleAggregation.reconcile('sum', context);
    expect(store.get(CLUSTER_ROLES, '', 'sum')?.object.rules).toEqual(SUMMED);
    await clusterRoleAggregation.reconcile('sum', context);
    expect(patched).toEqual(['sum']);
  });

  it('loses them with its parts', async () => {
    const { store, context } = scene({ ...SUM, rules: SUMMED });
    await clusterRoleAggregation.reconcile('sum', context);
    expect(store.get(CLUSTER_ROLES, '', 'sum')?.object.rules).toEqual([]);
  });

  it('is woken by any role, and only such ones are', () => {
    const { store, context } = scene(SUM, ...PARTS);
    const woken: (readonly string[])[] = [];
    store.onChange(CLUSTER_ROLES, (change) => woken.push(clusterRoleAggregation.keysOf(change, context)));
    put(store, labelled('new', {}, []));
    expect(woken).toEqual([['sum']]);
  });

  it('is left alone when it is none or is gone', async () => {
    const { patched, context } = scene(...PARTS);
    await clusterRoleAggregation.reconcile('part-1', context);
    await clusterRoleAggregation.reconcile('gone', context);
    expect(patched).toEqual([]);
  });
});

describe('the roles of a new cluster', () => {
  it('are aggregated from the first moment', async () => {
    const roles = bootstrapObjects().filter(({ kind }) => kind === 'ClusterRole') as ClusterRole[];
    const { patched, context } = scene(...roles);
    const aggregated = roles.filter(({ aggregationRule }) => aggregationRule !== undefined);
    expect(aggregated.map(({ metadata }) => metadata.name)).toEqual(['admin', 'edit', 'view']);
    for (const { metadata, rules = [] } of aggregated) {
      expect(rules.length).toBeGreaterThan(10);
      await clusterRoleAggregation.reconcile(metadata.name, context);
    }
    expect(patched).toEqual([]);
  });
});
