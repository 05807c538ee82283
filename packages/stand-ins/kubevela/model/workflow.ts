/**
 * The state of an Application's workflow, step by step. Pure: who executes a step tells what came of it.
 * Source: the workflow engine that KubeVela 1.10 is built with (`kubevela/workflow`, `pkg/executor`).
 */
import type {
  Application,
  StepSpec,
  StepStatus,
  WorkflowState,
  WorkflowStatus,
  WorkflowStepStatus,
} from './application.ts';
import { contentHash } from './hash.ts';
import { modeOf } from './steps.ts';

export type StepOutcome =
  | { kind: 'succeeded' }
  | { kind: 'waiting'; message?: string }
  | { kind: 'suspended'; message: string }
  | { kind: 'failed'; message: string; exhausted: boolean }
  | { kind: 'skipped' }
  | { kind: 'pending'; message: string };

export function startWorkflow(app: Application, appRevision: string, now: string): WorkflowStatus {
  const { steps, subSteps } = modeOf(app);
  return {
    appRevision,
    mode: `${steps}-${subSteps}`,
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

/** A step that failed may be tried again unless it was given up, or ended by somebody. */
export function isFinished(step: StepStatus | undefined): boolean {
  if (!step) return false;
  if (step.phase === 'failed') return step.reason !== undefined && step.reason !== 'Execute';
  return step.phase === 'succeeded' || step.phase === 'skipped';
}

export function findStep(workflow: WorkflowStatus, name: string): StepStatus | undefined {
  return (workflow.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]).find((step) => step.name === name);
}

/** What is told of a step after it was looked at. */
export function stepStatus(
  workflow: WorkflowStatus,
  { name, type }: Pick<StepSpec, 'name' | 'type'>,
  outcome: StepOutcome,
): StepStatus {
  const id = findStep(workflow, name)?.id || contentHash([workflow.appRevision, workflow.startTime, name]).slice(0, 10);
  const step = { id, name, type };
  switch (outcome.kind) {
    case 'succeeded':
      return { ...step, phase: 'succeeded' };
    case 'waiting':
      return { ...step, phase: 'running', reason: 'Wait', ...(outcome.message && { message: outcome.message }) };
    case 'suspended':
      return { ...step, phase: 'suspending', reason: 'Suspend', message: outcome.message };
    case 'failed':
      return {
        ...step,
        phase: 'failed',
        reason: outcome.exhausted ? 'FailedAfterRetries' : 'Execute',
        message: outcome.message,
      };
    case 'skipped':
      return { ...step, phase: 'skipped', reason: 'Skip' };
    case 'pending':
      // A step that applies a component is known under another type until it ran.
      return {
        ...step,
        type: type === 'apply-component' ? 'builtin-apply-component' : type,
        phase: 'pending',
        message: outcome.message,
      };
  }
}

/** The workflow with a step's new status, within its group if it has one. */
export function recordStep(
  workflow: WorkflowStatus,
  status: StepStatus,
  { now, group }: { now: string; group?: string },
): WorkflowStatus {
  const steps = [...(workflow.steps ?? [])];
  if (group === undefined) return { ...workflow, steps: replaced(steps, status, now) };
  const parent: WorkflowStepStatus = steps.find(({ name }) => name === group) ?? {
    id: '',
    name: group,
    type: 'step-group',
    phase: 'running',
    firstExecuteTime: now,
  };
  const subSteps = replaced(parent.subSteps ?? [], status, now);
  return { ...workflow, steps: replaced(steps, { ...parent, subSteps }, now) };
}

function replaced<T extends WorkflowStepStatus>(steps: readonly T[], status: T, now: string): T[] {
  const before = steps.find(({ name }) => name === status.name);
  const subSteps = status.subSteps ?? before?.subSteps;
  const after = {
    ...status,
    firstExecuteTime: before?.firstExecuteTime ?? now,
    lastExecuteTime: now,
    ...(subSteps && { subSteps }),
  };
  return before ? steps.map((step) => (step === before ? after : step)) : [...steps, after];
}

/** What a group is worth, by its steps. */
export function groupStatus(workflow: WorkflowStatus, group: StepSpec): StepStatus {
  const id = stepStatus(workflow, group, { kind: 'succeeded' }).id;
  const status = { id, name: group.name, type: group.type };
  const inner = workflow.steps?.find(({ name }) => name === group.name)?.subSteps ?? [];
  const wanted = group.subSteps?.length ?? 0;
  const has = (phase: StepStatus['phase']) => inner.some((step) => step.phase === phase);
  if (has('suspending')) return { ...status, phase: 'suspending' };
  if (inner.length < wanted || has('running')) return { ...status, phase: 'running' };
  if (has('pending')) return { ...status, phase: 'pending' };
  if (has('failed')) {
    const reasons = ['FailedAfterRetries', 'Timeout', 'Action', 'Terminate'];
    const reason = reasons.find((candidate) => inner.some((step) => step.reason === candidate));
    return { ...status, phase: 'failed', ...(reason && { reason }) };
  }
  if (wanted > 0 && inner.every(({ phase }) => phase === 'skipped')) {
    return { ...status, phase: 'skipped', reason: 'Skip' };
  }
  return { ...status, phase: 'succeeded' };
}

/** Where the whole stands. */
export function stateOf(workflow: WorkflowStatus, specs: readonly StepSpec[]): WorkflowState {
  const steps = specs.map(({ name }) => workflow.steps?.find((step) => step.name === name));
  if (workflow.terminated && steps.every(isFinished)) return endedByHand(workflow) ? 'terminated' : 'failed';
  if (workflow.suspend) return 'suspending';
  const done = steps.every((step) => step?.phase === 'succeeded' || step?.phase === 'skipped');
  return done ? 'succeeded' : 'executing';
}

/** Every step that failed was ended by somebody. */
function endedByHand(workflow: WorkflowStatus): boolean {
  const failed = (workflow.steps ?? []).filter(({ phase }) => phase === 'failed');
  return failed.length > 0 && failed.every(({ reason }) => reason === 'Terminate');
}

/** Suspended from outside, not by a step of its own: nothing runs until somebody resumes it. */
export function isHeld(workflow: WorkflowStatus): boolean {
  const all = (workflow.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  return workflow.suspend && !all.some(({ phase, reason }) => phase === 'suspending' && reason === 'Suspend');
}

export function finishWorkflow(
  workflow: WorkflowStatus,
  status: 'succeeded' | 'failed' | 'terminated',
  now: string,
): WorkflowStatus {
  return { ...workflow, status, finished: true, terminated: status !== 'succeeded', endTime: now };
}

/** Milliseconds until a step is tried again: 0.05 s doubled for each try, at least a second, at most `capSeconds`. */
export function stepBackoffMs(tries: number, capSeconds: number): number {
  return 1000 * Math.min(Math.max(1, 0.05 * 2 ** Math.min(tries, 20)), capSeconds);
}
