import { describe, expect, it } from 'vitest';
import { sourceProblems } from './source-problems.ts';
import { containerExamples } from './testing/container-examples.ts';
import { containerState, exampleApp, exampleState } from './testing/fixtures.ts';

const context = { namespace: exampleApp.namespace };
type Container = Parameters<typeof containerState>[0];
type More = Parameters<typeof containerState>[1];

function pointers(source: Container, more?: More): string[] {
  return sourceProblems(containerState(source, more).spec, context).map(({ pointer }) => pointer);
}

describe('containerImage', () => {
  it.each(Object.entries(containerExamples))('%s is good', (_name, [source, more]) => {
    expect(pointers(source, more)).toEqual([]);
  });

  const at = '/source/containerImage';
  const digest = `sha256:${'0'.repeat(64)}`;
  it.each<[string, Container, string]>([
    ['tag and digest', { image: 'a', tag: 'b', digest }, `${at}/digest`],
    ['a tag in the image', { image: 'nginx:1.29' }, `${at}/image`],
    ['a tag behind a registry', { image: 'r.example.com:5000/a/b:1' }, `${at}/image`],
    ['capitals in the repository', { image: 'example.com/Acme/web' }, `${at}/image`],
    ['a port twice', { image: 'a', ports: [80, { port: 80 }] }, `${at}/ports/1`],
    [
      'a name of a port twice',
      {
        image: 'a',
        ports: [
          { port: 1, name: 'a' },
          { port: 2, name: 'a' },
        ],
      },
      `${at}/ports/1/name`,
    ],
    ['a name without a letter', { image: 'a', ports: [{ port: 1, name: '80' }] }, `${at}/ports/0/name`],
    ['a host without a port', { image: 'a', host: 'a.example.com' }, `${at}/host`],
    [
      'a host to a hidden port',
      { image: 'a', host: 'a.example.com', ports: [{ port: 1, expose: false }] },
      `${at}/host`,
    ],
    ['a host to UDP', { image: 'a', host: 'a.example.com', ports: [{ port: 1, protocol: 'UDP' }] }, `${at}/host`],
    ['a variable twice', { image: 'a', env: [{ name: 'A' }, { name: 'A' }] }, `${at}/env/1/name`],
    [
      'more than the limit',
      { image: 'a', resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } },
      `${at}/resources/requests/cpu`,
    ],
    ['a probe of nothing', { image: 'a', probes: { liveness: { periodSeconds: 1 } } }, `${at}/probes/liveness`],
    [
      'a probe of two things',
      { image: 'a', probes: { readiness: { tcpSocket: { port: 1 }, exec: { command: ['a'] } } } },
      `${at}/probes/readiness`,
    ],
    [
      'a patient liveness probe',
      { image: 'a', probes: { liveness: { tcpSocket: { port: 1 }, successThreshold: 2 } } },
      `${at}/probes/liveness/successThreshold`,
    ],
    [
      "a sandbox's secret",
      { image: 'a', credentialsSecretRef: { name: 's', namespace: 'tn-acme-shop-sbx-001' } },
      `${at}/credentialsSecretRef/namespace`,
    ],
    [
      'a shared pull secret, for now',
      { image: 'a', credentialsSecretRef: { name: 's', namespace: 'kubenova-credentials' } },
      `${at}/credentialsSecretRef/namespace`,
    ],
  ])('%s', (_what, source, pointer) => {
    expect(pointers(source)).toEqual([pointer]);
  });

  it('a registry with a port is no tag', () => {
    expect(pointers({ image: 'registry.example.com:5000/acme/web', tag: '1' })).toEqual([]);
  });

  const web: Container = { image: 'a', ports: [80] };
  it.each<[string, Container, NonNullable<More>, string]>([
    ['an unknown trait', web, { traits: [{ type: 'service-account' }] }, '/traits/0/type'],
    ['a trait without replicas', web, { traits: [{ type: 'scaler' }] }, '/traits/0/properties/replicas'],
    [
      'too many replicas',
      web,
      { traits: [{ type: 'scaler', properties: { replicas: 1e9 } }] },
      '/traits/0/properties/replicas',
    ],
    [
      'replicas twice',
      { ...web, replicas: 1 },
      { traits: [{ type: 'scaler', properties: { replicas: 1 } }] },
      '/traits',
    ],
    [
      'a gateway without a host',
      web,
      { traits: [{ type: 'gateway', properties: { http: { '/': 80 } } }] },
      '/traits/0/properties/domain',
    ],
    [
      'a gateway to nowhere',
      web,
      { traits: [{ type: 'gateway', properties: { domain: 'a', http: { '/': 81 } } }] },
      '/traits/0/properties/http',
    ],
    [
      'an unknown property',
      web,
      { traits: [{ type: 'gateway', properties: { domain: 'a', http: { '/': 80 }, annotations: {} } }] },
      '/traits/0/properties/annotations',
    ],
    [
      'two gateways of one name',
      { ...web, host: 'a.example.com' },
      { traits: [{ type: 'gateway', properties: { domain: 'b', http: { '/': 80 } } }] },
      '/traits/0/properties/name',
    ],
    ['a reserved label', web, { labels: { 'kubenova.io/tenant-id': 'x' } }, '/labels/kubenova.io~1tenant-id'],
    ['a label of KubeVela', web, { labels: { 'app.oam.dev/name': 'x' } }, '/labels/app.oam.dev~1name'],
    [
      'a label of Kubernetes',
      web,
      { labels: { 'app.kubernetes.io/managed-by': 'me' } },
      '/labels/app.kubernetes.io~1managed-by',
    ],
  ])('%s', (_what, source, more, pointer) => {
    expect(pointers(source, more)).toEqual([pointer]);
  });
});

describe('other kinds', () => {
  const of = (source: Parameters<typeof exampleState>[0], more?: More) =>
    sourceProblems(exampleState(source, more).spec, context).map(({ pointer }) => pointer);
  const chart = { repoUrl: 'https://charts.example.com', chart: 'web', version: '1' };

  it('a chart may use a shared credential, and none of a sandbox', () => {
    const withRef = (namespace?: string) =>
      of({ kind: 'helmHttp', helmHttp: { ...chart, credentialsSecretRef: { name: 'c', namespace } } });
    expect(withRef()).toEqual([]);
    expect(withRef(exampleApp.namespace)).toEqual([]);
    expect(withRef('kubenova-credentials')).toEqual([]);
    expect(withRef('tn-acme-shop-sbx-001')).toEqual(['/source/helmHttp/credentialsSecretRef/namespace']);
    expect(withRef('tn-other-shop-app-web')).toEqual(['/source/helmHttp/credentialsSecretRef/namespace']);
  });

  it('takes no traits', () => {
    expect(of({ kind: 'helmHttp', helmHttp: chart }, { traits: [{ type: 'scaler' }] })).toEqual(['/traits']);
  });

  it('those that cannot be deployed yet are refused', () => {
    const source = { registry: 'oci://r.example.com', chart: 'w', version: '1' };
    expect(of({ kind: 'helmOci', helmOci: source })).toEqual(['/source/kind']);
  });

  it('objects are guarded, and pointed at', () => {
    const manifests = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } },
    ];
    expect(of({ kind: 'kubeManifest', kubeManifest: { manifests } })).toEqual(['/source/kubeManifest/manifests/1']);
  });

  it('an App too large for its ConfigMap is refused', () => {
    const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "${'x'.repeat(900_000)}"}`;
    expect(of({ kind: 'kubeManifest', kubeManifest: { yaml } })).toContain('/source');
  });
});
