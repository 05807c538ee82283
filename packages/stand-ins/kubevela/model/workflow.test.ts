import { describe, expect, it } from 'vitest';
import type { Application, StepSpec, StepStatus, WorkflowStatus } from './application.ts';
import {
  finishWorkflow,
  groupStatus,
  isFinished,
  isHeld,
  recordStep,
  startWorkflow,
  stateOf,
  stepBackoffMs,
  stepStatus,
} from './workflow.ts';

const now = '2026-11-23T12:00:00Z';
const later = '2026-11-23T12:00:09Z';

const app: Application = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'acme-shop', uid: 'uid-1' },
  spec: { components: [] },
};
const started = startWorkflow(app, 'p1', now);
const db: StepSpec = { name: 'db', type: 'apply-component' };

const step = (phase: StepStatus['phase'], reason?: string, name = 'db'): StepStatus => ({
  id: 'x',
  name,
  type: 'apply-component',
  phase,
  ...(reason && { reason }),
});
const having = (...steps: StepStatus[]): WorkflowStatus => ({ ...started, steps });

describe('a workflow', () => {
  it('keeps when a step was first looked at', () => {
    const waiting = recordStep(started, stepStatus(started, db, { kind: 'waiting', message: 'wait healthy' }), { now });
    const done = recordStep(waiting, stepStatus(waiting, db, { kind: 'succeeded' }), { now: later });
    expect(done.steps).toEqual([
      {
        id: waiting.steps?.[0]?.id,
        name: 'db',
        type: 'apply-component',
        phase: 'succeeded',
        firstExecuteTime: now,
        lastExecuteTime: later,
      },
    ]);
  });

  it('keeps the steps of a group with it', () => {
    const status = stepStatus(started, { name: 'a', type: 'suspend' }, { kind: 'suspended', message: 'm' });
    const inGroup = recordStep(started, status, { now, group: 'all' });
    expect(inGroup.steps).toMatchObject([
      { name: 'all', type: 'step-group', subSteps: [{ name: 'a', phase: 'suspending' }] },
    ]);
    const group: StepSpec = { name: 'all', type: 'step-group', subSteps: [{ name: 'a', type: 'suspend' }] };
    const told = recordStep(inGroup, groupStatus(inGroup, group), { now: later });
    expect(told.steps).toMatchObject([{ name: 'all', phase: 'suspending', subSteps: [{ name: 'a' }] }]);
    expect(told.steps?.[0]?.id).toMatch(/^[0-9a-f]{10}$/);
  });

  it.each([
    [
      'waits',
      { kind: 'waiting', message: 'wait healthy' },
      { phase: 'running', reason: 'Wait', message: 'wait healthy' },
    ],
    [
      'failed',
      { kind: 'failed', message: 'no', exhausted: false },
      { phase: 'failed', reason: 'Execute', message: 'no' },
    ],
    [
      'is given up',
      { kind: 'failed', message: 'no', exhausted: true },
      { phase: 'failed', reason: 'FailedAfterRetries' },
    ],
    ['is skipped', { kind: 'skipped' }, { phase: 'skipped', reason: 'Skip' }],
    [
      'is not due',
      { kind: 'pending', message: 'p' },
      { phase: 'pending', type: 'builtin-apply-component', message: 'p' },
    ],
  ] as const)('tells why a step %s', (_what, outcome, expected) => {
    expect(stepStatus(started, db, outcome)).toMatchObject(expected);
  });

  it.each([
    ['one that is not there', undefined, false],
    ['one that runs', step('running', 'Wait'), false],
    ['one that is suspended', step('suspending', 'Suspend'), false],
    ['one that failed and is tried again', step('failed', 'Execute'), false],
    ['one that was given up', step('failed', 'FailedAfterRetries'), true],
    ['one that somebody ended', step('failed', 'Terminate'), true],
    ['one that was skipped', step('skipped', 'Skip'), true],
    ['one that succeeded', step('succeeded'), true],
  ])('is over with %s: %#', (_what, status, expected) => {
    expect(isFinished(status)).toBe(expected);
  });

  it.each<[string, WorkflowStatus, string]>([
    ['nothing was done', started, 'executing'],
    ['its steps succeeded', having(step('succeeded')), 'succeeded'],
    ['its steps were skipped', having(step('skipped', 'Skip')), 'succeeded'],
    ['a step failed and is tried again', having(step('failed', 'Execute')), 'executing'],
    ['it is suspended', { ...having(step('suspending', 'Suspend')), suspend: true }, 'suspending'],
    ['a step was given up', { ...having(step('failed', 'FailedAfterRetries')), terminated: true }, 'failed'],
    ['somebody ended it', { ...having(step('failed', 'Terminate')), terminated: true }, 'terminated'],
    ['somebody ended it and a step runs on', { ...having(step('running', 'Wait')), terminated: true }, 'executing'],
  ])('knows where it stands when %s', (_what, workflow, state) => {
    expect(stateOf(workflow, [db])).toBe(state);
  });

  it.each<[string, StepStatus[], Partial<StepStatus>]>([
    ['not all have begun', [step('succeeded', undefined, 'a')], { phase: 'running' }],
    ['one waits', [step('succeeded', undefined, 'a'), step('running', 'Wait', 'b')], { phase: 'running' }],
    ['one is pending', [step('succeeded', undefined, 'a'), step('pending', undefined, 'b')], { phase: 'pending' }],
    ['one failed', [step('failed', 'Execute', 'a'), step('succeeded', undefined, 'b')], { phase: 'failed' }],
    [
      'one was given up',
      [step('failed', 'Terminate', 'a'), step('failed', 'FailedAfterRetries', 'b')],
      { phase: 'failed', reason: 'FailedAfterRetries' },
    ],
    [
      'all were skipped',
      [step('skipped', 'Skip', 'a'), step('skipped', 'Skip', 'b')],
      { phase: 'skipped', reason: 'Skip' },
    ],
    ['all succeeded', [step('succeeded', undefined, 'a'), step('skipped', 'Skip', 'b')], { phase: 'succeeded' }],
  ])('judges a group of which %s', (_what, subSteps, expected) => {
    const spec: StepSpec = {
      name: 'all',
      type: 'step-group',
      subSteps: ['a', 'b'].map((name) => ({ name, type: 'suspend' })),
    };
    const workflow = { ...started, steps: [{ ...step('running', undefined, 'all'), subSteps }] };
    const status = groupStatus(workflow, spec);
    expect(status).toMatchObject(expected);
    if (expected.reason === undefined) expect(status.reason).toBeUndefined();
  });

  it('is held when somebody suspended it, not when a step did', () => {
    expect(isHeld({ ...having(step('running', 'Wait')), suspend: true })).toBe(true);
    expect(isHeld({ ...having(step('suspending', 'Suspend')), suspend: true })).toBe(false);
    expect(isHeld(having(step('running', 'Wait')))).toBe(false);
  });

  it('that is given up counts as terminated', () => {
    const failed = finishWorkflow(started, 'failed', later);
    expect(failed).toMatchObject({ status: 'failed', finished: true, terminated: true, endTime: later });
  });

  it('tries ten times in a little under a minute', () => {
    const pauses = Array.from({ length: 9 }, (_, index) => stepBackoffMs(index + 1, 300));
    expect(pauses).toEqual([1000, 1000, 1000, 1000, 1600, 3200, 6400, 12_800, 25_600]);
    expect(stepBackoffMs(30, 5)).toBe(5000);
  });
});
