/** Executes the steps of a workflow: render, try without persisting, record in the tracker, apply, look at health. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { AppliedResource, ComponentSpec, ServiceStatus, WorkflowStatus } from '../model/application.ts';
import { dueComponents, recordStep, type StepOutcome, stepBackoffMs } from '../model/workflow.ts';
import { RenderError } from '../render/definition.ts';
import { isHealthy, judge, renderedOf } from './health.ts';
import { aggregated, OutputError } from './outputs.ts';
import type { Run } from './run.ts';

export type WorkflowProgress = { kind: 'succeeded' } | { kind: 'failed' } | { kind: 'executing'; retryMs: number };

export async function executeWorkflow(run: Run, workflow: WorkflowStatus): Promise<WorkflowProgress> {
  const attempts = run.attempts.of(run.key, workflow.appRevision);
  attempts.tries += 1;
  let state = workflow;
  let failed = false;
  let exhausted = false;
  const tried = new Set<string>();
  for (;;) {
    const due = dueComponents(run.app, state).filter((component) => !tried.has(component.name));
    if (due.length === 0) break;
    for (const component of due) {
      tried.add(component.name);
      const outcome = await executeStep(run, component);
      if (outcome.kind === 'failed') {
        failed = true;
        const errors = (attempts.errors.get(component.name) ?? 0) + 1;
        attempts.errors.set(component.name, errors);
        exhausted ||= errors >= run.settings.stepErrorLimit;
      }
      state = recordStep(state, component.name, outcome, { now: run.now(), exhausted });
    }
  }
  run.status = { ...run.status, workflow: state };
  if (exhausted) return { kind: 'failed' };
  if (
    state.steps?.length === run.app.spec.components.length &&
    state.steps.every((step) => step.phase === 'succeeded')
  ) {
    return { kind: 'succeeded' };
  }
  const cap = failed ? run.settings.failedBackoffSeconds : run.settings.waitBackoffSeconds;
  return { kind: 'executing', retryMs: stepBackoffMs(attempts.tries, cap) };
}

async function executeStep(run: Run, component: ComponentSpec): Promise<StepOutcome> {
  try {
    const rendered = renderedOf(run, component);
    await dispatch(run, [rendered.workload, ...rendered.others]);
    const service = await judge(run, component, rendered);
    rememberService(run, service);
    return isHealthy(service) ? { kind: 'succeeded' } : { kind: 'waiting' };
  } catch (error) {
    return { kind: 'failed', message: failureText(error) };
  }
}

/** The frame in which KubeVela's workflow shows what a step's function returned. */
function failureText(error: unknown): string {
  const frame = (text: string) => `function call error for : ${text} (value: cue/format: unsupported node type <nil>)`;
  if (error instanceof RenderError) return frame(`GenerateComponentManifest: ${error.message}`);
  if (error instanceof OutputError) return frame(error.message);
  throw error;
}

/** Nothing is recorded or written unless the server would take every object of the component. */
async function dispatch(run: Run, rendered: readonly KubeObject[]): Promise<void> {
  const manifests = await Promise.all(rendered.map((manifest) => run.outputs.settle(manifest)));
  const applyAll = (dryRun: boolean) =>
    Promise.allSettled(manifests.map((manifest) => run.outputs.apply(manifest, { dryRun, mode: 'dispatch' })));
  const refused = aggregated(await applyAll(true));
  if (refused) throw new OutputError(`Dispatch: pre-dispatch dryrun failed: ${refused.message}`);
  run.trackers.current = await run.store.record(run.app, run.trackers.current, manifests);
  const failed = aggregated(await applyAll(false));
  if (failed) throw new OutputError(`Dispatch: ${failed.message}`);
  rememberApplied(run, manifests);
}

function rememberService(run: Run, service: ServiceStatus): void {
  const services = [...(run.status.services ?? [])];
  const index = services.findIndex((existing) => existing.name === service.name);
  if (index < 0) services.push(service);
  else services[index] = service;
  run.status = { ...run.status, services };
}

function rememberApplied(run: Run, manifests: readonly KubeObject[]): void {
  const applied = [...(run.status.appliedResources ?? [])];
  for (const manifest of manifests) {
    const entry = appliedResource({ ...manifest, ...manifest.metadata });
    if (!applied.some((existing) => sameResource(existing, entry))) applied.push(entry);
  }
  run.status = { ...run.status, appliedResources: applied };
}

export function appliedResource(object: Omit<AppliedResource, 'creator'>): AppliedResource {
  const { apiVersion, kind, name, namespace } = object;
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}), creator: 'workflow' };
}

function sameResource(a: AppliedResource, b: AppliedResource): boolean {
  return a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
