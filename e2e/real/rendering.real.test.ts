/**
 * What the domain renders is what KubeVela takes: every option of a `containerImage`, and every kind that the guard lets
 * through, delivered by KubeVela under the App's own account.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { appNamespaceObjects } from '@kubenova/domain/app-namespace.ts';
import type { AppState } from '@kubenova/domain/app-state.ts';
import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import { componentHealths, workloadsCondition } from '@kubenova/domain/component-health.ts';
import { DELIVERABLE_KINDS } from '@kubenova/domain/deliverable-kinds.ts';
import { VELA_PUBLISH_VERSION } from '@kubenova/domain/labels.ts';
import type { Manifest } from '@kubenova/domain/manifest.ts';
import { AGENT_ACCOUNT, SYSTEM_NAMESPACE, serviceAccountUser } from '@kubenova/domain/names.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { capsuleTenant } from '@kubenova/domain/tenant-state.ts';
import { containerExamples } from '@kubenova/domain/testing/container-examples.ts';
import { containerState, exampleApp, exampleState } from '@kubenova/domain/testing/fixtures.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import { Deployment } from '@kubenova/kube/kinds/apps.ts';
import { Pod, Service } from '@kubenova/kube/kinds/core.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import { Ingress } from '@kubenova/kube/kinds/networking.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { parseKubeconfig } from '@kubenova/kube/kubeconfig.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type RealCluster, startRealCluster } from './stack/cluster.ts';

const { namespace } = exampleApp;
let folder: string;
let cluster: RealCluster;
let admin: KubeClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubenova-rendering-'));
  cluster = await startRealCluster({ name: 'zone-a', dataDir: folder, binaries: await ensureBinaries() });
  const groups = ['system:masters', 'kubenova-system-administrators'];
  admin = createKubeClient(parseKubeconfig(await cluster.kubeconfigFor('operator', groups)));
  for (const object of clusterBaseline()) await apply(admin, object);
  await apply(admin, capsuleTenant({ tenant: exampleApp.tenant, settings: {} }));
  const objects = appNamespaceObjects(exampleApp);
  for (const object of [objects.namespace, objects.serviceAccount, ...objects.bindings]) await apply(admin, object);
}, 1_800_000);

afterAll(async () => {
  await admin?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function apply(client: KubeClient, object: Manifest): Promise<void> {
  const resource = knownResource(object);
  if (resource === undefined) throw new Error(`${object.kind} is not known.`);
  await client.apply(resource, object, { fieldManager: 'test', force: true });
}

/** Applies an App as the Agent and waits until KubeVela says that this very version runs. */
async function deliver(state: AppState): Promise<Manifest> {
  const result = renderApplication(state);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { application, publishVersion } = result;
  const agent = admin.impersonate({ username: serviceAccountUser(SYSTEM_NAMESPACE, AGENT_ACCOUNT) });
  await apply(agent, application);
  await waitFor({
    what: `${state.name} to run`,
    timeoutMs: 60_000,
    giveUp: () => cluster.assertAlive(),
    look: async () => {
      const { status } = await admin.get(Application, application.metadata);
      const running = status?.status === 'running' && status.workflow?.appRevision === publishVersion;
      if (!running) throw new Error(JSON.stringify(status));
      return true;
    },
  });
  return application;
}

describe('containerImage', () => {
  it.each(Object.entries(containerExamples))('%s', async (name, [source, more]) => {
    const application = await deliver({ ...containerState(source, more), name });
    expect(application.metadata.annotations?.[VELA_PUBLISH_VERSION]).toMatch(/^r1-/);
    const deployment = await admin.get(Deployment, { namespace, name });
    const [container] = deployment.spec?.template.spec?.containers ?? [];
    expect(container?.image).toContain(source.image);
    const health = await waitFor({
      what: `the pods of ${name} to be ready`,
      timeoutMs: 60_000,
      look: async () => {
        const [workloads, pods, services, ingresses] = await Promise.all([
          admin.list(Deployment, { namespace }),
          admin.list(Pod, { namespace }),
          admin.list(Service, { namespace }),
          admin.list(Ingress, { namespace }),
        ]);
        const healths = componentHealths(application, {
          workloads: workloads.items as never,
          pods: pods.items as never,
          services: services.items as never,
          ingresses: ingresses.items as never,
        });
        const condition = workloadsCondition(healths);
        if (condition.status !== 'True') throw new Error(condition.message);
        return healths[0];
      },
    });
    expect(health?.status.pods).toHaveLength(deployment.spec?.replicas ?? 1);
    expect(health?.status.services).toHaveLength((source.ports ?? []).length > 0 ? 1 : 0);
    expect(health?.status.endpoints.map(({ url }) => url)).toEqual(
      source.host === undefined
        ? name === 'container-traits'
          ? ['http://a.example.com/']
          : []
        : [`http://${source.host}/`],
    );
  });

  it('an option that is taken away again is gone after the next revision', async () => {
    const name = 'changing';
    const first = containerState({ image: 'nginx', tag: '1.29', ports: [80], replicas: 2, host: 'b.example.com' });
    await deliver({ ...first, name });
    const second = containerState({ image: 'nginx', tag: '1.30' });
    await deliver({ ...second, name, revision: 2 });
    await waitFor({
      what: 'Service and Ingress to be gone',
      timeoutMs: 60_000,
      look: async () => {
        const left = [await admin.find(Service, { namespace, name }), await admin.find(Ingress, { namespace, name })];
        return left.every((object) => object === undefined) ? true : undefined;
      },
    });
    expect(await admin.get(Deployment, { namespace, name })).toMatchObject({
      spec: { replicas: 1, template: { spec: { containers: [{ image: 'nginx:1.30' }] } } },
    });
  });
});

describe('kubeManifest', () => {
  it('every kind that the guard lets through is delivered, and pruned when it is left out', async () => {
    const name = 'kinds';
    const manifests = everyKind();
    expect(new Set(manifests.map(({ kind }) => kind))).toEqual(new Set(DELIVERABLE_KINDS.map(({ kind }) => kind)));
    const application = await deliver({ ...exampleState({ kind: 'kubeManifest', kubeManifest: { manifests } }), name });
    expect(application).toMatchObject({ spec: { components: [{ type: 'k8s-objects' }] } });
    const found = (object: Manifest) => {
      const resource = knownResource(object);
      if (resource === undefined) throw new Error(`${object.kind} is not known.`);
      return admin.find(resource, { namespace, name: object.metadata.name });
    };
    for (const object of manifests) expect(await found(object), object.kind).toBeDefined();
    const kept = manifests.slice(0, 1);
    const second = exampleState({ kind: 'kubeManifest', kubeManifest: { manifests: kept } });
    await deliver({ ...second, name, revision: 2 });
    await waitFor({
      what: 'all but the first object to be gone',
      timeoutMs: 60_000,
      look: async () => {
        const left = (await Promise.all(manifests.slice(1).map(found))).filter((object) => object !== undefined);
        if (left.length > 0) throw new Error(left.map((object) => object?.kind).join(', '));
        return true;
      },
    });
  });
});

/** One object of every kind that an App may hold. */
function everyKind(): Manifest[] {
  const podSpec = { containers: [{ name: 'c', image: 'busybox' }] };
  const labels = { app: 'kinds' };
  const selected = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } };
  const jobTemplate = { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } };
  const object = (apiVersion: string, kind: string, fields: Record<string, unknown> = {}): Manifest => ({
    apiVersion,
    kind,
    metadata: { name: `kinds-${kind.toLowerCase()}` },
    ...fields,
  });
  return [
    object('v1', 'ConfigMap', { data: { key: 'value' } }),
    object('v1', 'Secret'),
    object('v1', 'ServiceAccount'),
    object('v1', 'PersistentVolumeClaim', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    object('v1', 'Pod', { spec: podSpec }),
    object('v1', 'Service', { spec: { selector: labels, ports: [{ port: 80 }] } }),
    object('apps/v1', 'Deployment', { spec: selected }),
    object('apps/v1', 'StatefulSet', { spec: { ...selected, serviceName: 'kinds-service' } }),
    object('apps/v1', 'DaemonSet', { spec: selected }),
    object('batch/v1', 'Job', jobTemplate),
    object('batch/v1', 'CronJob', { spec: { schedule: '0 0 1 1 *', jobTemplate } }),
    object('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'kinds-deployment' } },
    }),
    object('networking.k8s.io/v1', 'Ingress', {
      spec: { defaultBackend: { service: { name: 'kinds-service', port: { number: 80 } } } },
    }),
    object('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, selector: { matchLabels: labels } } }),
  ];
}
