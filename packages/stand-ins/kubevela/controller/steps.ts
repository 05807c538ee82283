/** What each type of workflow step does. Groups are the engine's affair (`workflow.ts`). */

import type { ComponentSpec, Properties, StepSpec, WorkflowStatus } from '../model/application.ts';
import { overridden, type Placement, placementsOf, selectPolicies } from '../model/policies.ts';
import { componentOf } from '../model/steps.ts';
import { findStep, type StepOutcome } from '../model/workflow.ts';
import { RenderError } from '../render/definition.ts';
import { flag, requiredText, text, texts } from '../render/properties.ts';
import { applyComponent, isDeployed } from './component.ts';
import { Application } from './kinds.ts';
import { OutputError, serverText } from './outputs.ts';
import type { Run } from './run.ts';
import { parseDuration } from './settings.ts';

/** A step's end before it is known how often it failed. */
export type Attempt = Exclude<StepOutcome, { kind: 'failed' }> | { kind: 'failed'; message: string };

export async function attemptStep(run: Run, step: StepSpec, workflow: WorkflowStatus): Promise<Attempt> {
  const properties = step.properties ?? {};
  try {
    switch (step.type) {
      case 'suspend':
        return suspend(run, step, workflow, text(properties, 'duration'));
      case 'deploy':
        return await deploy(run, step, workflow);
      case 'depends-on-app':
        return await dependOn(run, properties);
      default:
        return await applyOne(run, step);
    }
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

async function applyOne(run: Run, step: StepSpec): Promise<Attempt> {
  const component = componentOf(run.app, step);
  if (!component) throw new OutputError(`component ${String(step.properties?.component)} not found`);
  const namespace = text(step.properties ?? {}, 'namespace') ?? '';
  const placement = namespace === '' ? undefined : { cluster: '', namespace };
  const healthy = await applyComponent(run, component, placement);
  return healthy ? { kind: 'succeeded' } : { kind: 'waiting', message: 'wait healthy' };
}

/**
 * Waits until somebody resumes it (sets its phase to running) or, with a duration, until the time has come. KubeVela 1.10
 * shows the same message whatever the step's own is.
 */
function suspend(run: Run, step: StepSpec, workflow: WorkflowStatus, duration: string | undefined): Attempt {
  const message = 'Suspended by field suspend';
  const before = findStep(workflow, step.name);
  if (duration !== undefined) {
    const began = Date.parse(before?.firstExecuteTime ?? run.now());
    const over = Date.parse(run.now()) >= began + parseDuration(duration);
    return over ? { kind: 'succeeded' } : { kind: 'suspended', message };
  }
  return before?.phase === 'running' ? { kind: 'succeeded' } : { kind: 'suspended', message };
}

/** After how many milliseconds a suspended step goes on by itself; undefined when none does. */
export function suspendedForMs(steps: readonly StepSpec[], workflow: WorkflowStatus, now: string): number | undefined {
  const ends = steps.flatMap((step) => {
    const status = findStep(workflow, step.name);
    const duration = step.properties?.duration;
    if (status?.phase !== 'suspending' || typeof duration !== 'string' || !status.firstExecuteTime) return [];
    return Date.parse(status.firstExecuteTime) + parseDuration(duration) - Date.parse(now);
  });
  return ends.length > 0 ? Math.max(0, Math.min(...ends)) : undefined;
}

/** All components, as policies change and place them; those that others depend on first. */
async function deploy(run: Run, step: StepSpec, workflow: WorkflowStatus): Promise<Attempt> {
  const properties = step.properties ?? {};
  if (properties.auto !== undefined && !flag(properties, 'auto')) {
    const approval = suspend(run, step, workflow, undefined);
    if (approval.kind === 'suspended') return approval;
  }
  const { components, placements } = planned(run, properties);
  const tasks = placements.flatMap((placement) =>
    components.map((component) => ({ component, placement, key: keyOf(placement, component.name) })),
  );
  const healthy = new Set<string>();
  const isReady = ({ component, placement }: (typeof tasks)[number]) =>
    (component.dependsOn ?? []).every((name) => healthy.has(keyOf(placement, name)));
  for (const task of tasks) {
    if (isReady(task) && (await isDeployed(run, task.component, task.placement))) healthy.add(task.key);
  }
  const due = tasks.filter((task) => !healthy.has(task.key) && isReady(task));
  const pending = tasks.filter((task) => !healthy.has(task.key) && !isReady(task));
  const errors: string[] = [];
  const reasons: string[] = [];
  for (const { component, placement, key } of due) {
    try {
      if (!(await applyComponent(run, component, placement))) reasons.push(`${key} is not healthy`);
    } catch (error) {
      if (!(error instanceof RenderError || error instanceof OutputError)) throw error;
      const what = error instanceof RenderError ? `GenerateComponentManifest: ${error.message}` : error.message;
      errors.push(`error encountered in cluster ${placement.cluster}: ${what}`);
    }
  }
  if (errors.length > 0) throw new OutputError(`Found ${errors.length} errors. [(${errors.join('), (')})]`);
  reasons.push(...pending.map(({ key }) => `${key} is waiting dependents`));
  return reasons.length > 0 ? { kind: 'waiting', message: reasons.join(',') } : { kind: 'succeeded' };
}

function planned(run: Run, properties: Properties): { components: ComponentSpec[]; placements: Placement[] } {
  try {
    const policies = selectPolicies(run.app, texts(properties, 'policies') ?? []);
    return { placements: placementsOf(policies), components: overridden(run.app.spec.components, policies) };
  } catch (error) {
    throw new OutputError(error instanceof Error ? error.message : String(error));
  }
}

/** Cluster, namespace, replica and name, as KubeVela tells of a component that it waits for. */
const keyOf = ({ cluster, namespace }: Placement, name: string): string => `${cluster}/${namespace}//${name}`;

/** Waits for another Application to run. The text for one that is not there is the stand-in's own. */
async function dependOn(run: Run, properties: Properties): Promise<Attempt> {
  const ref = { name: requiredText(properties, 'name'), namespace: requiredText(properties, 'namespace') };
  let found: Awaited<ReturnType<Run['outputs']['find']>>;
  try {
    found = await run.outputs.find({ apiVersion: 'core.oam.dev/v1beta1', kind: Application.kind, ...ref });
  } catch (error) {
    throw new OutputError(serverText(error));
  }
  if (!found) throw new OutputError(`applications.core.oam.dev "${ref.name}" not found`);
  const { status } = (found.status ?? {}) as { status?: string };
  return status === 'running' ? { kind: 'succeeded' } : { kind: 'waiting' };
}
