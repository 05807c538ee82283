/**
 * The cluster baseline on a real API server: every identity does what it is there for, with the admission policies on,
 * and everybody else is refused, `system:masters` included. Identities are impersonated by an administrator; where a
 * policy and not RBAC is to be shown, they are impersonated together with `system:masters`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VELA_CORE_USER } from '@kubenova/domain/admission/users.ts';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import { DELIVERABLE_KINDS } from '@kubenova/domain/deliverable-kinds.ts';
import { VELA_GROUP, VELA_SERVICE_ACCOUNT, VELA_USERNAME } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import {
  AGENT_ACCOUNT,
  DEPLOYER,
  MANAGER_ACCOUNT,
  SYSTEM_NAMESPACE,
  serviceAccountUser,
} from '@kubenova/domain/names.ts';
import { planApply } from '@kubenova/domain/plan.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { sandboxNamespaceObjects } from '@kubenova/domain/sandbox-namespace.ts';
import { capsuleTenant } from '@kubenova/domain/tenant-state.ts';
import { containerState, exampleApp, exampleSandbox } from '@kubenova/domain/testing/fixtures.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { SubjectAccessReview } from '@kubenova/kube/kinds/authorization.ts';
import { ConfigMap, Namespace, Pod, Secret, Service } from '@kubenova/kube/kinds/core.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

/** Two policies refuse a change of an Application; the API server tells of either. */
const NOT_YOURS = /written by KubeNova's Agent only|belongs to an App/;
const MASTERS = ['system:masters'];
const AGENT = serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT);
const MANAGER = serviceAccountUser(SYSTEM_NAMESPACE, MANAGER_ACCOUNT);
const deployerOf = (namespace: string): string => serviceAccountUser(namespace, DEPLOYER);
const kubeSystem = (name: string): string => serviceAccountUser('kube-system', name);
const app = exampleApp;
const sandbox = exampleSandbox;
const web = { namespace: app.namespace, name: app.name };

let folder: string;
let cluster: RealCluster;
let admin: KubeClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubenova-admission-'));
  cluster = await startRealCluster({ name: 'zone-a', dataDir: folder, binaries: await ensureBinaries() });
  admin = createKubeClient(parseKubeconfig(cluster.adminKubeconfigYaml));
  for (const object of clusterBaseline()) await apply(admin, object);
  await waitFor({
    what: 'the admission policies to be enforced',
    timeoutMs: 60_000,
    look: async () => ((await policiesAreEnforced()) ? true : undefined),
  });
  // As the Manager does it, with the Manager's rights and no more.
  const manager = admin.impersonate({ username: MANAGER });
  await apply(manager, capsuleTenant({ tenant: app.tenant, settings: {} }));
  const inApp = appNamespaceObjects(app);
  const inSandbox = sandboxNamespaceObjects(sandbox);
  for (const object of [inApp.namespace, inApp.serviceAccount, ...inApp.bindings]) await apply(manager, object);
  for (const object of [inSandbox.namespace, ...inSandbox.bindings]) await apply(manager, object);
}, 1_800_000);

afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

function resourceOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource {
  const resource = knownResource(object);
  if (resource === undefined) throw new Error(`${object.kind} is not known.`);
  return resource;
}

async function apply(client: KubeClient, object: Manifest): Promise<void> {
  await client.apply(resourceOf(object), object, { fieldManager: 'test', force: true });
}

/** What the API server says against it; undefined when it has nothing against it. */
async function refusal(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof KubeError && (error.reason === 'Invalid' || error.reason === 'Forbidden'))
      return error.message;
    throw error;
  }
}

/** A user with every right that RBAC can give, so that only a policy can stand in the way. */
function allowed(username: string, groups: readonly string[] = []): KubeClient {
  return admin.impersonate({ username, groups: [...MASTERS, ...groups] });
}

function runAs(serviceAccountName: string, namespace: string, client = admin): Promise<unknown> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'thief', namespace },
    spec: { serviceAccountName, containers: [{ name: 'c', image: 'busybox' }] },
  };
  return client.create(Pod, pod as never, { dryRun: true });
}

/** A Secret into which Kubernetes writes a token of the account. */
function tokenSecret(account: string, namespace: string): never {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 'token', namespace, annotations: { 'kubernetes.io/service-account.name': account } },
  } as never;
}

/** Something of everything that the policies refuse and that can be tried on an empty cluster. */
async function policiesAreEnforced(): Promise<boolean> {
  const application = rendered();
  application.metadata = { ...application.metadata, namespace: 'default' };
  const labelled = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'probe', namespace: 'default', labels: { 'kubenova.io/managed-by': 'vela' } },
  };
  const refusals = await Promise.all([
    refusal(admin.create(Application, asApplication(application), { dryRun: true })),
    refusal(admin.create(ConfigMap, labelled as never, { dryRun: true })),
    refusal(admin.create(Secret, tokenSecret(DEPLOYER, 'default'), { dryRun: true })),
  ]);
  return refusals.every((text) => text !== undefined);
}

function rendered(tag = '1.29'): Manifest {
  const result = renderApplication(
    containerState({ image: 'nginx', tag, ports: [80], replicas: 2, host: 'a.example.com' }),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.application;
}

function withAnnotations(object: Manifest, annotations: Record<string, string | undefined>): Manifest {
  const merged = Object.entries({ ...object.metadata.annotations, ...annotations });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...object, metadata: { ...object.metadata, annotations: Object.fromEntries(kept) } };
}

const asApplication = (object: Manifest): never => object as never;

describe('Applications', () => {
  it('are delivered when the Agent applies them, by KubeVela acting as the App', async () => {
    const agent = admin.impersonate({ username: AGENT });
    await apply(agent, rendered());
    await waitFor({
      what: 'the Deployment to be available',
      timeoutMs: 90_000,
      giveUp: () => cluster.assertAlive(),
      look: async () => {
        const deployment = await admin.find(Deployment, web);
        return deployment?.status?.availableReplicas === 2 ? true : undefined;
      },
    });
    expect(await admin.get(Service, web)).toMatchObject({ spec: { ports: [{ port: 80 }] } });
    await waitFor({
      what: 'the Application to run',
      timeoutMs: 60_000,
      look: async () => ((await admin.get(Application, web)).status?.status === 'running' ? true : undefined),
    });
  });

  it.each([
    ['an administrator', () => admin],
    ['the Manager', () => allowed(MANAGER)],
    ['KubeVela itself', () => allowed(VELA_CORE_USER)],
    ['the account of the App', () => allowed(deployerOf(app.namespace))],
    ['the Agent of another namespace', () => allowed(serviceAccountUser('default', AGENT_ACCOUNT))],
  ])('%s may not create or change one', async (_who, client) => {
    const other = rendered();
    // Without the label by which the policy on what KubeVela made would speak up too.
    other.metadata = { ...other.metadata, name: 'other', labels: {} };
    const create = client().create(Application, asApplication(other), { dryRun: true });
    expect(await refusal(create)).toContain("written by KubeNova's Agent only");
    const patch = { spec: { components: [] } };
    const change = client().patch(Application, web, patch, { type: 'merge', dryRun: true });
    expect(await refusal(change)).toMatch(NOT_YOURS);
  });

  it('an administrator may not delete one, KubeVela and the garbage collector may', async () => {
    const remove = (client: KubeClient) =>
      client.request('DELETE', `/apis/core.oam.dev/v1beta1/namespaces/${app.namespace}/applications/${app.name}`, {
        query: { dryRun: 'All' },
      });
    expect(await refusal(remove(admin))).toMatch(NOT_YOURS);
    for (const user of [
      VELA_CORE_USER,
      kubeSystem('generic-garbage-collector'),
      kubeSystem('namespace-controller'),
      AGENT,
    ]) {
      expect(await refusal(remove(allowed(user)))).toBeUndefined();
    }
  });

  it('KubeVela may set its finalizers and annotations, but nobody an identity', async () => {
    const annotate = (client: KubeClient, annotations: Record<string, string | null>) =>
      client.patch(Application, web, { metadata: { annotations } }, { type: 'merge', dryRun: true });
    const vela = allowed(VELA_CORE_USER);
    expect(await refusal(annotate(vela, { 'oam.dev/kubevela-version': 'v1' }))).toBeUndefined();
    for (const client of [vela, allowed(AGENT)]) {
      const forgeries: [string, string | null][] = [
        [VELA_USERNAME, 'kubernetes-admin'],
        [VELA_GROUP, 'system:masters'],
        [VELA_SERVICE_ACCOUNT, 'default'],
        [VELA_SERVICE_ACCOUNT, null],
      ];
      for (const [key, value] of forgeries) {
        expect(await refusal(annotate(client, { [key]: value }))).toContain(`run as the ServiceAccount ${DEPLOYER}`);
      }
    }
  });

  it.each([
    ['a user name', { [VELA_USERNAME]: 'kubernetes-admin' }],
    ['a group', { [VELA_GROUP]: 'system:masters' }],
    ['an empty user name', { [VELA_USERNAME]: '' }],
    ['another account', { [VELA_SERVICE_ACCOUNT]: 'default' }],
    ['no account', { [VELA_SERVICE_ACCOUNT]: undefined }],
  ])('not even the Agent may create one with %s', async (_what, annotations) => {
    const other = withAnnotations(rendered(), annotations);
    other.metadata.name = 'other';
    const create = allowed(AGENT).create(Application, asApplication(other), { dryRun: true });
    expect(await refusal(create)).toContain(`run as the ServiceAccount ${DEPLOYER}`);
  });

  it('none without any annotation either', async () => {
    const other = rendered();
    other.metadata = { name: 'other', namespace: app.namespace };
    const create = allowed(AGENT).create(Application, asApplication(other), { dryRun: true });
    expect(await refusal(create)).toContain(`run as the ServiceAccount ${DEPLOYER}`);
  });

  it('none may be in a sandbox: RBAC stops the Agent, and the policy would', async () => {
    const misplaced = rendered();
    misplaced.metadata = { ...misplaced.metadata, namespace: sandbox.namespace };
    const attempt = (client: KubeClient) =>
      refusal(client.create(Application, asApplication(misplaced), { dryRun: true }));
    expect(await attempt(admin.impersonate({ username: AGENT }))).toContain('cannot create resource "applications"');
    expect(await attempt(allowed(AGENT))).toContain('No KubeVela Application may be in a sandbox');
  });
});

describe('what KubeVela made for an App', () => {
  const change = { metadata: { annotations: { touched: 'yes' } } };
  const touch = (client: KubeClient) => refusal(client.patch(Deployment, web, change, { type: 'merge', dryRun: true }));

  it.each([
    ['an administrator', () => admin],
    ['the Manager', () => allowed(MANAGER)],
    ["another App's account", () => allowed(deployerOf('tn-acme-shop-app-other'))],
    ['a member of the tenant with every right', () => allowed('ann', ['acme-devs'])],
  ])('is not changed by %s', async (_who, client) => {
    expect(await touch(client())).toContain('belongs to an App');
  });

  it.each<[string, () => string, string[]?]>([
    ['the App itself', () => deployerOf(app.namespace)],
    ['KubeVela', () => VELA_CORE_USER],
    ['the Agent', () => AGENT],
    ['a controller of Kubernetes', () => kubeSystem('deployment-controller')],
    ['the scheduler', () => 'system:kube-scheduler'],
    ['a node', () => 'system:node:node-1', ['system:nodes']],
  ])('is changed by %s', async (_who, user, groups = []) => {
    expect(await touch(allowed(user(), groups))).toBeUndefined();
  });

  it('is neither deleted, nor stripped of its label, nor forged', async () => {
    const remove = admin.request('DELETE', `/apis/apps/v1/namespaces/${app.namespace}/deployments/${app.name}`, {
      query: { dryRun: 'All' },
    });
    expect(await refusal(remove)).toContain('belongs to an App');
    const strip = { metadata: { labels: { 'kubenova.io/managed-by': null } } };
    expect(await refusal(admin.patch(Service, web, strip, { type: 'merge', dryRun: true }))).toContain(
      'belongs to an App',
    );
    const forged = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'forged', namespace: sandbox.namespace, labels: { 'kubenova.io/managed-by': 'vela' } },
    };
    expect(await refusal(admin.create(ConfigMap, forged as never, { dryRun: true }))).toContain('belongs to an App');
  });

  it('is scaled by the autoscaler alone', async () => {
    const scale = (client: KubeClient) =>
      refusal(
        client.patch(Deployment, web, { spec: { replicas: 5 } }, { type: 'merge', subresource: 'scale', dryRun: true }),
      );
    expect(await scale(admin)).toContain("An App's replicas are set in KubeNova");
    expect(await scale(allowed(deployerOf(app.namespace)))).toContain("An App's replicas are set in KubeNova");
    expect(await scale(allowed(kubeSystem('horizontal-pod-autoscaler')))).toBeUndefined();
  });

  it('does not stand in the way of anything else', async () => {
    const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: sandbox.namespace } };
    expect(await refusal(admin.create(ConfigMap, own as never, { dryRun: true }))).toBeUndefined();
  });
});

describe("the deployer's account", () => {
  it.each([app.namespace, sandbox.namespace])('runs no pod in %s', async (namespace) => {
    // Members may make an account of that name in a sandbox; without one the API server refuses the pod by itself.
    await apply(admin, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEPLOYER, namespace } });
    for (const client of [admin, allowed(deployerOf(namespace)), allowed(kubeSystem('replicaset-controller'))]) {
      expect(await refusal(runAs(DEPLOYER, namespace, client))).toContain(`No pod may run as ${DEPLOYER}`);
    }
  });

  it('other accounts run pods', async () => {
    expect(await refusal(runAs('default', 'default'))).toBeUndefined();
    expect(await refusal(runAs('default', app.namespace))).toBeUndefined();
  });

  it('gives nobody a token, while other accounts do', async () => {
    const token = (account: string, client: KubeClient) =>
      refusal(
        client.request('POST', `/api/v1/namespaces/${app.namespace}/serviceaccounts/${account}/token`, {
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
        }),
      );
    expect(await token(DEPLOYER, admin)).toContain(`Nobody may have a token of ${DEPLOYER}`);
    expect(await token(DEPLOYER, allowed('system:node:node-1'))).toContain(`Nobody may have a token of ${DEPLOYER}`);
    expect(await token('default', admin)).toBeUndefined();
  });

  it('is written into no Secret', async () => {
    const create = (account: string) =>
      refusal(admin.create(Secret, tokenSecret(account, app.namespace), { dryRun: true }));
    // The client withholds the text, since it could quote a secret; that the other account passes shows the policy.
    expect(await create(DEPLOYER)).toContain('Invalid');
    expect(await create('default')).toBeUndefined();
    const ordinary = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'plain', namespace: app.namespace } };
    expect(await refusal(admin.create(Secret, ordinary as never, { dryRun: true }))).toBeUndefined();
  });

  it('may do with every kind that the guard lets through what KubeVela needs', async () => {
    for (const { group, resource } of DELIVERABLE_KINDS) {
      for (const verb of ['get', 'create', 'patch', 'delete']) {
        expect(await may(deployerOf(app.namespace), [], { group, resource, verb, namespace: app.namespace })).toBe(
          true,
        );
        expect(await may(deployerOf(app.namespace), [], { group, resource, verb, namespace: sandbox.namespace })).toBe(
          false,
        );
      }
    }
    const rbac = {
      group: 'rbac.authorization.k8s.io',
      resource: 'rolebindings',
      verb: 'create',
      namespace: app.namespace,
    };
    expect(await may(deployerOf(app.namespace), [], rbac)).toBe(false);
  });
});

async function may(
  user: string,
  groups: readonly string[],
  of: { group?: string; resource: string; subresource?: string; verb: string; namespace?: string },
): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: { user, groups: [...groups, 'system:authenticated'], resourceAttributes: of },
  };
  const answer = await admin.create(SubjectAccessReview, review as never);
  return answer.status?.allowed === true;
}

describe('people', () => {
  const devs = ['kubenova-users', 'acme-devs'];
  const viewers = ['kubenova-users', 'acme-viewers'];
  type Row = [verb: string, resource: string, app: boolean, sandbox: boolean, viewer: boolean];
  const rows: Row[] = [
    ['list', 'pods', true, true, true],
    ['get', 'pods/log', true, true, true],
    ['create', 'pods/exec', true, true, false],
    ['get', 'pods/exec', true, true, false],
    ['create', 'pods/portforward', true, true, false],
    ['get', 'apps/deployments', true, true, true],
    ['create', 'apps/deployments', false, true, false],
    ['patch', 'apps/deployments', false, true, false],
    ['patch', 'apps/deployments/scale', false, true, false],
    ['delete', 'pods', false, true, false],
    ['create', 'configmaps', false, true, false],
    ['get', 'secrets', false, true, false],
    ['list', 'secrets', false, true, false],
    ['create', 'secrets', false, true, false],
    ['create', 'networking.k8s.io/ingresses', false, true, false],
    ['create', 'networking.k8s.io/networkpolicies', false, false, false],
    ['delete', 'resourcequotas', false, false, false],
    ['create', 'rbac.authorization.k8s.io/rolebindings', false, false, false],
    ['create', 'serviceaccounts/token', false, false, false],
    ['impersonate', 'serviceaccounts', false, false, false],
    ['get', 'core.oam.dev/applications', false, false, false],
    ['create', 'core.oam.dev/applications', false, false, false],
  ];

  it.each(rows)('%s %s', async (verb, what, inApp, inSandbox, viewer) => {
    const parts = what.split('/');
    const group = parts[0] !== undefined && (parts[0] === 'apps' || parts[0].includes('.')) ? parts.shift() : '';
    const [resource = '', subresource] = parts;
    const ask = (groups: readonly string[], namespace: string) =>
      may('ann', groups, { group, resource, subresource, verb, namespace });
    expect(await ask(devs, app.namespace), 'a member in the app namespace').toBe(inApp);
    expect(await ask(devs, sandbox.namespace), 'a member in the sandbox').toBe(inSandbox);
    expect(await ask(viewers, app.namespace), 'a viewer in the app namespace').toBe(viewer);
    expect(await ask(viewers, sandbox.namespace), 'a viewer in the sandbox').toBe(viewer);
    expect(await ask(devs, 'kube-system'), 'a member elsewhere').toBe(false);
    expect(await ask(['kubenova-users', 'other-devs'], app.namespace), 'somebody of another tenant').toBe(false);
  });

  it('a pod that reaches for the node is refused in a sandbox and in an app namespace', async () => {
    for (const namespace of [app.namespace, sandbox.namespace]) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'escape', namespace },
        spec: { hostNetwork: true, containers: [{ name: 'c', image: 'busybox' }] },
      };
      expect(await refusal(admin.create(Pod, pod as never, { dryRun: true }))).toContain(
        'violates PodSecurity "baseline',
      );
    }
  });
});

describe('in the end', () => {
  it('a settled namespace needs no write, whatever the API server and Capsule added', async () => {
    const inApp = appNamespaceObjects(app);
    const inSandbox = sandboxNamespaceObjects(sandbox);
    const desired = [
      ...clusterBaseline(),
      capsuleTenant({ tenant: app.tenant, settings: { quotas: { pods: '50', 'limits.cpu': '2000m' } } }),
      inApp.namespace,
      inApp.serviceAccount,
      ...inApp.bindings,
      inSandbox.namespace,
      ...inSandbox.bindings,
    ];
    const observe = () => Promise.all(desired.map((object) => admin.find(resourceOf(object), object.metadata)));
    const manager = allowed(MANAGER, ['kubenova-system-administrators']);
    for (const step of planApply((await observe()) as Manifest[], desired)) {
      expect(step.action).toBe('apply');
      if (step.action === 'apply') await apply(manager, step.object);
    }
    expect(planApply((await observe()) as Manifest[], desired)).toEqual([]);
  });

  it('the App goes: Application, bindings, namespace, and nothing sticks', async () => {
    const agent = admin.impersonate({ username: AGENT });
    await agent.delete(Application, web);
    await waitFor({
      what: 'the Application to be gone',
      timeoutMs: 60_000,
      look: async () => ((await admin.find(Application, web)) === undefined ? true : undefined),
    });
    expect(await admin.find(Deployment, web)).toBeUndefined();
    // A leftover with the label: the namespace controller must be able to clear it away.
    const leftover = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'leftover', namespace: app.namespace, labels: { 'kubenova.io/managed-by': 'vela' } },
    };
    await allowed(deployerOf(app.namespace)).create(ConfigMap, leftover as never);
    const manager = admin.impersonate({ username: MANAGER });
    for (const object of appNamespaceObjects(app).bindings) await manager.delete(resourceOf(object), object.metadata);
    await manager.delete(Namespace, { name: app.namespace });
    await waitFor({
      what: 'the namespace to be gone',
      timeoutMs: 60_000,
      look: async () => ((await admin.find(Namespace, { name: app.namespace })) === undefined ? true : undefined),
    });
  });
});
