/** What the Agent makes of charts with the true helm: podinfo as it is published, and charts that must not pass. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { STRICT_POLICY } from '@kubenova/agent/resolve/address-policy.ts';
import { createChartCache } from '@kubenova/agent/resolve/chart-cache.ts';
import { createDownloader } from '@kubenova/agent/resolve/download.ts';
import { type ChartEnvironment, resolveHelmHttp } from '@kubenova/agent/resolve/helm-http.ts';
import { chart } from '@kubenova/agent/testing/archive.ts';
import {
  type ChartRepository as BentRepository,
  startChartRepository as startBentRepository,
} from '@kubenova/agent/testing/chart-repository.ts';
import { temporaryFolder } from '@kubenova/agent/testing/temporary-folder.ts';
import type { HelmHttp } from '@kubenova/knapi/schemas.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBinaries } from './build.ts';
import { type ChartRepository, startChartRepository } from './chart-repository.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let podinfo: ChartRepository;
let bent: BentRepository;
let environment: ChartEnvironment;
const downloader = createDownloader({ ...STRICT_POLICY, allowLoopback: true });

beforeAll(async () => {
  const { helm, podinfoCharts } = await ensureBinaries();
  folder = await temporaryFolder();
  podinfo = await startChartRepository({ helm, charts: [podinfoCharts.current, podinfoCharts.older] });
  bent = await startBentRepository();
  environment = {
    downloader,
    helm,
    cache: createChartCache(path.join(folder.path, 'charts')),
    capabilities: async () => ({
      kubernetesVersion: 'v1.37.2',
      apiVersions: ['v1', 'apps/v1', 'apps/v1/Deployment', 'example.com/v1', 'example.com/v1/Known'],
    }),
  };
}, 1_200_000);

afterAll(async () => {
  await downloader.close();
  await bent.close();
  await podinfo.stop();
  await folder[Symbol.asyncDispose]();
});

const resolve = (source: Omit<HelmHttp, 'version'> & { version?: string }, signal?: AbortSignal) =>
  resolveHelmHttp(
    { source: { version: '*', ...source }, releaseName: 'shop', namespace: 'tn-acme-shop-app-web', signal },
    environment,
  );

/** Renders a chart with these files beside those of the smallest one. */
async function render(files: Record<string, string>, values?: Record<string, unknown>) {
  const name = `web${++charts}`;
  bent.publish([{ name, version: '1.0.0', archive: chart(name, '1.0.0', files) }]);
  return await resolve({ repoUrl: bent.url, chart: name, values });
}
let charts = 0;

describe('podinfo', () => {
  it('becomes its Deployment and Service, in the newest version', async () => {
    const { version, objects } = await resolve({
      repoUrl: podinfo.url,
      chart: 'podinfo',
      values: { replicaCount: 2, ui: { message: 'hi' } },
    });
    expect(version).toBe('6.9.2');
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Service', 'Deployment', 'Pod']));
    expect(deployment).toMatchObject({ metadata: { name: 'shop-podinfo' }, spec: { replicas: 2 } });
    expect(JSON.stringify(deployment)).toContain('"PODINFO_UI_MESSAGE","value":"hi"');
  });

  it('is found in an older version by a range', async () => {
    const { version } = await resolve({ repoUrl: podinfo.url, chart: 'podinfo', version: '<6' });
    expect(version).toMatch(/^[0-5]\./);
  });

  it('says what exists when the version or the chart does not', async () => {
    await expect(resolve({ repoUrl: podinfo.url, chart: 'podinfo', version: '^99' })).rejects.toMatchObject({
      code: 'VersionNotFound',
      message: expect.stringContaining('6.9.2'),
    });
    await expect(resolve({ repoUrl: podinfo.url, chart: 'pod-info' })).rejects.toMatchObject({
      code: 'ChartNotFound',
      message: expect.stringContaining('it has podinfo'),
    });
  });
});

describe('what helm refuses', () => {
  const schema = JSON.stringify({ type: 'object', properties: { message: { type: 'string' } } });

  it('validates values against the schema and says what is wrong', async () => {
    await expect(render({ 'values.schema.json': schema }, { message: 7 })).rejects.toMatchObject({
      code: 'ValuesInvalid',
      message: expect.stringMatching(/message.*got number, want string/s),
    });
    expect((await render({ 'values.schema.json': schema }, { message: 'fine' })).objects).toHaveLength(1);
  });

  it.each([
    [
      'a value that the chart requires',
      { 'templates/a.yaml': '{{ required "message2 is needed" .Values.message2 }}' },
      'ValuesInvalid',
      'message2 is needed',
    ],
    ['a template with an error', { 'templates/a.yaml': '{{ .Values.a.b.c }}' }, 'TemplateFailed', 'nil pointer'],
    [
      'another Kubernetes',
      { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: "<1.20"\n' },
      'TemplateFailed',
      "this cluster's Kubernetes",
    ],
    [
      'dependencies that were not packaged',
      {
        'Chart.yaml':
          'apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: redis, version: 1.0.0, repository: "https://charts.example.com"}\n',
      },
      'TemplateFailed',
      'helm dependency update',
    ],
    ['objects that are not YAML', { 'templates/a.yaml': 'a: [' }, 'TemplateFailed', 'a.yaml'],
    [
      'a library chart',
      { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\ntype: library\n' },
      'TemplateFailed',
      'library',
    ],
  ])('explains %s', async (_what, files, code, message) => {
    await expect(render(files)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('keeps the paths of the Agent out of messages', async () => {
    const failed = await render({ 'templates/a.yaml': '{{ fail .Chart.Name }}' }).catch((error: Error) => error);
    expect((failed as Error).message).not.toMatch(/\/tmp|kubenova-/);
  });
});

describe('confinement', () => {
  it('gives templates neither environment, nor files, nor names, nor a cluster', async () => {
    process.env.KUBENOVA_TEST_CANARY = 'canary';
    await mkdir(path.join(folder.path, 'secrets'), { recursive: true });
    await writeFile(path.join(folder.path, 'secrets', 'token'), 'canary');
    const { objects } = await render({
      'templates/configmap.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: probe}
data:
  file: {{ .Files.Get "${path.join(folder.path, 'secrets', 'token')}" | quote }}
  above: {{ .Files.Get "../../../../etc/passwd" | quote }}
  dns: {{ getHostByName "localhost" | quote }}
  lookup: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
  version: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
`,
    });
    delete process.env.KUBENOVA_TEST_CANARY;
    expect(objects[0]).toMatchObject({
      data: { file: '', above: '', dns: '', lookup: '{}', version: 'v1.37.2', has: 'true' },
    });
    await expect(render({ 'templates/a.yaml': '{{ env "KUBENOVA_TEST_CANARY" }}' })).rejects.toMatchObject({
      code: 'TemplateFailed',
    });
  });

  it('never lets a schema reach out, though helm would', async () => {
    bent.requests.length = 0;
    await expect(
      render({ 'values.schema.json': JSON.stringify({ $ref: `${bent.url}/reached` }) }),
    ).rejects.toMatchObject({ code: 'ArchiveRefused' });
    expect(bent.requests).not.toContain('GET /reached');
  });

  it('stops a template that never ends or eats the memory', async () => {
    await expect(render({ 'templates/a.yaml': '{{ range until 2000000000 }}{{ end }}' })).rejects.toMatchObject({
      code: 'TemplateFailed',
    });
    const signal = AbortSignal.timeout(500);
    const name = `web${++charts}`;
    const loop =
      '{{ define "x" }}{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}{{ end }}{{ range until 1000 }}{{ include "x" $ }}{{ end }}';
    bent.publish([{ name, version: '1.0.0', archive: chart(name, '1.0.0', { 'templates/a.yaml': loop }) }]);
    await expect(resolve({ repoUrl: bent.url, chart: name }, signal)).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('custom resource definitions', () => {
  const crd = (kind: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${kind.toLowerCase()}s.example.com}
spec: {group: example.com, names: {kind: ${kind}}, versions: [{name: v1, served: true}]}
`;
  it('leaves out those that the cluster serves, as helm does, and shows the others to the guard', async () => {
    const { objects } = await render({ 'crds/known.yaml': crd('Known'), 'crds/new.yaml': crd('New') });
    expect(
      objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ metadata }) => metadata.name),
    ).toEqual(['news.example.com']);
  });
});
