import type { AppReport } from '@kubenova/domain/app-report.ts';
import { renderApplication } from '@kubenova/domain/render/application.ts';
import { containerState, exampleState } from '@kubenova/domain/testing/fixtures.ts';
import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { ResolveError } from '../../resolve/error.ts';
import type { SourceResolver } from '../../resolve/resolve-source.ts';
import { type DesiredInput, desiredApplication } from './desired-application.ts';

const pin = { version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` };
const chart = exampleState({
  kind: 'helmHttp',
  helmHttp: { repoUrl: 'https://charts.example.com', chart: 'web', version: '^1' },
});
const password = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web' },
  data: { password: value },
});

/** A chart that draws another password each time it is rendered. */
function randomChart() {
  const pins: unknown[] = [];
  const resolver: SourceResolver = {
    resolve: async (_state, wanted) => {
      pins.push(wanted);
      return { pin, objects: [password(`random-${pins.length}`)] };
    },
    forget: async () => undefined,
    close: async () => undefined,
  };
  return { resolver, pins };
}
const failing = (error: Error): SourceResolver => ({
  ...randomChart().resolver,
  resolve: async () => Promise.reject(error),
});
const input = (more: Partial<DesiredInput> = {}): DesiredInput => ({
  state: chart,
  report: undefined,
  live: async () => undefined,
  failed: undefined,
  nowMs: 1_000,
  signal: new AbortController().signal,
  ...more,
});
const deployed = () => {
  const rendered = renderApplication(chart, { objects: [password('first')], resolved: pin });
  if (!rendered.ok) throw new Error('The example does not render.');
  const report = { revision: chart.revision, resolved: pin, manifestHash: rendered.manifestHash } as AppReport;
  return { rendered, report, live: rendered.application as unknown as Application };
};

describe('desiredApplication', () => {
  it('renders an image without resolving', async () => {
    const { desired } = await desiredApplication(input({ state: containerState({ image: 'nginx' }) }), {
      ...failing(new Error('asked')),
      resolve: async () => undefined,
    });
    expect(desired).toMatchObject({ kind: 'rendered', resolved: undefined });
  });

  it('resolves a chart, and hands on the pin of the same revision only', async () => {
    const { resolver, pins } = randomChart();
    expect((await desiredApplication(input(), resolver)).desired).toMatchObject({ kind: 'rendered', resolved: pin });
    await desiredApplication(input({ report: { revision: chart.revision, resolved: pin } as AppReport }), resolver);
    await desiredApplication(input({ report: { revision: chart.revision - 1, resolved: pin } as AppReport }), resolver);
    expect(pins).toEqual([undefined, pin, undefined]);
  });

  it('takes a deployed revision over from the cluster, passwords and all', async () => {
    const { resolver, pins } = randomChart();
    const { rendered, report, live } = deployed();
    const { desired } = await desiredApplication(input({ report, live: async () => live }), resolver);
    expect(desired).toMatchObject({
      kind: 'rendered',
      rendered: { manifestHash: rendered.manifestHash, application: rendered.application },
    });
    expect(pins).toEqual([]);
  });

  it('resolves again what is on the cluster no longer as it was reported', async () => {
    const { resolver, pins } = randomChart();
    const { report, live } = deployed();
    const edited = structuredClone(live);
    edited.spec.components = [{ name: 'web', type: 'k8s-objects', properties: { objects: [password('edited')] } }];
    await desiredApplication(input({ report, live: async () => edited }), resolver);
    await desiredApplication(input({ report, live: async () => undefined }), resolver);
    expect(pins).toEqual([pin, pin]);
  });

  it('remembers a failure until its time, by revision', async () => {
    const error = new ResolveError('RepositoryUnreachable', 'Nothing listens.');
    const first = await desiredApplication(input(), failing(error));
    expect(first).toMatchObject({
      desired: { kind: 'unresolved', againMs: 1_000 },
      failed: { attempts: 1, retryAt: 2_000 },
    });
    const { resolver, pins } = randomChart();
    const early = await desiredApplication(input({ failed: first.failed, nowMs: 1_500 }), resolver);
    expect(early.desired).toMatchObject({ kind: 'unresolved', againMs: 500 });
    expect(pins).toEqual([]);
    const second = await desiredApplication(input({ failed: first.failed, nowMs: 2_000 }), failing(error));
    expect(second.failed).toMatchObject({ attempts: 2, retryAt: 4_000 });
    const next = { ...chart, revision: chart.revision + 1 };
    expect(
      (await desiredApplication(input({ state: next, failed: first.failed, nowMs: 1_500 }), resolver)).desired.kind,
    ).toBe('rendered');
  });

  it('never tries again what cannot change, and passes on what is not about the source', async () => {
    const never = await desiredApplication(input(), failing(new ResolveError('ValuesInvalid', 'No.')));
    expect(never.failed).toMatchObject({ retryAt: undefined });
    expect(
      (await desiredApplication(input({ failed: never.failed, nowMs: 1e12 }), randomChart().resolver)).desired.kind,
    ).toBe('unresolved');
    await expect(desiredApplication(input(), failing(new Error('API server away')))).rejects.toThrow('API server away');
  });

  it('refuses what the guard refuses', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'evil' } };
    const resolver = { ...randomChart().resolver, resolve: async () => ({ pin, objects: [role] }) };
    const { desired } = await desiredApplication(input(), resolver);
    expect(desired).toMatchObject({
      kind: 'refused',
      problems: [{ detail: expect.stringContaining('ClusterRole evil') }],
    });
  });
});
