import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import type { Application, ComponentSpec, PolicySpec, StepSpec, WorkflowStatus } from '../model/application.ts';
import { managedResource, newTracker } from '../model/tracker.ts';
import { startWorkflow } from '../model/workflow.ts';
import { OutputError } from './outputs.ts';
import { createAttempts, type Run } from './run.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { executeWorkflow } from './workflow.ts';

/** A cluster that takes every object but those of the kinds that it refuses, and in which an Application may run. */
function scene(spec: { components?: ComponentSpec[]; steps?: StepSpec[]; policies?: PolicySpec[]; mode?: 'DAG' }) {
  const objects = new Map<string, KubeObject>();
  const refused = new Set<string>();
  const unhealthy = new Set<string>();
  let time = Date.parse('2026-11-23T12:00:00Z');
  const app: Application = {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'acme', uid: 'uid-1', generation: 1 },
    spec: {
      components: spec.components ?? [],
      policies: spec.policies ?? [],
      ...(spec.steps && { workflow: { steps: spec.steps, ...(spec.mode && { mode: { steps: spec.mode } }) } }),
    },
  };
  const keyOf = ({ kind, name, namespace }: { kind: string; name: string; namespace?: string }) =>
    `${kind} ${namespace}/${name}`;
  const now = () => new Date(time).toISOString().replace('.000Z', 'Z');
  const run = {
    settings: { ...DEFAULT_SETTINGS, stepErrorLimit: 3 },
    attempts: createAttempts(),
    key: 'acme/shop',
    now,
    app,
    trackers: { history: [] },
    status: { workflow: startWorkflow(app, 'v1', now()) },
    store: {
      async record(_app: Application, current: Run['trackers']['current'], manifests: KubeObject[]) {
        const tracker = current ?? newTracker(app);
        const managedResources = [...(tracker.spec.managedResources ?? []), ...manifests.map(managedResource)];
        return { ...tracker, spec: { ...tracker.spec, managedResources } };
      },
    },
    outputs: {
      settle: async (manifest: KubeObject) => manifest,
      find: async (name: { kind: string; name: string; namespace?: string }) => objects.get(keyOf(name)),
      async apply(manifest: KubeObject, { dryRun }: { dryRun: boolean }) {
        if (refused.has(manifest.metadata.name)) throw new OutputError('not allowed');
        const ready = unhealthy.has(manifest.metadata.name) ? 0 : 1;
        const status = { replicas: 1, readyReplicas: ready, updatedReplicas: 1, observedGeneration: 1 };
        if (!dryRun) objects.set(keyOf({ ...manifest, ...manifest.metadata }), { ...manifest, status });
      },
    },
  } as unknown as Run;
  return {
    objects,
    refused,
    unhealthy,
    pass: (ms: number) => {
      time += ms;
    },
    put: (object: KubeObject) => objects.set(keyOf({ ...object, ...object.metadata }), object),
    run,
    async go() {
      const workflow = run.status.workflow;
      if (!workflow) throw new Error('There is no workflow.');
      return executeWorkflow(run, workflow);
    },
    steps: () =>
      (run.status.workflow?.steps ?? []).map(({ name, phase, reason, message }) =>
        [name, phase, reason, message].filter((part) => part !== undefined).join(' '),
      ),
    workflow: (change: Partial<WorkflowStatus>) => {
      if (run.status.workflow) run.status = { ...run.status, workflow: { ...run.status.workflow, ...change } };
    },
  };
}

const worker = (name: string, dependsOn?: string[]): ComponentSpec => ({
  name,
  type: 'worker',
  properties: { image: 'x' },
  ...(dependsOn && { dependsOn }),
});
const apply = (component: string, more: Partial<StepSpec> = {}): StepSpec => ({
  name: component,
  type: 'apply-component',
  properties: { component },
  ...more,
});
const suspend = (properties: Record<string, unknown> = {}): StepSpec => ({ name: 'wait', type: 'suspend', properties });

const RETRY = 'function call error for : ';

describe('a workflow of components alone', () => {
  it('runs those side by side that do not depend on each other', async () => {
    const world = scene({ components: [worker('web', ['db']), worker('db'), worker('mail')] });
    expect(await world.go()).toEqual({ state: 'succeeded' });
    expect(world.steps()).toEqual(['db succeeded', 'mail succeeded', 'web succeeded']);
  });

  it('tells of those that are not due yet', async () => {
    const world = scene({ components: [worker('web', ['db']), worker('db')] });
    world.unhealthy.add('db');
    expect(await world.go()).toMatchObject({ state: 'executing', retryMs: 1000 });
    expect(world.steps()).toEqual(['db running Wait wait healthy', 'web pending Pending on DependsOn: db']);
    expect(world.run.status.workflow?.steps?.[1]?.type).toBe('builtin-apply-component');
    world.unhealthy.clear();
    expect(await world.go()).toEqual({ state: 'succeeded' });
    expect(world.run.status.workflow?.steps?.[1]?.type).toBe('apply-component');
  });

  it('gives up after so many failures, and skips what depends on it', async () => {
    const world = scene({ components: [worker('web', ['db']), worker('db')] });
    world.refused.add('db');
    expect(await world.go()).toMatchObject({ state: 'executing' });
    expect(world.steps()[0]).toContain(
      `db failed Execute ${RETRY}Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(not allowed)]`,
    );
    await world.go();
    expect(await world.go()).toEqual({ state: 'failed' });
    expect(world.steps()[0]).toContain('db failed FailedAfterRetries');
    expect(world.steps()[1]).toBe('web skipped Skip');
    expect(world.run.status.workflow?.terminated).toBe(true);
    expect([...world.objects]).toEqual([]);
  });
});

describe('a workflow of its own', () => {
  const components = [worker('db'), worker('web')];

  it('goes step by step', async () => {
    const world = scene({ components, steps: [apply('db'), apply('web')] });
    world.unhealthy.add('db');
    await world.go();
    expect(world.steps()).toEqual(['db running Wait wait healthy']);
  });

  it('suspends, and goes on when somebody resumes it', async () => {
    const world = scene({ components, steps: [apply('db'), suspend(), apply('web')] });
    expect(await world.go()).toEqual({ state: 'suspending' });
    expect(world.steps()).toEqual(['db succeeded', 'wait suspending Suspend Suspended by field suspend']);
    expect(world.run.status.workflow).toMatchObject({ suspend: true, status: 'suspending' });
    world.workflow({ suspend: false });
    expect(await world.go()).toEqual({ state: 'suspending' });
    const steps = (world.run.status.workflow?.steps ?? []).map((step) =>
      step.name === 'wait' ? { ...step, phase: 'running' as const } : step,
    );
    world.workflow({ suspend: false, steps });
    expect(await world.go()).toEqual({ state: 'succeeded' });
    expect(world.steps()).toEqual(['db succeeded', 'wait succeeded', 'web succeeded']);
  });

  it('suspends for a time', async () => {
    const world = scene({ components, steps: [suspend({ duration: '1m' }), apply('web')] });
    expect(await world.go()).toEqual({ state: 'suspending', retryMs: 60_000 });
    world.pass(45_000);
    expect(await world.go()).toEqual({ state: 'suspending', retryMs: 15_000 });
    world.pass(15_000);
    expect(await world.go()).toEqual({ state: 'succeeded' });
  });

  it('stands still while somebody holds it', async () => {
    const world = scene({ components, steps: [apply('db')] });
    world.workflow({ suspend: true });
    expect(await world.go()).toEqual({ state: 'suspending' });
    expect([...world.objects]).toEqual([]);
    world.workflow({ suspend: false });
    expect(await world.go()).toEqual({ state: 'succeeded' });
  });

  it('is over when somebody terminates it; what remains is skipped but for what runs always', async () => {
    const world = scene({ components, steps: [suspend(), apply('db'), apply('web', { if: 'always' })] });
    await world.go();
    const steps = (world.run.status.workflow?.steps ?? []).map((step) => ({
      ...step,
      phase: 'failed' as const,
      reason: 'Terminate',
    }));
    world.workflow({ suspend: false, terminated: true, steps });
    expect(await world.go()).toEqual({ state: 'terminated' });
    expect(world.steps()).toEqual([
      'wait failed Terminate Suspended by field suspend',
      'db skipped Skip',
      'web succeeded',
    ]);
  });

  it('runs the steps of a group side by side', async () => {
    const world = scene({
      components,
      steps: [{ name: 'all', type: 'step-group', subSteps: [apply('db'), apply('web')] }, suspend()],
    });
    world.unhealthy.add('db');
    expect(await world.go()).toMatchObject({ state: 'executing' });
    const [group] = world.run.status.workflow?.steps ?? [];
    expect(group).toMatchObject({ name: 'all', type: 'step-group', phase: 'running' });
    expect(group?.subSteps?.map(({ name, phase }) => `${name} ${phase}`)).toEqual(['db running', 'web succeeded']);
    world.unhealthy.clear();
    expect(await world.go()).toEqual({ state: 'suspending' });
    expect(world.steps()[0]).toBe('all succeeded');
  });

  it('suspends within a group', async () => {
    const world = scene({
      components,
      steps: [{ name: 'all', type: 'step-group', subSteps: [suspend()] }, apply('db')],
    });
    expect(await world.go()).toEqual({ state: 'suspending' });
    expect(world.steps()).toEqual(['all suspending']);
  });

  it('waits for another Application', async () => {
    const steps = [{ name: 'other', type: 'depends-on-app', properties: { name: 'base', namespace: 'acme' } }];
    const world = scene({ components, steps });
    await world.go();
    expect(world.steps()[0]).toContain('other failed Execute');
    const base = (status: string): KubeObject => ({
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'base', namespace: 'acme' },
      status: { status },
    });
    world.put(base('runningWorkflow'));
    await world.go();
    expect(world.steps()).toEqual(['other running Wait']);
    world.put(base('running'));
    expect(await world.go()).toEqual({ state: 'succeeded' });
  });
});

describe('a deploy step', () => {
  const components = [worker('web', ['db']), worker('db')];

  it('brings what others depend on first', async () => {
    const world = scene({ components, steps: [{ name: 'd', type: 'deploy' }] });
    await world.go();
    expect(world.steps()).toEqual(['d running Wait local///web is waiting dependents']);
    expect(await world.go()).toEqual({ state: 'succeeded' });
    expect(world.run.status.services).toMatchObject([
      { name: 'db', cluster: 'local', healthy: true },
      { name: 'web', cluster: 'local', healthy: true },
    ]);
    expect(world.objects.get('Deployment acme/db')?.metadata.labels).toMatchObject({ 'app.oam.dev/cluster': 'local' });
  });

  it('tells what is not healthy', async () => {
    const world = scene({ components: [worker('db')], steps: [{ name: 'd', type: 'deploy' }] });
    world.unhealthy.add('db');
    await world.go();
    expect(world.steps()).toEqual(['d running Wait local///db is not healthy']);
  });

  it('deploys what its policies say, where they say', async () => {
    const policies = [
      { name: 'there', type: 'topology', properties: { clusters: ['local'], namespace: 'other' } },
      {
        name: 'more',
        type: 'override',
        properties: { components: [{ name: 'db', traits: [{ type: 'scaler', properties: { replicas: 1 } }] }] },
      },
    ];
    const world = scene({ components: [worker('db')], policies });
    expect(await world.go()).toEqual({ state: 'succeeded' });
    expect(world.objects.get('Deployment other/db')?.spec).toMatchObject({ replicas: 1 });
    expect(world.run.status.services).toMatchObject([{ name: 'db', namespace: 'other', cluster: 'local' }]);
  });

  it.each([
    ['a policy that is not there', { policies: ['x'] }, 'policy x not found'],
    ['another cluster', { policies: ['far'] }, 'failed to get cluster far'],
  ])('fails on %s', async (_what, properties, message) => {
    const policies = [{ name: 'far', type: 'topology', properties: { clusters: ['far'] } }];
    const world = scene({ components, policies, steps: [{ name: 'd', type: 'deploy', properties }] });
    await world.go();
    expect(world.steps()[0]).toContain(`d failed Execute ${RETRY}${message}`);
  });

  it('tells of each refusal', async () => {
    const world = scene({ components: [worker('db')], steps: [{ name: 'd', type: 'deploy' }] });
    world.refused.add('db');
    await world.go();
    expect(world.steps()[0]).toContain('error encountered in cluster local: Dispatch: pre-dispatch dryrun failed');
  });

  it('waits for approval unless it is automatic', async () => {
    const world = scene({
      components: [worker('db')],
      steps: [{ name: 'd', type: 'deploy', properties: { auto: false } }],
    });
    expect(await world.go()).toEqual({ state: 'suspending' });
    expect([...world.objects]).toEqual([]);
    const steps = (world.run.status.workflow?.steps ?? []).map((step) => ({ ...step, phase: 'running' as const }));
    world.workflow({ suspend: false, steps });
    expect(await world.go()).toEqual({ state: 'succeeded' });
  });
});
