import type { AppReport } from '@kubenova/domain/app-report.ts';
import { containerState } from '@kubenova/domain/testing/fixtures.ts';
import { describe, expect, it } from 'vitest';
import { ResolveError } from '../../resolve/error.ts';
import { deriveReport, type Findings, type WorkloadFindings } from './report.ts';
import type { VelaVerdict } from './vela-status.ts';

const state = { ...containerState({ image: 'nginx' }), generation: 3, revision: 2 };
const now = new Date('2026-01-02T03:04:05.000Z');
const pin = { version: '6.9.2', digest: `sha256:${'a'.repeat(64)}` };

const vela = (of: VelaVerdict['state'], status: 'True' | 'False' | 'Unknown' = 'True'): VelaVerdict => ({
  state: of,
  condition: { type: 'VelaHealthy', status, reason: 'Some', message: 'KubeVela says.' },
});
const workloads = (status: 'True' | 'False', stuck = false): WorkloadFindings => ({
  condition: { type: 'WorkloadsReady', status, reason: 'Some', message: 'Pods say.' },
  components: [],
  stuck,
  missing: [],
});
const good: Findings = {
  resolved: { kind: 'pinned', pin },
  rendered: { kind: 'ok', manifestHash: 'hash', dropped: [] },
  applied: { kind: 'ok' },
  vela: vela('delivered'),
  workloads: workloads('True'),
};
const failed = (retry: 'soon' | 'never'): Findings => ({
  ...good,
  resolved: {
    kind: 'failed',
    error: new ResolveError('RepositoryUnreachable', 'Nothing listens.', { retry }),
    againMs: retry === 'never' ? undefined : 1,
  },
  rendered: undefined,
  applied: { kind: 'waiting', reason: 'NotRendered', message: '' },
  vela: undefined,
});
const ran = deriveReport(state, good, undefined, now);

describe('deriveReport', () => {
  it('says that an App runs, and what it is pinned to', () => {
    expect(ran).toMatchObject({
      observedGeneration: 3,
      revision: 2,
      phase: 'Running',
      healthy: true,
      resolved: pin,
      manifestHash: 'hash',
    });
    expect(ran.conditions.map(({ type }) => type)).toEqual([
      'Resolved',
      'Rendered',
      'Applied',
      'VelaHealthy',
      'WorkloadsReady',
      'Ready',
    ]);
    expect(ran.conditions.every(({ status }) => status === 'True')).toBe(true);
  });

  it.each<[string, Findings, AppReport | undefined, string, string]>([
    [
      'no namespace yet',
      {
        ...good,
        resolved: undefined,
        rendered: undefined,
        applied: { kind: 'waiting', reason: 'NamespaceMissing', message: 'Not there.' },
        vela: undefined,
        workloads: undefined,
      },
      undefined,
      'Pending',
      'NamespaceMissing',
    ],
    [
      'a sandbox',
      { ...good, applied: { kind: 'refused', reason: 'Sandbox', message: 'No.' } },
      undefined,
      'Failed',
      'Sandbox',
    ],
    ['a repository that may come back', failed('soon'), undefined, 'Deploying', 'RepositoryUnreachable'],
    ['a chart that will not', failed('never'), undefined, 'Failed', 'RepositoryUnreachable'],
    [
      'objects that are refused',
      {
        ...good,
        rendered: { kind: 'refused', problems: [{ pointer: '/source', detail: 'ClusterRole x: no.' }] },
        applied: { kind: 'waiting', reason: 'NotRendered', message: '' },
      },
      undefined,
      'Failed',
      'Refused',
    ],
    [
      'KubeVela at work',
      { ...good, vela: vela('delivering', 'Unknown'), workloads: workloads('False') },
      undefined,
      'Deploying',
      'Some',
    ],
    ['pods that cannot start', { ...good, workloads: workloads('False', true) }, undefined, 'Degraded', 'Some'],
    ['pods that start', { ...good, workloads: workloads('False') }, undefined, 'Deploying', 'Some'],
    ['pods that ran before', { ...good, workloads: workloads('False') }, ran, 'Degraded', 'Some'],
    [
      'pods that ran in an earlier revision',
      { ...good, workloads: workloads('False') },
      { ...ran, revision: 1 },
      'Deploying',
      'Some',
    ],
    ['a step that fails', { ...good, vela: vela('failing', 'False') }, undefined, 'Degraded', 'Some'],
    ['a definition that is missing', { ...good, vela: vela('rejected', 'False') }, undefined, 'Failed', 'Some'],
    ['a KubeVela that gave up', { ...good, vela: vela('gave-up', 'False') }, undefined, 'Failed', 'Some'],
  ])('%s', (_what, findings, previous, phase, reason) => {
    const report = deriveReport(state, findings, previous, now);
    expect(report).toMatchObject({ phase, healthy: false });
    expect(report.conditions.at(-1)).toMatchObject({ type: 'Ready', status: 'False', reason });
  });

  it('keeps times and pin while nothing changes, and forgets the pin with a new revision', () => {
    const later = new Date('2026-01-03T00:00:00.000Z');
    expect(deriveReport(state, good, ran, later)).toEqual(ran);
    expect(deriveReport(state, failed('soon'), ran, later)).toMatchObject({ resolved: pin, manifestHash: 'hash' });
    const next = deriveReport({ ...state, revision: 3 }, failed('soon'), ran, later);
    expect(next.resolved).toBeUndefined();
    expect(next.manifestHash).toBeUndefined();
  });

  it('says when a failed fetching is not tried again', () => {
    const of = (findings: Findings) => deriveReport(state, findings, undefined, now).conditions[0]?.message;
    expect(of(failed('never'))).toBe('Nothing listens. It is tried again with the next revision.');
    expect(of(failed('soon'))).toBe('Nothing listens.');
  });
});
