/**
 * KubeVela, or what stands in for it, beside the true API server and the true Capsule. Nothing here asks which of the two it
 * is: with KUBENOVA_VELA_CORE_BIN it judges the true program.
 */

import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  application,
  configMap,
  gateway,
  lookingAs,
  objects,
  operated,
  phasesOf,
  runs,
  stepOf,
  webservice,
} from './stand-ins-applications.ts';
import { deployerBinding, openScene, type Person, type ReadObject, type Scene } from './stand-ins-scene.ts';

type Eyes = ReturnType<typeof lookingAs>;

let scene: Scene;
let admin: Person;
let read: Eyes['read'];
let names: Eyes['names'];
let until: Eyes['until'];
let gone: Eyes['gone'];
beforeAll(async () => {
  scene = await openScene();
  admin = scene.admin;
  ({ read, names, until, gone } = lookingAs(admin));
}, 1_200_000);

afterAll(async () => {
  await scene?.close();
});

describe('KubeVela', () => {
  it('makes what an Application asks for, as the ServiceAccount that it names', async () => {
    await scene.apply(admin, application('web', [webservice(2, gateway)]));
    const status = await until('web', 'running', runs('r1'));
    expect(status.services).toMatchObject([{ name: 'web', healthy: true, message: 'Ready:2/2' }]);
    expect(status.conditions.map(({ type }: ReadObject) => type)).toEqual([
      'Parsed',
      'Revision',
      'Policy',
      'Render',
      'Workflow',
      'Ready',
    ]);
    expect(status.appliedResources.map(({ kind }: ReadObject) => kind)).toEqual(['Deployment', 'Ingress', 'Service']);
    const { metadata, spec } = await read('deployment', 'web');
    expect(spec.replicas).toBe(2);
    expect(metadata.labels).toMatchObject({
      'app.oam.dev/name': 'web',
      'app.oam.dev/appRevision': 'web-v1',
      'app.oam.dev/resourceType': 'WORKLOAD',
      'kubenova.io/managed-by': 'vela',
    });
    expect((await read('applicationrevision', 'web-v1')).status.succeeded).toBe(true);
    const tracker = await admin.read('resourcetracker', 'web-r1-acme-shop');
    expect(tracker.spec.managedResources.map(({ kind }: ReadObject) => kind)).toEqual([
      'Deployment',
      'Ingress',
      'Service',
    ]);
  });

  it('deploys a changed spec only under a new publishVersion, and then removes what it no longer has', async () => {
    await scene.apply(admin, application('web', [webservice(3)]));
    await until('web', 'looked at again', (status) => status.observedGeneration === 2);
    expect((await read('deployment', 'web')).spec.replicas).toBe(2);
    await scene.apply(admin, application('web', [webservice(3)], { version: 'r2' }));
    await until('web', 'running r2', runs('r2'));
    expect((await read('deployment', 'web')).spec.replicas).toBe(3);
    await gone('ingress', 'web');
    await gone('resourcetracker', 'web-r1-acme-shop');
    expect(await names('applicationrevision', '--namespace=acme-shop')).toEqual(['web-v1', 'web-v2']);
  });

  it('brings a deleted object back when an annotation changes', async () => {
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'deployment', 'web']);
    await admin.kubectl(['--namespace=acme-shop', 'annotate', 'application', 'web', 'kubenova.io/poke=1']);
    await waitFor({ what: 'the Deployment', timeoutMs: 30_000, look: () => read('deployment', 'web') });
  });

  it('applies nothing of a component of which the server refuses an object, and gives the server’s words', async () => {
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'stolen' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [],
    };
    const masters = {
      'app.oam.dev/service-account-name': 'kubenova-deployer',
      'app.oam.dev/group': 'system:masters',
    };
    const deployer = 'User "system:serviceaccount:acme-shop:kubenova-deployer" cannot';
    const cases: [string, object, string][] = [
      [
        'cluster-wide',
        application('cluster-wide', [objects(configMap('beside'), binding)]),
        `${deployer} get resource "clusterrolebindings"`,
      ],
      [
        'elsewhere',
        application('elsewhere', [objects(configMap('c', 'other-shop'))]),
        `${deployer} get resource "configmaps"`,
      ],
      [
        'nobody',
        application('nobody', [objects(configMap('c'))], { annotations: {} }),
        'cannot impersonate resource "users"',
      ],
      [
        'masters',
        application('masters', [objects(configMap('c'))], { annotations: masters }),
        'cannot impersonate resource "groups"',
      ],
      [
        'no-kind',
        application('no-kind', [objects({ ...configMap('c'), apiVersion: 'foo.example/v1', kind: 'Foo' })]),
        'no matches for kind "Foo"',
      ],
      [
        'stranger',
        application('stranger', [objects({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } })]),
        'is managed by other application acme-shop/web',
      ],
      ['empty', application('empty', [objects()]), 'index out of range [0] with length 0'],
    ];
    await scene.apply(admin, ...cases.map(([, object]) => object));
    for (const [name, , words] of cases) {
      const status = await until(name, 'refused', (it) => stepOf(it).phase === 'failed');
      expect([name, status.status]).toEqual([name, 'runningWorkflow']);
      expect(stepOf(status)).toMatchObject({ reason: 'Execute', message: expect.stringContaining(words) });
    }
    expect(await names('configmaps', '--namespace=acme-shop')).not.toContain('beside');
    expect(await names('clusterrolebindings')).not.toContain('stolen');
    const failed = await until('cluster-wide', 'given up', (status) => status.status === 'workflowFailed');
    expect(stepOf(failed).reason).toBe('FailedAfterRetries');
    expect(failed.workflow).toMatchObject({ finished: true, terminated: true, status: 'failed' });
    for (const [name] of cases) {
      await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', name, '--timeout=30s']);
    }
  });

  it('stays rendering on a type that it does not know', async () => {
    await scene.apply(admin, application('unknown', [{ name: 'c', type: 'nosuch', properties: {} }]));
    const status = await until('unknown', 'rendering', (it) => it.status === 'rendering');
    expect(status.conditions).toMatchObject([{ type: 'Parsed', status: 'False', reason: 'ReconcileError' }]);
    expect(status.conditions[0].message).toContain('"nosuch" not found');
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'unknown', '--timeout=30s']);
  });

  it('calls raw objects healthy at once, and a webservice only when its pods are ready', async () => {
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '9999' } } }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'raw' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    };
    const big = { name: 'big', type: 'webservice', properties: { image: 'x', cpu: '9999' } };
    await scene.apply(admin, application('raw', [objects(deployment)]), application('big', [big]));
    await until('raw', 'running', runs('r1'));
    const waiting = await until('big', 'waiting', (status) => stepOf(status).phase === 'running');
    expect(waiting).toMatchObject({ status: 'runningWorkflow', services: [{ healthy: false, message: 'Ready:0/1' }] });
    expect(stepOf(waiting)).toMatchObject({ reason: 'Wait', message: 'wait healthy' });
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'raw', 'big', '--timeout=30s']);
  });

  it('runs components of every kind, with their traits', async () => {
    const image = { image: 'x' };
    const storage = {
      emptyDir: [{ name: 'tmp', mountPath: '/tmp' }],
      configMap: [{ name: 'kinds-settings', mountPath: '/etc/kinds', data: { a: '1' } }],
    };
    const traits = [
      { type: 'env', properties: { env: { LEVEL: 'debug' } } },
      { type: 'labels', properties: { tier: 'data' } },
      { type: 'annotations', properties: { note: 'hello' } },
      { type: 'resource', properties: { cpu: '1', memory: '1Gi' } },
      { type: 'storage', properties: storage },
    ];
    const components = [
      { name: 'kept', type: 'statefulset', properties: image, traits },
      { name: 'everywhere', type: 'daemon', properties: image },
      { name: 'once', type: 'task', properties: image },
      { name: 'nightly', type: 'cron-task', properties: { ...image, schedule: '0 3 * * *' } },
    ];
    await scene.apply(admin, application('kinds', components));
    const status = await until('kinds', 'running', runs('r1'));
    expect(status.services).toMatchObject([
      { name: 'kept', healthy: true, message: 'Ready:1/1' },
      { name: 'everywhere', healthy: true, message: expect.stringMatching(/^Ready:(\d+)\/\1$/) },
      { name: 'once', healthy: true, message: 'Active/Failed/Succeeded:0/0/1' },
      { name: 'nightly', healthy: true },
    ]);
    const { metadata, spec } = await read('statefulset', 'kept');
    expect(metadata).toMatchObject({ labels: { tier: 'data' }, annotations: { note: 'hello' } });
    const [container] = spec.template.spec.containers;
    expect(container.env).toEqual([{ name: 'LEVEL', value: 'debug' }]);
    expect(container.resources.limits).toEqual({ cpu: '1', memory: '1Gi' });
    expect(container.volumeMounts.map(({ name }: ReadObject) => name).sort()).toEqual([
      'configmap-kinds-settings',
      'emptydir-tmp',
    ]);
    expect((await read('configmap', 'kinds-settings')).data).toEqual({ a: '1' });
    expect(await names('jobs', '--namespace=acme-shop')).toContain('kinds-once');
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'kinds', '--timeout=60s']);
  });

  it('tells what it does in events on the Application', async () => {
    await scene.apply(admin, application('told', [objects(configMap('told'))]));
    await until('told', 'running', runs('r1'));
    const reasons = await waitFor({
      what: 'the event of a deployment',
      timeoutMs: 30_000,
      async look() {
        const selector = '--field-selector=involvedObject.kind=Application,involvedObject.name=told,type=Normal';
        const { items } = await admin.read('events', '--namespace=acme-shop', selector);
        const found: string[] = items.map(({ reason }: ReadObject) => reason);
        return found.includes('Deployed') ? found : undefined;
      },
    });
    expect([...new Set(reasons)].sort()).toEqual([
      'Applied',
      'Deployed',
      'Parsed',
      'PolicyGenerated',
      'Rendered',
      'Revisioned',
    ]);
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'told', '--timeout=30s']);
  });

  const operate = async (name: string, workflow: ReadObject, operation: 'resume' | 'terminate') => {
    const patch = `--patch=${JSON.stringify(operated(workflow, operation))}`;
    const words = ['patch', 'application', name, '--subresource=status', '--type=merge', patch];
    expect((await admin.kubectl(['--namespace=acme-shop', ...words])).code).toBe(0);
  };
  const component = (name: string) => ({ ...objects(configMap(name)), name });
  const applying = (name: string) => ({ name, type: 'apply-component', properties: { component: name } });

  it('suspends a workflow of its own, and goes on when it is resumed', async () => {
    const group = { name: 'both', type: 'step-group', subSteps: [applying('flow-b'), applying('flow-c')] };
    const steps = [applying('flow-a'), { name: 'approve', type: 'suspend' }, group];
    const components = ['flow-a', 'flow-b', 'flow-c'].map(component);
    await scene.apply(admin, application('flow', components, { spec: { workflow: { steps } } }));
    const suspended = await until('flow', 'suspended', (status) => status.status === 'workflowSuspending');
    expect(phasesOf(suspended)).toEqual(['flow-a succeeded', 'approve suspending']);
    expect(suspended.workflow).toMatchObject({ suspend: true, mode: 'StepByStep-DAG', status: 'suspending' });
    expect(suspended.workflow.steps[1].reason).toBe('Suspend');
    expect(await names('configmaps', '--namespace=acme-shop')).not.toContain('flow-b');
    await operate('flow', suspended.workflow, 'resume');
    const status = await until('flow', 'running', runs('r1'));
    expect(phasesOf(status)).toEqual(['flow-a succeeded', 'approve succeeded', 'both succeeded']);
    expect(await names('configmaps', '--namespace=acme-shop')).toEqual(expect.arrayContaining(['flow-b', 'flow-c']));
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'flow', '--timeout=30s']);
  });

  it('ends a workflow that is terminated, and skips the rest of it', async () => {
    const steps = [{ name: 'approve', type: 'suspend' }, applying('never')];
    await scene.apply(admin, application('ended', [component('never')], { spec: { workflow: { steps } } }));
    const suspended = await until('ended', 'suspended', (status) => status.status === 'workflowSuspending');
    await operate('ended', suspended.workflow, 'terminate');
    const status = await until('ended', 'terminated', (it) => it.status === 'workflowTerminated');
    expect(phasesOf(status)).toEqual(['approve failed', 'never skipped']);
    expect(status.workflow).toMatchObject({ finished: true, terminated: true, status: 'terminated' });
    expect(await names('configmaps', '--namespace=acme-shop')).not.toContain('never');
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'ended', '--timeout=30s']);
  });

  it('deploys by its policies, and waits for another Application', async () => {
    const traits = [{ type: 'scaler', properties: { replicas: 2 } }];
    const properties = { components: [{ name: 'placed', traits }] };
    const policies = [
      { name: 'here', type: 'topology', properties: { clusters: ['local'] } },
      { name: 'more', type: 'override', properties },
    ];
    const base = { name: 'base', type: 'depends-on-app', properties: { name: 'base', namespace: 'acme-shop' } };
    const deploy = { name: 'deploy', type: 'deploy', properties: { policies: ['here', 'more'] } };
    const workflow = { steps: [base, deploy] };
    await scene.apply(
      admin,
      application('base', [component('base')], { spec: { workflow: { steps: [{ name: 'hold', type: 'suspend' }] } } }),
    );
    const held = await until('base', 'suspended', (status) => status.status === 'workflowSuspending');
    await scene.apply(
      admin,
      application('placed', [{ ...webservice(1), name: 'placed' }], { spec: { policies, workflow } }),
    );
    const waiting = await until('placed', 'waiting', (status) => stepOf(status).phase === 'running');
    expect(stepOf(waiting)).toMatchObject({ name: 'base', type: 'depends-on-app', reason: 'Wait' });
    await operate('base', held.workflow, 'resume');
    const status = await until('placed', 'running', runs('r1'));
    expect(status.services).toMatchObject([{ name: 'placed', cluster: 'local', healthy: true }]);
    expect((await read('deployment', 'placed')).spec.replicas).toBe(2);
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'placed', 'base', '--timeout=30s']);
  });

  it('lets drift what a policy lets drift, and keeps what an older version made', async () => {
    const policies = [
      { name: 'once', type: 'apply-once', properties: { enable: true } },
      { name: 'keep', type: 'garbage-collect', properties: { keepLegacyResource: true } },
    ];
    const spec = { policies };
    await scene.apply(admin, application('loose', [component('loose-a'), component('loose-b')], { spec }));
    await until('loose', 'running', runs('r1'));
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'configmap', 'loose-a']);
    await scene.apply(admin, application('loose', [component('loose-c')], { spec, version: 'r2' }));
    await until('loose', 'running r2', runs('r2'));
    const left = await names('configmaps', '--namespace=acme-shop');
    expect(left).toEqual(expect.arrayContaining(['loose-b', 'loose-c']));
    expect(left).not.toContain('loose-a');
    await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'loose', '--timeout=30s']);
    expect(await names('configmaps', '--namespace=acme-shop')).not.toContain('loose-b');
  });

  it('stays rendering on a policy and a step that it does not know', async () => {
    const policies = [{ name: 'p', type: 'nosuch', properties: {} }];
    const workflow = { steps: [{ name: 's', type: 'nosuch' }] };
    await scene.apply(
      admin,
      application('odd-policy', [component('odd')], { spec: { policies } }),
      application('odd-step', [component('odd')], { spec: { workflow } }),
    );
    for (const [name, words] of [
      ['odd-policy', 'failed to parsePolicies: fetch component/policy type of p'],
      ['odd-step', 'failed to parseWorkflowSteps: failed to get workflow step definition nosuch'],
    ] as const) {
      const status = await until(name, 'rendering', (it) => it.status === 'rendering');
      expect(status.conditions[0]).toMatchObject({ type: 'Parsed', status: 'False' });
      expect(status.conditions[0].message).toContain(words);
      await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', name, '--timeout=30s']);
    }
  });

  it('deletes an Application with all that it made', async () => {
    const answer = await admin.kubectl(['--namespace=acme-shop', 'delete', 'application', 'web', '--timeout=30s']);
    expect(answer.code).toBe(0);
    await gone('deployment', 'web');
    expect(await names('resourcetracker')).toEqual([]);
    expect(await names('applicationrevision', '--namespace=acme-shop')).toEqual([]);
  });

  it('cannot delete without the rights of the ServiceAccount; a tracker that is left over blocks the next of the name', async () => {
    const namespace = 'acme-blog';
    const app = application('notes', [objects(configMap('notes'))], { namespace });
    await scene.apply(admin, app);
    await until('notes', 'running', runs('r1'), namespace);
    await admin.kubectl(['--namespace', namespace, 'delete', 'rolebinding', 'kubenova-deployer']);
    await admin.kubectl(['--namespace', namespace, 'delete', 'application', 'notes', '--wait=false']);
    const stuck = await until('notes', 'stuck', (status) => status.status === 'deleting', namespace);
    const ready = stuck.conditions.find(({ type }: ReadObject) => type === 'Ready');
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'Deleting',
      message: expect.stringContaining('cannot get resource "configmaps"'),
    });
    const patch = ['--type=merge', '--patch={"metadata":{"finalizers":null}}'];
    await admin.kubectl(['--namespace', namespace, 'patch', 'application', 'notes', ...patch]);
    await gone('application', 'notes', namespace);
    expect(await names('resourcetracker')).toEqual(['notes-r1-acme-blog']);

    await scene.apply(admin, deployerBinding(namespace), app);
    const blocked = await until('notes', 'blocked', (status) => status.status === 'starting', namespace);
    expect(blocked.conditions[0]).toMatchObject({ type: 'Synced', status: 'False' });
    expect(blocked.conditions[0].message).toContain('exists but controlled by another application');
    await admin.kubectl(['patch', 'resourcetracker', 'notes-r1-acme-blog', ...patch]);
    await until('notes', 'running', runs('r1'), namespace);
    expect(
      (await admin.kubectl(['--namespace', namespace, 'delete', 'application', 'notes', '--timeout=30s'])).code,
    ).toBe(0);
  });
});
