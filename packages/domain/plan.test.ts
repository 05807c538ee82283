import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appNamespaceObjects } from './app-namespace.ts';
import { mergeConditions, replaceConditions, setCondition } from './conditions.ts';
import type { Manifest } from './manifest.ts';
import { firstDifference, planApply, withDesiredHash } from './plan.ts';
import { sameQuantity } from './quantity.ts';
import { capsuleTenant } from './tenant-state.ts';
import { exampleApp } from './testing/fixtures.ts';

const { namespace, serviceAccount, bindings } = appNamespaceObjects(exampleApp);
const desired = [namespace, serviceAccount, ...bindings];

/** What the API server makes of an apply: the same with more in it. */
function stored(object: Manifest): Manifest {
  const applied = structuredClone(withDesiredHash(object));
  return {
    ...applied,
    metadata: { ...applied.metadata, uid: 'u', generation: 1, labels: { ...applied.metadata.labels, other: 'x' } },
    status: { phase: 'Active' },
  };
}

describe('planApply', () => {
  it('applies what is not there, in order', () => {
    const actions = planApply([], desired);
    expect(actions.map((action) => action.action)).toEqual(desired.map(() => 'apply'));
    expect(actions[0]).toMatchObject({ object: { kind: 'Namespace' } });
  });

  it('does nothing in a settled world', () => {
    expect(planApply(desired.map(stored), desired)).toEqual([]);
  });

  it('applies again what somebody changed', () => {
    const changed = stored(namespace);
    changed.metadata.labels = {};
    const [action, ...rest] = planApply([changed, ...desired.slice(1).map(stored)], desired);
    expect(rest).toEqual([]);
    expect(action).toMatchObject({ action: 'apply', reason: expect.stringContaining('metadata.labels') });
  });

  it('applies again when something is no longer asked for', () => {
    const before = capsuleTenant({ tenant: exampleApp.tenant, settings: { quotas: { pods: '5' } } });
    const after = capsuleTenant({ tenant: exampleApp.tenant, settings: {} });
    expect(planApply([stored(before)], [after])).toMatchObject([{ action: 'apply' }]);
  });

  it('makes a binding anew whose role differs', () => {
    const [binding] = bindings;
    if (binding === undefined) throw new Error('There are bindings.');
    const other = stored(binding);
    other.roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    expect(planApply([other], [binding])).toMatchObject([{ action: 'recreate' }]);
  });

  it('waits for what is going away', () => {
    const going = stored(namespace);
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(planApply([going], [namespace])).toMatchObject([{ action: 'wait' }]);
  });

  it('deletes only what it is told is ours', () => {
    expect(planApply(bindings, [])).toEqual([]);
    const prune = (object: Manifest) => object.metadata.name === 'kubenova-devs';
    expect(planApply(bindings, [], { prune })).toMatchObject([
      { action: 'delete', observed: { metadata: { name: 'kubenova-devs' } } },
    ]);
  });
});

describe('firstDifference', () => {
  it('finds nothing between a value and itself with more in it', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.dictionary(fc.string(), value), (asked, more) => {
        return firstDifference(asked, { ...more, ...asked }) === undefined;
      }),
    );
  });

  it.each([
    [{ a: { b: 1 } }, { a: { b: 2 } }, 'a.b'],
    [{ a: [1, 2] }, { a: [1, 2, 3] }, 'a'],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2, c: 3 }] }, 'a[0].b'],
    [{ a: {} }, { a: 'text' }, 'a'],
    [{ a: 1 }, undefined, ''],
    [{ spec: { hard: { cpu: '1' } } }, { spec: { hard: { cpu: '2000m' } } }, 'spec.hard.cpu'],
    [{ spec: { name: '1' } }, { spec: { name: '1000m' } }, 'spec.name'],
  ])('%j against %j', (asked, observed, path) => {
    expect(firstDifference(asked, observed)).toBe(path);
  });

  it('compares quantities by value where there are quantities', () => {
    expect(firstDifference({ spec: { hard: { cpu: '1' } } }, { spec: { hard: { cpu: '1000m' } } })).toBeUndefined();
  });
});

it.each([
  ['1', '1000m', true],
  ['1Gi', '1024Mi', true],
  ['1G', '1Gi', false],
  ['1e3', '1k', true],
  ['0.5', '500m', true],
  ['1E', '1000P', true],
  ['x', 'x', false],
  [5, '5', true],
])('the quantities %s and %s are the same: %s', (a, b, same) => {
  expect(sameQuantity(a, b)).toBe(same);
});

describe('conditions', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
  const input = { type: 'Ready', status: 'True' as const, reason: 'A', message: '' };

  it('keep their time while the status stays, whatever else changes', () => {
    const first = setCondition([], input, at(1));
    const second = setCondition(first, { ...input, reason: 'B', message: 'other' }, at(2));
    expect(second).toEqual([{ ...input, reason: 'B', message: 'other', lastTransitionTime: at(1).toISOString() }]);
    const third = setCondition(second, { ...input, status: 'False' }, at(3));
    expect(third[0]?.lastTransitionTime).toBe(at(3).toISOString());
  });

  it('keep their order when merged, and only those given when replaced', () => {
    const two = mergeConditions([], [input, { ...input, type: 'Other' }], at(1));
    expect(mergeConditions(two, [{ ...input, status: 'False' }], at(2)).map(({ type }) => type)).toEqual([
      'Ready',
      'Other',
    ]);
    expect(replaceConditions(two, [{ ...input, type: 'Other' }], at(2))).toEqual([two[1]]);
  });
});
