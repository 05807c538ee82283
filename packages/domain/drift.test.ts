import { describe, expect, it } from 'vitest';
import { driftOf, wasFurnished, withContents } from './drift.ts';
import { driftCondition, type Finding, repairMessage } from './drift-report.ts';
import type { Manifest } from './manifest.ts';
import { withDesiredHash } from './plan.ts';
import { notBefore, type Repairs, repaired } from './repairs.ts';

const desired: Manifest = {
  apiVersion: 'capsule.clastix.io/v1beta2',
  kind: 'Tenant',
  metadata: { name: 'acme', labels: { 'kubenova.io/tenant': 'acme' } },
  spec: { resourceQuotas: { items: [{ hard: { pods: '5' } }] }, preventDeletion: true },
};
const left = withDesiredHash(desired);
const clone = (change: (object: Manifest & { spec: Record<string, unknown> }) => void): Manifest => {
  const copy = structuredClone(left) as Manifest & { spec: Record<string, unknown> };
  change(copy);
  return copy;
};
const written = (by: string, fieldsV1: object, time = '2026-01-01T00:00:00Z') => ({ manager: by, time, fieldsV1 });

describe('drift', () => {
  it('is a missing object that was there', () => {
    expect(driftOf(undefined, desired, true)).toEqual({ object: 'Tenant acme', what: 'was missing' });
    expect(driftOf(undefined, desired, false)).toBeUndefined();
  });

  it('is a field that differs, though the object bears the hash of what is desired', () => {
    const edited = clone(({ spec }) => {
      spec.resourceQuotas = { items: [{ hard: { pods: '500' } }] };
    });
    expect(driftOf(edited, desired, true)).toEqual({
      object: 'Tenant acme',
      what: 'had another spec.resourceQuotas.items[0].hard.pods',
    });
  });

  it.each<[string, Manifest]>([
    ['nothing differs', left],
    [
      'the quantity is the same, written otherwise',
      clone(({ spec }) => {
        spec.resourceQuotas = { items: [{ hard: { pods: '5000m' } }] };
      }),
    ],
    [
      'others have added to it',
      clone(({ spec, metadata }) => {
        spec.cordoned = false;
        metadata.finalizers = ['capsule'];
      }),
    ],
    ['what is desired has changed since', withDesiredHash({ ...desired, spec: { preventDeletion: false } })],
    [
      'it is going',
      clone(({ metadata, spec }) => {
        metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
        spec.preventDeletion = false;
      }),
    ],
  ])('is none where %s', (_why, observed) => {
    expect(driftOf(observed, desired, true)).toBeUndefined();
  });

  it('names the program that owns the field, the last of several, and none of ours', () => {
    const edited = clone(({ spec, metadata }) => {
      spec.preventDeletion = false;
      Object.assign(metadata, {
        managedFields: [
          written('kubenova-manager', { 'f:spec': { 'f:preventDeletion': {} } }, '2026-01-03T00:00:00Z'),
          written('kubectl-edit', { 'f:spec': { 'f:preventDeletion': {} } }, '2026-01-02T00:00:00Z'),
          written('helm', { 'f:spec': { 'f:preventDeletion': {} } }),
          written('argocd', { 'f:spec': { 'f:cordoned': {} } }, '2026-01-04T00:00:00Z'),
        ],
      });
    });
    expect(driftOf(edited, desired, true)).toMatchObject({
      what: 'had another spec.preventDeletion',
      by: 'kubectl-edit',
    });
  });

  it('names nobody for a label that was taken away', () => {
    const bare = clone(({ metadata }) => {
      metadata.labels = {};
      Object.assign(metadata, { managedFields: [written('kubectl-label', { 'f:metadata': { 'f:annotations': {} } })] });
    });
    expect(driftOf(bare, desired, true)).toEqual({
      object: 'Tenant acme',
      what: 'had another metadata.labels.kubenova.io/tenant',
    });
  });
});

describe('a namespace', () => {
  const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } };
  const binding = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'RoleBinding', metadata: { name } });

  it('tells whether all that belongs into it has been there, in whatever order', () => {
    const furnished = withContents(namespace, [binding('x'), binding('y')]);
    expect(wasFurnished(withContents(namespace, [binding('y'), binding('x')]), furnished)).toBe(true);
    expect(wasFurnished(withContents(namespace, [binding('x')]), furnished)).toBe(false);
    expect(wasFurnished(namespace, furnished)).toBe(false);
    expect(wasFurnished(undefined, furnished)).toBe(false);
    // Without what belongs into it nothing is known.
    expect(wasFurnished(namespace, namespace)).toBe(false);
  });
});

describe('repairs', () => {
  const row = (times: number, everyMs: number): Repairs => {
    let repairs: Repairs | undefined;
    for (let n = 0; n < times; n += 1) repairs = repaired(repairs, n * everyMs);
    if (repairs === undefined) throw new Error('none');
    return repairs;
  };

  it('are made at once, until they come in a row; then ever less often, up to five minutes', () => {
    expect(notBefore(undefined)).toBe(0);
    const pauses = [1, 2, 3, 4, 5, 12].map((times) => {
      const repairs = row(times, 1_000);
      return notBefore(repairs) - repairs.lastAt;
    });
    expect(pauses).toEqual([0, 0, 5_000, 10_000, 20_000, 300_000]);
  });

  it('begin a new row after a calm time, which is longer than the pause was', () => {
    expect(repaired({ times: 2, lastAt: 0 }, 61_000)).toEqual({ times: 1, lastAt: 61_000 });
    expect(repaired({ times: 2, lastAt: 0 }, 59_000)).toEqual({ times: 3, lastAt: 59_000 });
    // The pause after nine is five minutes: who comes right after it is still the same.
    expect(repaired({ times: 12, lastAt: 0 }, 301_000).times).toBe(13);
    expect(repaired({ times: 12, lastAt: 0 }, 601_000).times).toBe(1);
  });
});

describe('the condition DriftFree', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const finding: Finding = { object: 'RoleBinding a/b', what: 'was missing', times: 1 };
  const condition = (reason: string, message: string) => ({
    type: 'DriftFree',
    status: 'True' as const,
    reason,
    message,
    lastTransitionTime: now.toISOString(),
  });

  it('is absent until something was found', () => {
    expect(driftCondition([], undefined, undefined, now)).toBeUndefined();
  });

  it('tells what was put back, when, and by whom it was changed', () => {
    expect(driftCondition([{ ...finding, by: 'kubectl-edit', times: 2 }], undefined, undefined, now)).toEqual({
      type: 'DriftFree',
      status: 'True',
      reason: 'Repaired',
      message:
        '2026-01-01T00:00:00.000Z: RoleBinding a/b was missing (written by kubectl-edit) and was put back for the 2nd time in a row.',
    });
  });

  it('keeps the last repair, whoever of Manager and Agent made it', () => {
    const [older, newer] = ['2025-01-01T00:00:00.000Z: old', '2025-06-01T00:00:00.000Z: new'];
    expect(driftCondition([], older, condition('Repaired', newer), now)?.message).toBe(newer);
    expect(driftCondition([], newer, condition('Repaired', older), now)?.message).toBe(newer);
    expect(driftCondition([finding], newer, condition('Repaired', older), now)?.message).toContain('RoleBinding');
  });

  it('is false while something is contested, in words that stay the same, and true when that ends', () => {
    const held = { ...finding, times: 4, notBefore: now.getTime() + 5_000 };
    const contested = driftCondition([held], undefined, undefined, now);
    expect(contested).toMatchObject({ status: 'False', reason: 'Contested' });
    expect(contested?.message).toContain('4 times in a row');
    expect(driftCondition([held], undefined, undefined, new Date(now.getTime() + 1_000))).toEqual(contested);
    const mended = driftCondition([finding], undefined, condition('Contested', '…'), now);
    expect(mended?.message).toContain('RoleBinding a/b was missing and was put back.');
    expect(driftCondition([], undefined, condition('Contested', '…'), now)).toMatchObject({
      status: 'True',
      reason: 'Repaired',
    });
  });

  it('tells a few of many', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ ...finding, object: `RoleBinding a/${index}` }));
    const message = repairMessage(many, now);
    expect(message).toContain('RoleBinding a/4');
    expect(message).not.toContain('RoleBinding a/5');
    expect(message).toContain('And 4 more.');
  });
});
