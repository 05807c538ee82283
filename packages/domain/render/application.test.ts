import { describe, expect, it } from 'vitest';
import { VELA_PUBLISH_VERSION } from '../labels.ts';
import { containerState, exampleState } from '../testing/fixtures.ts';
import { renderApplication } from './application.ts';

function versionOf(...parameters: Parameters<typeof renderApplication>): string | undefined {
  const result = renderApplication(...parameters);
  return result.ok ? result.application.metadata.annotations?.[VELA_PUBLISH_VERSION] : undefined;
}

describe('publishVersion', () => {
  const state = containerState({ image: 'nginx', tag: '1.29', ports: [80] });

  it('stays while nothing is changed, whatever the order of keys', () => {
    const reordered = containerState({ ports: [80], tag: '1.29', image: 'nginx' });
    expect(versionOf(state)).toMatch(/^r1-[0-9a-f]{8}$/);
    expect(versionOf(reordered)).toBe(versionOf(state));
  });

  it('stays when only the generation or the description changes', () => {
    const touched = { ...state, generation: 9, spec: { ...state.spec, description: 'other words' } };
    expect(versionOf(touched)).toBe(versionOf(state));
  });

  it.each([
    ['the image', containerState({ image: 'nginx', tag: '1.30', ports: [80] })],
    ['a label', containerState({ image: 'nginx', tag: '1.29', ports: [80] }, { labels: { team: 'a' } })],
    ['the revision', { ...state, revision: 3 }],
  ])('changes with %s', (_what, changed) => {
    expect(versionOf(changed)).not.toBe(versionOf(state));
  });

  it('changes when the same revision resolves to other objects', () => {
    const chart = exampleState({
      kind: 'helmHttp',
      helmHttp: { repoUrl: 'https://charts.example.com', chart: 'web', version: '*' },
    });
    const resolved = { version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` };
    const objects = (mode: string) => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { mode } },
    ];
    expect(versionOf(chart, { objects: objects('a'), resolved })).not.toBe(
      versionOf(chart, { objects: objects('b'), resolved }),
    );
  });
});

describe('what is refused', () => {
  it.each([
    [
      'a chart that was not resolved',
      { kind: 'helmHttp', helmHttp: { repoUrl: 'https://c.example.com', chart: 'w', version: '1' } },
      '/source/kind',
    ],
    [
      'a repository',
      { kind: 'gitRepo', gitRepo: { url: 'https://g.example.com/x', revision: 'main', path: '.', kind: 'manifests' } },
      '/source/kind',
    ],
    [
      'an OCI chart',
      { kind: 'helmOci', helmOci: { registry: 'oci://r.example.com', chart: 'w', version: '1' } },
      '/source/kind',
    ],
    ['a Vela template', { kind: 'velaTemplate', velaTemplate: { components: [{}] } }, '/source/kind'],
    ['unreadable YAML', { kind: 'kubeManifest', kubeManifest: { yaml: 'a: [' } }, '/source/kubeManifest/yaml'],
    [
      'YAML without an object',
      { kind: 'kubeManifest', kubeManifest: { yaml: '# nothing' } },
      '/source/kubeManifest/yaml',
    ],
  ] as const)('%s', (_what, source, pointer) => {
    const result = renderApplication(exampleState(structuredClone(source) as Parameters<typeof exampleState>[0]));
    expect(result).toMatchObject({ ok: false, problems: [{ pointer, detail: expect.stringMatching(/\.$/) }] });
  });

  it('an App too large for one Application', () => {
    const objects = Array.from({ length: 10 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c${index}` },
      data: { blob: 'x'.repeat(100_000) },
    }));
    const chart = exampleState({
      kind: 'helmHttp',
      helmHttp: { repoUrl: 'https://c.example.com', chart: 'w', version: '1' },
    });
    const result = renderApplication(chart, { objects, resolved: { version: '1', digest: 'sha256:0' } });
    expect(result).toMatchObject({ ok: false, problems: [{ pointer: '/source' }] });
  });
});
