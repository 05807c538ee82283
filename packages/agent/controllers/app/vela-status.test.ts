import type { Application, ApplicationStatus } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { readVelaStatus } from './vela-status.ts';

const application = (status: ApplicationStatus | undefined, generation = 1): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: {
    name: 'web',
    namespace: 'tn-a',
    generation,
    annotations: { 'app.oam.dev/publishVersion': 'r2-abcd0123' },
  },
  spec: { components: [] },
  ...(status === undefined ? {} : { status }),
});

const step = (phase: 'failed' | 'running' | 'succeeded', message?: string) => ({
  name: 'web',
  type: 'apply-component',
  phase,
  message,
});
const executing = (message: string): ApplicationStatus => ({
  status: 'runningWorkflow',
  observedGeneration: 1,
  workflow: {
    appRevision: 'r2-abcd0123',
    finished: false,
    steps: [step('failed', `function call error for : ${message} (value: cue/format: unsupported node type <nil>)`)],
  },
});
const parsed = (message: string): ApplicationStatus => ({
  status: 'rendering',
  observedGeneration: 1,
  conditions: [{ type: 'Parsed', status: 'False', reason: 'ReconcileError', message }],
});
const running: ApplicationStatus = {
  status: 'running',
  observedGeneration: 1,
  services: [{ name: 'web', healthy: true, message: 'Ready:1/1' }],
  workflow: { appRevision: 'r2-abcd0123', finished: true, status: 'succeeded', steps: [step('succeeded')] },
};

describe('readVelaStatus', () => {
  it.each<[string, Application, string, string, string]>([
    ['nothing yet', application(undefined), 'pending', 'WaitingForKubeVela', 'should within seconds'],
    [
      'an earlier version that runs',
      application({ ...running, workflow: { ...running.workflow, appRevision: 'r1-00000000' } }),
      'pending',
      'WaitingForKubeVela',
      '',
    ],
    ['delivered', application(running), 'delivered', 'Delivered', ''],
    [
      'a failure of drift repair long ago, which KubeVela never takes back',
      application({
        ...running,
        conditions: [{ type: 'StateKeep', status: 'False', reason: 'ReconcileError', message: 'x' }],
      }),
      'delivered',
      'Delivered',
      '',
    ],
    [
      'a component that became unhealthy',
      application({
        ...running,
        status: 'unhealthy',
        services: [{ name: 'web', healthy: false, message: 'Ready:0/1' }],
      }),
      'delivered',
      'Unhealthy',
      'web (Ready:0/1)',
    ],
    [
      'a component that is not healthy yet',
      application({
        status: 'runningWorkflow',
        services: [{ name: 'web', healthy: false, message: 'Ready:0/1' }],
        workflow: { appRevision: 'r2-abcd0123', finished: false, steps: [step('running', 'wait healthy')] },
      }),
      'delivering',
      'Delivering',
      'KubeVela waits for web (Ready:0/1).',
    ],
    [
      'an unknown component type',
      application(
        parsed(
          'failed to parseComponents: fetch component/policy type of c: load template from component definition [nosuch] : WorkloadDefinition.core.oam.dev "nosuch" not found',
        ),
      ),
      'rejected',
      'DefinitionMissing',
      'no ComponentDefinition "nosuch"; install it in the namespace vela-system',
    ],
    [
      'an unknown trait',
      application(
        parsed(
          'failed to parseComponents: component(c0) parse trait(nosuchtrait): trait definition of nosuchtrait not found',
        ),
      ),
      'rejected',
      'DefinitionMissing',
      'no TraitDefinition "nosuchtrait"',
    ],
    [
      'an object that the App may not make',
      application(
        executing(
          'Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(cannot get object: clusterrolebindings.rbac.authorization.k8s.io "evil" is forbidden: User "system:serviceaccount:t1:kubenova-deployer" cannot get resource "clusterrolebindings" in API group "rbac.authorization.k8s.io" at the cluster scope)]',
        ),
      ),
      'failing',
      'Forbidden',
      'web: An App may not do this: clusterrolebindings.rbac.authorization.k8s.io "evil" is forbidden',
    ],
    [
      'a kind that is not served',
      application(
        executing(
          'Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(cannot get object: no matches for kind "Foo" in version "foo.example/v1")]',
        ),
      ),
      'failing',
      'KindNotServed',
      'does not serve Foo in foo.example/v1',
    ],
    [
      'a field that cannot be changed',
      application(
        executing(
          'Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(cannot patch object: Deployment.apps "podinfo" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"podinfo"}}: field is immutable)]',
        ),
      ),
      'failing',
      'ImmutableField',
      'Deployment.apps "podinfo" cannot be changed in spec.selector',
    ],
    [
      'an object that was there before',
      application(
        executing(
          'Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(cannot apply ApplyOption: ConfigMap t1/taken exists but not managed by any application now)]',
        ),
      ),
      'failing',
      'ObjectExists',
      'ConfigMap t1/taken exists already',
    ],
    [
      'an object of another App',
      application(
        executing(
          'Dispatch: pre-dispatch dryrun failed: Found 1 errors. [(cannot apply ApplyOption: existing object ConfigMap t1/shared is managed by other application t1/owner)]',
        ),
      ),
      'failing',
      'ObjectExists',
      'ConfigMap t1/shared belongs to another App (t1/owner).',
    ],
    [
      'a parameter that the definition does not take',
      application(
        executing(
          'GenerateComponentManifest: evaluate base template app=badtype in namespace=t1: invalid cue template of workload c2 after merge parameter and context: parameter.ports.0.port: conflicting values "eighty" and int (mismatched types string and int)',
        ),
      ),
      'failing',
      'DeliveryFailed',
      'conflicting values "eighty" and int',
    ],
    [
      'a tracker that was left over',
      application({
        status: 'starting',
        observedGeneration: 1,
        conditions: [
          {
            type: 'Synced',
            status: 'False',
            reason: 'ReconcileError',
            message: 'resourcetracker web-v1-tn exists but controlled by another application (uid: x)',
          },
        ],
      }),
      'rejected',
      'LeftoverTracker',
      'a deleted App of this name',
    ],
    [
      'a workflow that gave up',
      application({ ...executing('Dispatch: x'), status: 'workflowFailed' }),
      'gave-up',
      'DeliveryFailed',
      'KubeVela gave up: web: x.',
    ],
    [
      'an earlier generation’s failure',
      application(parsed('failed to parseComponents: x'), 2),
      'pending',
      'WaitingForKubeVela',
      '',
    ],
  ])('%s', (_what, input, state, reason, message) => {
    expect(readVelaStatus(input)).toMatchObject({
      state,
      condition: { type: 'VelaHealthy', reason, message: expect.stringContaining(message) },
    });
  });

  it('drops what only KubeVela’s developers can read', () => {
    expect(readVelaStatus(application(executing('Dispatch: boom'))).condition.message).toBe(
      'web: boom. KubeVela tries again.',
    );
  });
});
