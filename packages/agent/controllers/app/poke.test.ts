import type { Application } from '@kubenova/kube/kinds/vela.ts';
import { describe, expect, it } from 'vitest';
import { isPokeDue, pokeReason } from './poke.ts';
import type { WorkloadFindings } from './report.ts';
import type { VelaVerdict } from './vela-status.ts';

const vela = (state: VelaVerdict['state'], status: 'True' | 'False' | 'Unknown'): VelaVerdict => ({
  state,
  condition: { type: 'VelaHealthy', status, reason: '', message: '' },
});
const workloads = (status: 'True' | 'False', missing: string[] = []): WorkloadFindings => ({
  condition: { type: 'WorkloadsReady', status, reason: '', message: '' },
  components: [],
  stuck: false,
  missing,
});

describe('pokeReason', () => {
  it.each<[string, VelaVerdict | undefined, WorkloadFindings | undefined, string | undefined]>([
    ['all is well', vela('delivered', 'True'), workloads('True'), undefined],
    [
      'something was deleted by hand',
      vela('delivered', 'True'),
      workloads('False', ['Deployment web']),
      'Deployment web gone',
    ],
    ['KubeVela is behind', vela('delivered', 'False'), workloads('True'), 'ready, and KubeVela has not seen it'],
    ['both find it unhealthy', vela('delivered', 'False'), workloads('False'), undefined],
    ['KubeVela is still at work', vela('delivering', 'Unknown'), workloads('False', ['Deployment web']), undefined],
    ['nothing was seen', vela('delivered', 'True'), undefined, undefined],
  ])('%s', (_what, verdict, found, expected) => {
    expect(pokeReason(verdict, found)).toBe(expected);
  });
});

describe('isPokeDue', () => {
  const poked = (at?: number): Application => ({
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'web',
      annotations: at === undefined ? {} : { 'kubenova.io/poked-at': new Date(at).toISOString() },
    },
    spec: { components: [] },
  });
  it('is soon at first, and rarer the longer it does not help', () => {
    const now = 1_000_000_000;
    expect(isPokeDue(poked(), undefined, now)).toBe(true);
    expect(isPokeDue(poked(now - 2_000), undefined, now)).toBe(false);
    expect(isPokeDue(poked(now - 4_000), now - 5_000, now)).toBe(true);
    expect(isPokeDue(poked(now - 4_000), now - 60_000, now)).toBe(false);
    expect(isPokeDue(poked(now - 31_000), now - 60_000, now)).toBe(true);
  });
});
