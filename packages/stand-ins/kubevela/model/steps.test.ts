import { describe, expect, it } from 'vitest';
import type { Application, ApplicationSpec, StepSpec } from './application.ts';
import { definedStepTypes, dependenciesOf, modeOf, stepsOf, workflowProblem } from './steps.ts';

const components = [
  { name: 'db', type: 'worker' },
  { name: 'web', type: 'worker', dependsOn: ['db'] },
];

const application = (spec: Partial<ApplicationSpec> = {}): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'acme-shop', uid: 'uid-1' },
  spec: { components, ...spec },
});
const withSteps = (...steps: StepSpec[]) => application({ workflow: { steps } });

describe('the steps of an Application', () => {
  it('are one for each component when it says nothing', () => {
    expect(stepsOf(application())).toEqual([
      { name: 'db', type: 'apply-component', properties: { component: 'db' } },
      { name: 'web', type: 'apply-component', properties: { component: 'web' }, dependsOn: ['db'] },
    ]);
    expect(modeOf(application())).toEqual({ steps: 'DAG', subSteps: 'DAG' });
  });

  it('deploy to each topology, with all overrides', () => {
    const policies = ['override', 'topology', 'topology'].map((type, index) => ({
      name: `p${index}`,
      type,
      properties: {},
    }));
    expect(stepsOf(application({ policies }))).toEqual([
      { name: 'deploy-p1', type: 'deploy', properties: { policies: ['p0', 'p1'] } },
      { name: 'deploy-p2', type: 'deploy', properties: { policies: ['p0', 'p2'] } },
    ]);
    expect(stepsOf(application({ policies: policies.slice(0, 1) }))).toEqual([
      { name: 'deploy', type: 'deploy', properties: { policies: ['p0'] } },
    ]);
  });

  it('are its own, one after another unless it says otherwise', () => {
    const app = withSteps({ name: 'wait', type: 'suspend' });
    expect(stepsOf(app)).toEqual([{ name: 'wait', type: 'suspend' }]);
    expect(modeOf(app)).toEqual({ steps: 'StepByStep', subSteps: 'DAG' });
    const mode = { steps: 'DAG', subSteps: 'StepByStep' } as const;
    expect(modeOf(application({ workflow: { mode } }))).toEqual(mode);
  });

  it('wait for what their component depends on', () => {
    const step: StepSpec = {
      name: 's',
      type: 'apply-component',
      properties: { component: 'web' },
      dependsOn: ['first'],
    };
    expect(dependenciesOf(withSteps(step), step)).toEqual(['first', 'db']);
  });

  it('need definitions unless they are built in', () => {
    const inner: StepSpec = { name: 'd', type: 'deploy' };
    const app = withSteps({ name: 'w', type: 'suspend' }, { name: 'g', type: 'step-group', subSteps: [inner] });
    expect(definedStepTypes(app)).toEqual(['deploy']);
  });
});

describe('what fails a workflow before it begins', () => {
  const apply = (component: string): StepSpec => ({ name: 's', type: 'apply-component', properties: { component } });

  it('is nothing where nothing is wrong', () => {
    expect(workflowProblem(application())).toBeUndefined();
    expect(workflowProblem(withSteps(apply('db'), { name: 'w', type: 'suspend', if: 'always' }))).toBeUndefined();
  });

  it.each<[string, Application, string]>([
    [
      'a dependency that is not there',
      application({ components: [{ name: 'web', type: 'worker', dependsOn: ['db'] }] }),
      'convert step: convert [apply-component]: component db not found, which is depended by web',
    ],
    [
      'a component that is not there',
      withSteps(apply('x')),
      'convert step: convert [apply-component]: component x not found',
    ],
    [
      'a type that is not built in',
      withSteps({ name: 'n', type: 'notification' }),
      'step type [notification] is not built into',
    ],
    [
      'a condition',
      withSteps({ name: 'n', type: 'suspend', if: 'status.a.failed' }),
      'if of workflow steps is left out',
    ],
    ['a timeout', withSteps({ name: 'n', type: 'suspend', timeout: '1h' }), 'timeout of workflow steps is left out'],
    ['a workflow elsewhere', application({ workflow: { ref: 'w' } }), 'spec.workflow.ref is left out'],
  ])('is %s', (_what, app, message) => {
    expect(workflowProblem(app)).toContain(message);
  });
});
