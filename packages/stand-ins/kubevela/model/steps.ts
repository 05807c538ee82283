/**
 * The steps of an Application's workflow: those that it lists, else what KubeVela makes of its policies and components.
 * Source: KubeVela's `pkg/workflow/step` and `pkg/appfile` (`loadWorkflowToAppfile`).
 */
import type { Application, ComponentSpec, StepMode, StepSpec } from './application.ts';

export function stepsOf(app: Application): StepSpec[] {
  const { workflow, policies = [], components } = app.spec;
  if (workflow?.steps && workflow.steps.length > 0) return workflow.steps;
  const named = (type: string) => policies.filter((policy) => policy.type === type).map(({ name }) => name);
  const overrides = named('override');
  const placed = named('topology').map((topology): StepSpec => {
    return { name: `deploy-${topology}`, type: 'deploy', properties: { policies: [...overrides, topology] } };
  });
  if (placed.length > 0) return placed;
  if (overrides.length > 0) return [{ name: 'deploy', type: 'deploy', properties: { policies: overrides } }];
  return components.map(({ name, dependsOn }) => ({
    name,
    type: 'apply-component',
    properties: { component: name },
    ...(dependsOn && { dependsOn }),
  }));
}

/** How steps follow one another: side by side unless the Application has a workflow of its own. */
export function modeOf(app: Application): { steps: StepMode; subSteps: StepMode } {
  const { workflow } = app.spec;
  const steps = workflow === undefined ? 'DAG' : (workflow.mode?.steps ?? 'StepByStep');
  return { steps, subSteps: workflow?.mode?.subSteps ?? 'DAG' };
}

/** Also those within groups. */
export function allSteps(steps: readonly StepSpec[]): StepSpec[] {
  return steps.flatMap((step) => [step, ...(step.subSteps ?? [])]);
}

export function componentOf(app: Application, step: StepSpec): ComponentSpec | undefined {
  return app.spec.components.find(({ name }) => name === step.properties?.component);
}

/** Besides its own, a step that applies a component waits for what the component depends on. */
export function dependenciesOf(app: Application, step: StepSpec): string[] {
  const own = step.dependsOn ?? [];
  if (step.type !== 'apply-component') return own;
  return [...new Set([...own, ...(componentOf(app, step)?.dependsOn ?? [])])];
}

const BUILT_IN = new Set(['apply-component', 'builtin-apply-component', 'suspend', 'step-group']);

/** Types of step for which there must be a WorkflowStepDefinition. */
export function definedStepTypes(app: Application): string[] {
  return [...new Set(allSteps(stepsOf(app)).map(({ type }) => type))].filter((type) => !BUILT_IN.has(type));
}

const RUNNABLE = new Set([...BUILT_IN, 'deploy', 'depends-on-app']);

/** What fails the generation of steps, before anything is applied. The last texts are the stand-in's own. */
export function workflowProblem(app: Application): string | undefined {
  const frame = (text: string) => `convert step: convert [apply-component]: ${text}`;
  const names = new Set(app.spec.components.map(({ name }) => name));
  for (const step of allSteps(stepsOf(app))) {
    if (step.type === 'apply-component') {
      const component = componentOf(app, step);
      if (!component) return frame(`component ${String(step.properties?.component ?? '')} not found`);
      const missing = component.dependsOn?.find((name) => !names.has(name));
      if (missing !== undefined) return frame(`component ${missing} not found, which is depended by ${component.name}`);
    }
    if (!RUNNABLE.has(step.type)) return `workflow step type [${step.type}] is not built into this stand-in`;
    const leftOut = ['timeout', 'inputs', 'outputs'].find((field) => step[field] !== undefined);
    if (leftOut !== undefined) return `${leftOut} of workflow steps is left out of this stand-in`;
    if (step.if !== undefined && step.if !== 'always') return 'if of workflow steps is left out of this stand-in';
  }
  return app.spec.workflow?.ref === undefined ? undefined : 'spec.workflow.ref is left out of this stand-in';
}
