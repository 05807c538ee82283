import { describe, expect, it } from 'vitest';
import type { Application, ComponentSpec } from './application.ts';
import {
  dependencyProblem,
  dueComponents,
  finishWorkflow,
  recordStep,
  startWorkflow,
  stepBackoffMs,
} from './workflow.ts';

const now = '2026-11-23T12:00:00Z';
const later = '2026-11-23T12:00:09Z';

function application(...components: [name: string, ...dependsOn: string[]][]): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'acme-shop', uid: 'uid-1' },
    spec: {
      components: components.map(([name, ...dependsOn]): ComponentSpec => ({ name, type: 'worker', dependsOn })),
    },
  };
}

const names = (components: ComponentSpec[]) => components.map(({ name }) => name);

describe('a workflow', () => {
  const app = application(['db'], ['web', 'db'], ['mail']);

  it('runs a component once what it depends on has succeeded', () => {
    const started = startWorkflow(app, 'p1', now);
    expect(names(dueComponents(app, started))).toEqual(['db', 'mail']);
    const waiting = recordStep(started, 'db', { kind: 'waiting' }, { now, exhausted: false });
    expect(names(dueComponents(app, waiting))).toEqual(['db', 'mail']);
    const done = recordStep(waiting, 'db', { kind: 'succeeded' }, { now: later, exhausted: false });
    expect(names(dueComponents(app, done))).toEqual(['web', 'mail']);
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

  it('tells why a step waits or failed', () => {
    const started = startWorkflow(app, 'p1', now);
    const step = (outcome: Parameters<typeof recordStep>[2], exhausted = false) =>
      recordStep(started, 'db', outcome, { now, exhausted }).steps?.[0];
    expect(step({ kind: 'waiting' })).toMatchObject({ phase: 'running', reason: 'Wait', message: 'wait healthy' });
    const failed = { kind: 'failed', message: 'no' } as const;
    expect(step(failed)).toMatchObject({ phase: 'failed', reason: 'Execute', message: 'no' });
    expect(step(failed, true)).toMatchObject({ phase: 'failed', reason: 'FailedAfterRetries' });
  });

  it('that is given up counts as terminated', () => {
    const failed = finishWorkflow(startWorkflow(app, 'p1', now), 'failed', later);
    expect(failed).toMatchObject({ status: 'failed', finished: true, terminated: true, endTime: later });
  });

  it('cannot depend on what is not there', () => {
    expect(dependencyProblem(app)).toBeUndefined();
    expect(dependencyProblem(application(['web', 'db']))).toBe('component db not found, which is depended by web');
  });

  it('tries ten times in a little under a minute', () => {
    const pauses = Array.from({ length: 9 }, (_, index) => stepBackoffMs(index + 1, 300));
    expect(pauses).toEqual([1000, 1000, 1000, 1000, 1600, 3200, 6400, 12_800, 25_600]);
    expect(stepBackoffMs(30, 5)).toBe(5000);
  });
});
