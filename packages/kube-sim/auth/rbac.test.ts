import { readFileSync } from 'node:fs';
import type { ClusterRole } from '@kubenova/kube/kinds/rbac.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Store } from '@kubenova/kube-model/store.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../store/memory-store.ts';
import { aggregatedRules } from './aggregation.ts';
import type { AccessAttributes } from './authorizer.ts';
import { bootstrapObjects } from './bootstrap.ts';
import { CLUSTER_ROLES, createRbac, type Rbac } from './rbac.ts';
import { binding, put, role, rule, storageOf } from './testing/rbac-objects.ts';
import { serviceAccountUser, type UserInfo } from './user.ts';

/** Twelve answers of a real API server (1.37.2) to each question: allowed, and all reasons that it gave. */
interface Golden {
  objects: KubeObject[];
  users: UserInfo[];
  questions: AccessAttributes[];
  answers: [boolean, ...string[]][][];
}
const golden = JSON.parse(readFileSync(new URL('golden/access.json', import.meta.url), 'utf8')) as Golden;

function goldenStore(): Store {
  const store = createStore();
  for (const object of [...bootstrapObjects(), ...structuredClone(golden.objects)]) put(store, object);
  const roles = store.list(CLUSTER_ROLES).entries.map((entry) => entry.object as ClusterRole);
  for (const role of roles) if (role.aggregationRule) put(store, { ...role, rules: aggregatedRules(role, roles) });
  return store;
}

describe('decisions', () => {
  let rbac: Rbac;
  beforeAll(() => {
    rbac = createRbac(goldenStore());
  });

  it.each(golden.users.map((user, index) => ({ user, index })))(
    'of $user.username are those of a real API server',
    ({ user, index }) => {
      const wrong = golden.questions.flatMap((question, at) => {
        const [allowed, ...reasons] = golden.answers[index]?.[at] ?? [false];
        const ours = rbac.authorize(user, question);
        return ours.allowed === allowed && reasons.includes(ours.reason) ? [] : [{ question, ours, allowed, reasons }];
      });
      expect(wrong).toEqual([]);
      expect(golden.questions.length).toBe(golden.answers[index]?.length);
    },
  );

  it('do not mix up users whose names hold separators', () => {
    const odd = { username: 'ann\n', groups: ['x"]', 'system:masters","'] };
    expect(rbac.authorize({ username: 'ann', groups: [] }, { verb: 'get', resource: 'pods' }).allowed).toBe(true);
    expect(rbac.authorize(odd, { verb: 'get', resource: 'pods' }).allowed).toBe(false);
  });

  it('list all rules that hold in a namespace, those of the cluster first', () => {
    const ann = { username: 'ann', groups: [] };
    expect(rbac.policyRulesFor(ann, 'auth-g1')).toMatchObject({
      rules: [
        { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
        { verbs: ['create', 'delete'], apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'] },
        { verbs: ['get'], nonResourceURLs: ['/metrics', '/logs/*', '/deb*'] },
      ],
      errors: [],
    });
    expect(rbac.policyRulesFor({ username: 'lost', groups: [] }, 'auth-g1').errors).toEqual([
      'clusterrole.rbac.authorization.k8s.io "g-nope" not found',
      'role.rbac.authorization.k8s.io "g-nope" not found',
    ]);
  });
});

describe('a change', () => {
  const reads = [rule('get', '', 'pods')];

  it.each([
    ['of a Role', role('r', [], 'n'), role('r', reads, 'n'), binding('b', 'Role r', ['User u'], 'n')],
    ['of a ClusterRole', role('r', []), role('r', reads), binding('b', 'ClusterRole r', ['User u'], 'n')],
    ['for all namespaces', role('r', []), role('r', reads), binding('b', 'ClusterRole r', ['User u'])],
  ])('%s is seen by the next request', (_what, before, after, bound) => {
    const store = createStore();
    const rbac = createRbac(store);
    const ask = (): boolean =>
      rbac.authorize({ username: 'u', groups: [] }, { verb: 'get', resource: 'pods', namespace: 'n' }).allowed;
    put(store, before);
    expect(ask()).toBe(false);
    put(store, bound);
    expect(ask()).toBe(false);
    put(store, after);
    expect(ask()).toBe(true);
    const entry = store.get(storageOf(bound), bound.metadata.namespace ?? '', 'b');
    if (entry) store.remove(storageOf(bound), entry);
    expect(ask()).toBe(false);
  });
});

describe('a big cluster', () => {
  it('is not scanned, and a known question costs at most 2 µs', () => {
    const store = createStore();
    for (const object of bootstrapObjects()) put(store, object);
    for (let namespace = 0; namespace < 1000; namespace += 1) {
      for (const name of ['deployer', 'devs', 'viewers']) {
        put(store, binding(name, 'ClusterRole edit', [`ServiceAccount n-${namespace}/${name}`], `n-${namespace}`));
      }
    }
    const rbac = createRbac(store);
    const listed = store.list;
    let lists = 0;
    store.list = (...args) => {
      lists += 1;
      return listed(...args);
    };
    const ask = (namespace: number): boolean =>
      rbac.authorize(serviceAccountUser(`n-${namespace}`, 'deployer'), {
        verb: 'create',
        group: 'apps',
        resource: 'deployments',
        namespace: `n-${namespace}`,
      }).allowed;
    for (let namespace = 0; namespace < 1000; namespace += 1) expect(ask(namespace)).toBe(true);
    // Those of the cluster are read again when they are the oldest that is remembered.
    expect(lists).toBeLessThan(1010);
    // Those of the last namespaces are remembered.
    lists = 0;
    // The best of many short runs: whatever else the machine does falls between them.
    const bestUs = Math.min(
      ...Array.from({ length: 300 }, () => {
        const start = performance.now();
        for (let round = 0; round < 1000; round += 1) ask(600 + (round % 400));
        return performance.now() - start;
      }),
    );
    expect(bestUs).toBeLessThan(2);
    expect(lists).toBe(0);
  });
});
