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
