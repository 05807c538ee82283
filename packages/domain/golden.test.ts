/**
 * Golden files: every object that KubeNova puts on a cluster, as a person would read it. A change of one line here is a
 * change on every cluster, so it is to be seen in review. `vitest -u` writes them anew.
 */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { appNamespaceObjects } from './app-namespace.ts';
import { appStateConfigMap } from './app-state.ts';
import { clusterBaseline, velaCoreInstallation } from './cluster-baseline.ts';
import type { Manifest } from './manifest.ts';
import { type RenderResult, renderApplication } from './render/application.ts';
import { sandboxNamespaceObjects } from './sandbox-namespace.ts';
import { expiringEvent, expiryAnnotations, sandboxQuota } from './sandbox-objects.ts';
import { namespaceMetadata, tenancyOutcome } from './tenancy.ts';
import { capsuleTenant, tenantStateConfigMap } from './tenant-state.ts';
import { containerExamples } from './testing/container-examples.ts';
import { containerState, exampleApp, exampleSandbox, exampleState } from './testing/fixtures.ts';
import { tenantExamples } from './testing/tenant-examples.ts';

async function expectGolden(file: string, objects: readonly unknown[]): Promise<void> {
  const text = objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
  await expect(text).toMatchFileSnapshot(`golden/${file}.yaml`);
}

function applicationOf(result: RenderResult): Manifest {
  expect(result).toMatchObject({ ok: true });
  if (!result.ok) throw new Error('unreachable');
  return result.application;
}

describe('what stands on a cluster', () => {
  it('once', () => expectGolden('cluster-baseline', clusterBaseline()));
  it('for KubeVela', () => expectGolden('vela-core', velaCoreInstallation()));

  it('for a tenant', () =>
    expectGolden('tenant', [
      capsuleTenant({ tenant: exampleApp.tenant, settings: {} }),
      tenantStateConfigMap({ tenant: exampleApp.tenant, settings: {} }),
    ]));

  it.each(Object.entries(tenantExamples))('for a tenant with %s', (file, tenancy) => {
    const outcome = tenancyOutcome(tenancy);
    const { settings, policies } = outcome;
    const { namespace } = appNamespaceObjects(exampleApp, namespaceMetadata(outcome));
    return expectGolden(`tenant-${file}`, [
      capsuleTenant({
        tenant: exampleApp.tenant,
        settings,
        owners: tenancy.owners,
        policyFields: policies.capsule,
      }),
      namespace,
    ]);
  });

  it('for an App', () => {
    const { namespace, serviceAccount, bindings } = appNamespaceObjects(exampleApp);
    const state = appStateConfigMap(containerState({ image: 'nginx', tag: '1.29' }));
    return expectGolden('app-namespace', [namespace, serviceAccount, ...bindings, state]);
  });

  it('for a sandbox', () => {
    const { namespace, bindings } = sandboxNamespaceObjects(exampleSandbox);
    const quota = sandboxQuota(exampleSandbox, { 'limits.cpu': '2', pods: '20' });
    return expectGolden('sandbox-namespace', [namespace, ...bindings, quota]);
  });

  it('for a sandbox that comes to its end', () => {
    const expiresAt = new Date('2027-01-31T12:00:00.123Z');
    const { namespace } = sandboxNamespaceObjects(exampleSandbox, {
      labels: {},
      annotations: expiryAnnotations(expiresAt),
    });
    const event = expiringEvent(exampleSandbox, expiresAt, new Date('2027-01-30T12:00:00.456Z'));
    return expectGolden('sandbox-expiring', [namespace, event]);
  });
});

describe('containerImage', () => {
  it.each(Object.entries(containerExamples))('%s', async (file, [source, more]) => {
    await expectGolden(file, [applicationOf(renderApplication(containerState(source, more)))]);
  });

  it('names the component of an App whose name begins with a digit so that a Service may bear it', async () => {
    const state = {
      ...containerState({ image: 'nginx', ports: [80] }),
      name: '2048',
      namespace: 'tn-acme-shop-app-2048',
    };
    await expectGolden('container-digit-name', [applicationOf(renderApplication(state))]);
  });
});

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { mode: 'fast' } };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] } },
  },
};

describe('kubeManifest and helmHttp', () => {
  it('kubeManifest as JSON', async () => {
    const state = exampleState({ kind: 'kubeManifest', kubeManifest: { manifests: [configMap, deployment] } });
    await expectGolden('manifest-json', [applicationOf(renderApplication(state))]);
  });

  it('kubeManifest as YAML, read as Kubernetes reads it', async () => {
    const yaml = [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata:',
      '  name: settings',
      '  creationTimestamp: null',
      'data:',
      '  day: 2026-01-01',
      '  ports: 22:22',
      'immutable: no',
      '---',
      '# nothing here',
      '---',
      'apiVersion: v1',
      'kind: List',
      'items:',
      '- apiVersion: v1',
      '  kind: Service',
      '  metadata: {name: web}',
      '  spec: {ports: [{port: 80}], selector: {app: web}}',
    ].join('\n');
    const state = exampleState({ kind: 'kubeManifest', kubeManifest: { yaml } });
    await expectGolden('manifest-yaml', [applicationOf(renderApplication(state))]);
  });

  it('a large source is split over components', async () => {
    const big = (name: string) => ({ ...configMap, metadata: { name }, data: { blob: 'x'.repeat(150_000) } });
    const state = exampleState({ kind: 'kubeManifest', kubeManifest: { manifests: ['a', 'b', 'c'].map(big) } });
    const application = applicationOf(renderApplication(state));
    const components = (application.spec as { components: { name: string }[] }).components;
    expect(components.map(({ name }) => name)).toEqual(['frontend', 'frontend-2', 'frontend-3']);
  });

  it('helmHttp with what the Agent resolved; test hooks are left out', async () => {
    const state = exampleState({
      kind: 'helmHttp',
      helmHttp: { repoUrl: 'https://charts.example.com', chart: 'web', version: '^1.0.0' },
    });
    const testPod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web-test', annotations: { 'helm.sh/hook': 'test-success' } },
      spec: { containers: [] },
    };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' }, stringData: { password: 'x' } };
    const result = renderApplication(state, {
      objects: [secret, deployment, testPod],
      resolved: { version: '1.2.3', digest: `sha256:${'a'.repeat(64)}` },
    });
    expect(result).toMatchObject({ ok: true, dropped: ['Pod web-test'] });
    await expectGolden('helm-http', [applicationOf(result)]);
  });
});
