import { describe, expect, it } from 'vitest';
import type { AppReport } from './app-report.ts';
import { type AppStatusInput, deriveAppStatus, initialAppStatus } from './app-status.ts';
import type { ConditionInput } from './conditions.ts';

const start = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:01:00Z');

function condition(type: string, status: ConditionInput['status'] = 'True', reason = 'Fine'): ConditionInput {
  return { type, status, reason, message: `${type} ${reason}.` };
}

const good = [condition('NamespaceReady'), condition('AccessReady'), condition('DesiredStatePublished')];

function report(more: Partial<AppReport> = {}): AppReport {
  const timed = { ...condition('WorkloadsReady'), lastTransitionTime: start.toISOString() };
  return {
    observedGeneration: 2,
    revision: 2,
    phase: 'Running',
    healthy: true,
    conditions: [timed],
    components: [],
    ...more,
  };
}

function derive(more: Partial<AppStatusInput> = {}) {
  return deriveAppStatus({
    record: { generation: 2, revision: 2, deleting: false },
    manager: good,
    previous: initialAppStatus(),
    now: start,
    ...more,
  });
}

const ready = (status: ReturnType<typeof derive>) => status.conditions.find(({ type }) => type === 'Ready');

it('is Pending until the Agent has spoken', () => {
  expect(derive()).toMatchObject({ phase: 'Pending', observedGeneration: 0, healthy: false });
});

it('runs when Manager and Agent agree', () => {
  const status = derive({ report: report() });
  expect(status).toMatchObject({ phase: 'Running', observedGeneration: 2, revision: 2, healthy: true });
  expect(ready(status)).toMatchObject({ status: 'True' });
});

it('deploys while the Agent speaks of an older generation', () => {
  const status = derive({ report: report({ observedGeneration: 1 }) });
  expect(status).toMatchObject({ phase: 'Deploying', observedGeneration: 1, healthy: false });
  expect(ready(status)).toMatchObject({ status: 'False' });
});

it('is degraded while it runs and the Manager cannot do its part, and says which', () => {
  const manager = [condition('NamespaceReady'), condition('AccessReady', 'False', 'Forbidden')];
  const status = derive({ report: report(), manager });
  expect(status).toMatchObject({ phase: 'Degraded', healthy: false });
  expect(ready(status)).toMatchObject({ status: 'False', reason: 'Forbidden', message: 'AccessReady Forbidden.' });
});

it('is Deleting from the moment it is asked for, and says what it waits for', () => {
  const manager = [condition('Deleting', 'True', 'WaitingForApplication')];
  const status = derive({ record: { generation: 3, revision: 2, deleting: true }, report: report(), manager });
  expect(status.phase).toBe('Deleting');
  expect(ready(status)).toMatchObject({ status: 'False', reason: 'WaitingForApplication' });
});

it('keeps what the Agent last said while the cluster cannot be read', () => {
  const before = derive({ report: report() });
  const manager = [condition('ClusterReachable', 'False', 'Unreachable')];
  const status = derive({ previous: before, manager, now: later });
  expect(status).toMatchObject({ phase: 'Degraded', observedGeneration: 2, revision: 2 });
  expect(status.conditions.map(({ type }) => type)).toEqual(['ClusterReachable', 'WorkloadsReady', 'Ready']);
  const back = derive({ previous: status, now: later });
  expect(back.phase).not.toBe('Pending');
});

it('is the same the second time, times included', () => {
  const once = derive({ report: report() });
  expect(derive({ report: report(), previous: once, now: later })).toEqual(once);
});

describe('phases of the Agent pass through', () => {
  it.each(['Deploying', 'Degraded', 'Failed', 'Suspended'] as const)('%s', (phase) => {
    const status = derive({ report: report({ phase, healthy: false }) });
    expect(status).toMatchObject({ phase, healthy: false });
    expect(ready(status)).toMatchObject({ status: 'False' });
  });
});
