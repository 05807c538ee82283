import { describe, expect, it } from 'vitest';
import { statusOf } from './status.ts';

const before = '2026-01-01T00:00:00Z';
const now = '2026-01-02T00:00:00Z';
const tenant = {
  apiVersion: 'capsule.clastix.io/v1beta2',
  kind: 'Tenant',
  metadata: { name: 'acme', generation: 4 },
  spec: { nodeSelector: { pool: 'blue' } },
};
const namespace = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: `uid-${name}`, ...more },
});

describe("a tenant's status", () => {
  it('tells of its namespaces and who may delete them', () => {
    const administrators = [
      { kind: 'ServiceAccount' as const, name: 'b' },
      { kind: 'Group' as const, name: 'a' },
    ];
    const status = statusOf(
      tenant,
      [{ namespace: namespace('two') }, { namespace: namespace('one') }],
      administrators,
      now,
    );
    expect(status).toMatchObject({
      state: 'Active',
      size: 2,
      namespaces: ['one', 'two'],
      observedGeneration: 4,
      owners: [
        { kind: 'Group', name: 'a', clusterRoles: ['capsule-namespace-deleter'] },
        { kind: 'ServiceAccount', name: 'b' },
      ],
      spaces: [
        {
          name: 'two',
          uid: 'uid-two',
          metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': 'pool=blue' } },
        },
        { name: 'one' },
      ],
    });
  });

  it('keeps the time of a condition that stays, and what was on a namespace that fails', () => {
    const metadata = { annotations: { x: 'before' } };
    const ready = {
      type: 'Ready',
      status: 'True' as const,
      reason: 'Succeeded',
      message: 'reconciled',
      lastTransitionTime: before,
    };
    const known = { ...tenant, status: { conditions: [ready], spaces: [{ name: 'one', metadata }] } };
    const good = statusOf(known, [{ namespace: namespace('one') }], [], now);
    expect(good.conditions?.[0]).toEqual(ready);
    const bad = statusOf(known, [{ namespace: namespace('one'), problem: 'no' }], [], now);
    expect(bad.conditions?.[0]).toMatchObject({
      status: 'False',
      reason: 'Failed',
      message: 'namespace(s) had reconciliation errors: namespace "one": no',
      lastTransitionTime: now,
    });
    expect(bad.spaces).toMatchObject([
      { metadata, conditions: [{ type: 'Ready', message: 'Failed to reconcile: no' }, {}] },
    ]);
  });

  it.each([
    ['Cordoned', { ...tenant, spec: { cordoned: true } }],
    ['Terminating', { ...tenant, metadata: { ...tenant.metadata, deletionTimestamp: now } }],
  ])('%s', (state, of) => {
    expect(statusOf(of, [], [], now)).toMatchObject({ state, size: 0, namespaces: [] });
  });

  it('tells of a namespace that goes', () => {
    const going = namespace('one', { deletionTimestamp: now, labels: { 'projectcapsule.dev/cordoned': 'true' } });
    expect(statusOf(tenant, [{ namespace: going }], [], now).spaces).toMatchObject([
      {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'Terminating' },
          { type: 'Cordoned', status: 'True' },
        ],
      },
    ]);
  });
});
