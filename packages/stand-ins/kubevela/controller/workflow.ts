/**
 * Walks through the steps of a workflow: one after another, or side by side as far as they do not depend on each other.
 * It reads as the true engine does (`kubevela/workflow`, `pkg/executor`): a step that is not due is told of as pending,
 * one after a failure is skipped, one that suspends stops everything behind it.
 */
import type { StepSpec, WorkflowState, WorkflowStatus } from '../model/application.ts';
import { allSteps, dependenciesOf, modeOf, stepsOf } from '../model/steps.ts';
import {
  findStep,
  groupStatus,
  isFinished,
  isHeld,
  recordStep,
  stateOf,
  stepBackoffMs,
  stepStatus,
} from '../model/workflow.ts';
import type { Run } from './run.ts';
import { attemptStep, suspendedForMs } from './steps.ts';

/** `retryMs` after how long to go on; undefined when only a change or the resync will help. */
export interface WorkflowProgress {
  state: WorkflowState;
  retryMs?: number;
}

export async function executeWorkflow(run: Run, workflow: WorkflowStatus): Promise<WorkflowProgress> {
  const steps = stepsOf(run.app);
  const before = stateOf(workflow, steps);
  if (before === 'terminated' || before === 'failed' || before === 'succeeded') return { state: before };
  if (isHeld(workflow)) return { state: 'suspending' };
  const engine = new Engine(run, workflow);
  const { steps: mode } = modeOf(run.app);
  await (mode === 'DAG' ? engine.sideBySide(steps, undefined, false) : engine.walk(steps, undefined, false));
  const after = engine.workflow;
  const state = stateOf(after, steps);
  run.status = { ...run.status, workflow: { ...after, status: state } };
  if (state === 'suspending') {
    const retryMs = suspendedForMs(allSteps(steps), after, run.now());
    return { state, ...(retryMs !== undefined && { retryMs }) };
  }
  if (state !== 'executing') return { state };
  const cap = engine.failed ? run.settings.failedBackoffSeconds : run.settings.waitBackoffSeconds;
  return { state, retryMs: stepBackoffMs(engine.tries, cap) };
}

class Engine {
  workflow: WorkflowStatus;
  failed = false;
  readonly tries: number;
  readonly #run: Run;
  readonly #errors: Map<string, number>;
  #suspending = false;

  constructor(run: Run, workflow: WorkflowStatus) {
    this.#run = run;
    this.workflow = workflow;
    const attempts = run.attempts.of(run.key, workflow.appRevision);
    attempts.tries += 1;
    this.tries = attempts.tries;
    this.#errors = attempts.errors;
  }

  /** @param tellPending false in the first round, in which what others wait for has not run yet */
  async sideBySide(steps: readonly StepSpec[], group: StepSpec | undefined, tellPending: boolean): Promise<void> {
    const due: StepSpec[] = [];
    const pending: StepSpec[] = [];
    for (const step of steps) {
      if (isFinished(findStep(this.workflow, step.name))) continue;
      const blocking = this.#blocking(step);
      if (blocking === undefined) due.push(step);
      else {
        if (tellPending) this.#tellPending(step, blocking, group);
        pending.push(step);
      }
    }
    if (due.length === 0) return;
    await this.walk(due, group, true);
    if (!this.workflow.suspend && pending.length > 0) await this.sideBySide(pending, group, true);
  }

  /** One after another; `all` goes on behind a step that is not finished. */
  async walk(steps: readonly StepSpec[], group: StepSpec | undefined, all: boolean): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (isFinished(findStep(this.workflow, step.name))) continue;
      const blocking = this.#blocking(step);
      if (blocking !== undefined) {
        this.#tellPending(step, blocking, group);
        if (all) continue;
        return;
      }
      const skipped = step.if !== 'always' && this.#followsFailure(step, all ? [] : steps.slice(0, index));
      await this.#execute(step, group, skipped);
      const status = findStep(this.workflow, step.name);
      if (!all && (this.workflow.suspend || !isFinished(status))) return;
    }
  }

  async #execute(step: StepSpec, group: StepSpec | undefined, skipped: boolean): Promise<void> {
    const skippedGroup = group && findStep(this.workflow, group.name)?.phase === 'skipped';
    if (skipped || skippedGroup) this.#record(step, { kind: 'skipped' }, group);
    if (step.type === 'step-group') {
      await this.#executeGroup(step);
      return;
    }
    if (skipped || skippedGroup) return;
    const outcome = await attemptStep(this.#run, step, this.workflow);
    if (outcome.kind === 'suspended') this.#suspending = true;
    if (outcome.kind === 'failed') {
      this.failed = true;
      const errors = (this.#errors.get(step.name) ?? 0) + 1;
      this.#errors.set(step.name, errors);
      const exhausted = errors >= this.#run.settings.stepErrorLimit;
      this.#record(step, { ...outcome, exhausted }, group);
      if (exhausted) this.workflow = { ...this.workflow, terminated: true };
    } else {
      this.#record(step, outcome, group);
    }
    this.workflow = { ...this.workflow, suspend: this.#suspending };
  }

  async #executeGroup(group: StepSpec): Promise<void> {
    const inner = group.subSteps ?? [];
    const mode = group.mode ?? modeOf(this.#run.app).subSteps;
    if (inner.length > 0) {
      await (mode === 'DAG' ? this.sideBySide(inner, group, false) : this.walk(inner, group, false));
    }
    const skipped = findStep(this.workflow, group.name)?.phase === 'skipped';
    if (!skipped)
      this.workflow = recordStep(this.workflow, groupStatus(this.workflow, group), { now: this.#run.now() });
  }

  /** The first dependency that is not over. */
  #blocking(step: StepSpec): string | undefined {
    return dependenciesOf(this.#run.app, step).find((name) => !isFinished(findStep(this.workflow, name)));
  }

  /** What a step depends on, or in a sequence what goes before it, has to have succeeded; without dependencies skipped will do. */
  #followsFailure(step: StepSpec, earlier: readonly StepSpec[]): boolean {
    const dependencies = dependenciesOf(this.#run.app, step);
    const phases = (names: readonly string[]) => names.map((name) => findStep(this.workflow, name)?.phase);
    if (dependencies.length > 0) return phases(dependencies).some((phase) => phase !== 'succeeded');
    return phases(earlier.map(({ name }) => name)).some((phase) => phase !== 'succeeded' && phase !== 'skipped');
  }

  #tellPending(step: StepSpec, blocking: string, group: StepSpec | undefined): void {
    this.#record(step, { kind: 'pending', message: `Pending on DependsOn: ${blocking}` }, group);
  }

  #record(step: StepSpec, outcome: Parameters<typeof stepStatus>[2], group: StepSpec | undefined): void {
    const status = stepStatus(this.workflow, step, outcome);
    const where = { now: this.#run.now(), ...(group && { group: group.name }) };
    this.workflow = recordStep(this.workflow, status, where);
  }
}
