/**
 * The workflow of an Application: one step `apply-component` for each component, as a graph by `dependsOn`. Pure: who
 * executes a step tells what came of it.
 */
import type { Application, ComponentSpec, WorkflowStatus, WorkflowStepStatus } from './application.ts';
import { contentHash } from './hash.ts';

export type StepOutcome = { kind: 'succeeded' } | { kind: 'waiting' } | { kind: 'failed'; message: string };

export function startWorkflow(app: Application, appRevision: string, now: string): WorkflowStatus {
  return {
    appRevision,
    mode: app.spec.workflow === undefined ? 'DAG-DAG' : 'StepByStep-DAG',
    status: 'executing',
    finished: false,
    suspend: false,
    terminated: false,
    contextBackend: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: `workflow-${app.metadata.name}-context`,
      namespace: app.metadata.namespace,
    },
    startTime: now,
    steps: [],
  };
}

function stepOf(workflow: WorkflowStatus, component: string): WorkflowStepStatus | undefined {
  return workflow.steps?.find((step) => step.name === component);
}

export function hasSucceeded(workflow: WorkflowStatus, component: string): boolean {
  return stepOf(workflow, component)?.phase === 'succeeded';
}

/** The components whose step has not succeeded and whose dependencies all have. */
export function dueComponents(app: Application, workflow: WorkflowStatus): ComponentSpec[] {
  return app.spec.components.filter(
    (component) =>
      !hasSucceeded(workflow, component.name) &&
      (component.dependsOn ?? []).every((name) => hasSucceeded(workflow, name)),
  );
}

/** A dependency that does not exist fails the generation of steps, before anything is applied. */
export function dependencyProblem(app: Application): string | undefined {
  const names = new Set(app.spec.components.map((component) => component.name));
  for (const component of app.spec.components) {
    const missing = component.dependsOn?.find((name) => !names.has(name));
    if (missing !== undefined) return `component ${missing} not found, which is depended by ${component.name}`;
  }
  return undefined;
}

export function recordStep(
  workflow: WorkflowStatus,
  component: string,
  outcome: StepOutcome,
  options: { now: string; exhausted: boolean },
): WorkflowStatus {
  const before = stepOf(workflow, component);
  const step: WorkflowStepStatus = {
    id: before?.id ?? contentHash([workflow.appRevision, workflow.startTime, component]).slice(0, 10),
    name: component,
    type: 'apply-component',
    phase: 'succeeded',
    firstExecuteTime: before?.firstExecuteTime ?? options.now,
    lastExecuteTime: options.now,
  };
  if (outcome.kind === 'waiting') Object.assign(step, { phase: 'running', reason: 'Wait', message: 'wait healthy' });
  if (outcome.kind === 'failed') {
    const reason = options.exhausted ? 'FailedAfterRetries' : 'Execute';
    Object.assign(step, { phase: 'failed', reason, message: outcome.message });
  }
  const steps = [...(workflow.steps ?? [])];
  const index = steps.findIndex((existing) => existing.name === component);
  if (index < 0) steps.push(step);
  else steps[index] = step;
  return { ...workflow, steps };
}

export function finishWorkflow(workflow: WorkflowStatus, status: 'succeeded' | 'failed', now: string): WorkflowStatus {
  return { ...workflow, status, finished: true, terminated: status === 'failed', endTime: now };
}

/** Milliseconds until a step is tried again: 0.05 s doubled for each try, at least a second, at most `capSeconds`. */
export function stepBackoffMs(tries: number, capSeconds: number): number {
  return 1000 * Math.min(Math.max(1, 0.05 * 2 ** Math.min(tries, 20)), capSeconds);
}
