import { describe, expect, it } from 'vitest';
import type { Application } from './application.ts';
import { conditionDeleting, conditionError, conditionsForRestart, conditionTrue, setCondition } from './conditions.ts';
import { canonicalJson } from './hash.ts';
import { identityOf } from './identity.ts';
import { mergePatchBetween } from './merge-patch.ts';
import { ownershipProblem } from './ownership.ts';
import { annotation, label } from './vocabulary.ts';

function application(annotations: Record<string, string>): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'acme-shop', uid: 'uid-1', annotations },
    spec: { components: [] },
  };
}

describe('identityOf', () => {
  it.each([
    [{}, { username: 'kubevela:vela-core' }],
    [
      { [annotation.serviceAccount]: 'kubenova-deployer' },
      { username: 'system:serviceaccount:acme-shop:kubenova-deployer' },
    ],
    // Both win over the ServiceAccount, as they do in the true program; what keeps them out is the API server.
    [{ [annotation.serviceAccount]: 'kubenova-deployer', [annotation.username]: 'root' }, { username: 'root' }],
    [
      { [annotation.serviceAccount]: 'kubenova-deployer', [annotation.group]: 'system:masters,b' },
      { username: 'system:serviceaccount:acme-shop:kubenova-deployer', groups: ['system:masters', 'b'] },
    ],
  ])('for %j is %j', (annotations, identity) => {
    expect(identityOf(application(annotations))).toEqual(identity);
  });
});

describe('ownershipProblem', () => {
  const configMap = (labels: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'acme-shop', labels },
  });
  it.each([
    [{}, 'ConfigMap acme-shop/c exists but not managed by any application now'],
    [
      { [label.appName]: 'other', [label.appNamespace]: 'acme-shop' },
      'existing object ConfigMap acme-shop/c is managed by other application acme-shop/other',
    ],
    [{ [label.appName]: 'web', [label.appNamespace]: 'acme-shop' }, undefined],
  ])('for labels %j is %s', (labels, problem) => {
    expect(ownershipProblem(configMap(labels), application({}))).toBe(problem);
  });
});

describe('conditions', () => {
  it('move their time only when they change, and keep their place', () => {
    const first = setCondition([conditionTrue('Parsed', 't1')], conditionTrue('Ready', 't1'));
    expect(setCondition(first, conditionTrue('Parsed', 't2'))).toEqual(first);
    const failed = setCondition(first, conditionError('Parsed', 'no', 't2'));
    expect(failed.map(({ type, status }) => [type, status])).toEqual([
      ['Parsed', 'False'],
      ['Ready', 'True'],
    ]);
  });

  it('of a workflow are forgotten when it starts anew', () => {
    const all = [conditionTrue('Render', 't'), conditionTrue('Workflow', 't'), conditionDeleting(undefined, 't')];
    expect(conditionsForRestart(all).map(({ type }) => type)).toEqual(['Render']);
  });
});

describe('mergePatchBetween', () => {
  it.each([
    [{ a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 2 } }, undefined],
    [{ b: { c: 1, d: 2 } }, { b: { c: 1, d: 3 } }, { b: { d: 3 } }],
    [{ a: 1, b: { c: 1 } }, { b: {} }, { a: null, b: { c: null } }],
    [{ list: [1, 2] }, { list: [2] }, { list: [2] }],
    [{}, { a: undefined, b: 1 }, { b: 1 }],
  ])('from %j to %j is %j', (before, after, patch) => {
    expect(mergePatchBetween(before, after)).toEqual(patch);
  });
});

it('canonicalJson does not depend on the order of keys, but on that of items', () => {
  expect(canonicalJson({ b: [1, 2], a: { d: null, c: 'x' }, u: undefined })).toBe('{"a":{"c":"x","d":null},"b":[1,2]}');
  expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
});
