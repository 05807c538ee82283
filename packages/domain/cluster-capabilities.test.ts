import type { Capability, Condition } from '@kubenova/knapi/schemas.ts';
import { describe, expect, it } from 'vitest';
import { type ClusterFacts, clusterCapabilities } from './cluster-capabilities.ts';

const facts: ClusterFacts = {
  versions: { capsule: '0.14.0', capsuleProxy: null, vela: '1.10.9', agent: '1.2.3' },
  vela: { authentication: true, missingDefinitions: [] },
  policies: { version: null, missing: [] },
  kyvernoKinds: [],
  metrics: false,
};
const condition = (
  type: string,
  status: Condition['status'],
  reason = 'Reason',
  message = `${type} speaks.`,
): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00.000Z',
});
const TYPES = ['BaselineReady', 'CapsuleReady', 'CapsuleProxyReady', 'VelaReady', 'AgentReady'];
const well = TYPES.map((type) => condition(type, 'True'));

function find(name: Capability['name'], change: Partial<Parameters<typeof clusterCapabilities>[0]> = {}): Capability {
  const all = clusterCapabilities({ kubernetesVersion: 'v1.37.2', conditions: well, facts, ...change });
  const found = all.find((capability) => capability.name === name);
  if (found === undefined) throw new Error(`no capability ${name}`);
  return found;
}
const instead = (one: Condition) => ({ conditions: [...well.filter(({ type }) => type !== one.type), one] });

describe('what a cluster can do', () => {
  it('is all there where all is well, with the versions that it tells', () => {
    const all = clusterCapabilities({ kubernetesVersion: 'v1.37.2', conditions: well, facts });
    expect(
      all.filter((one) => one.required).map(({ name, installed, ready, version }) => [name, installed, ready, version]),
    ).toEqual([
      ['kubernetes', true, true, 'v1.37.2'],
      ['capsule', true, true, '0.14.0'],
      ['capsule-proxy', true, true, undefined],
      ['kubevela', true, true, '1.10.9'],
      ['agent', true, true, '1.2.3'],
      ['policies', true, true, undefined],
    ]);
    expect(find('capsule-proxy').message).toMatch(/version cannot be seen/);
  });

  it('is not known before the first look', () => {
    const all = clusterCapabilities({ kubernetesVersion: null, conditions: [], facts: undefined });
    expect(all.map(({ installed, ready }) => [installed, ready])).toEqual(all.map(() => [null, null]));
    for (const { message, version } of all) {
      expect(message).toMatch(/not been looked at yet/);
      expect(version).toBeUndefined();
    }
  });

  const cases: [string, Capability['name'], Parameters<typeof find>[1], Partial<Capability>][] = [
    [
      'an old Kubernetes',
      'kubernetes',
      { kubernetesVersion: 'v1.29.9' },
      { ready: false, missing: ['Kubernetes 1.30 or newer'] },
    ],
    ['the oldest that will do', 'kubernetes', { kubernetesVersion: 'v1.30.0-gke.1' }, { ready: true }],
    [
      'a version that is none',
      'kubernetes',
      { kubernetesVersion: 'of an unknown version' },
      { installed: true, ready: null },
    ],
    [
      'a part that is not there',
      'capsule',
      instead(condition('CapsuleReady', 'False', 'NotInstalled')),
      { installed: false, ready: false },
    ],
    [
      'a part that is there and unwell',
      'capsule',
      instead(condition('CapsuleReady', 'False', 'NotGuarding')),
      { installed: true, ready: false },
    ],
    [
      'a proxy that does not answer may not be there',
      'capsule-proxy',
      instead(condition('CapsuleProxyReady', 'False', 'Timeout')),
      { installed: null, ready: false },
    ],
    [
      'a cluster that is away',
      'agent',
      instead(condition('AgentReady', 'Unknown', 'ClusterUnreachable')),
      { installed: null, ready: null },
    ],
    [
      'a KubeVela that acts as anybody',
      'kubevela',
      { facts: { ...facts, vela: { ...facts.vela, authentication: false } } },
      { ready: false, missing: ['--feature-gates=AuthenticateApplication=true'] },
    ],
    [
      'policies that somebody deleted',
      'policies',
      { facts: { ...facts, policies: { version: '3', missing: ['kubenova-scale'] } } },
      { installed: false, ready: false, version: '3', missing: ['kubenova-scale'] },
    ],
    [
      'Kyverno',
      'kyverno',
      { facts: { ...facts, kyvernoKinds: ['ClusterPolicy'] } },
      { installed: true, ready: true, required: false },
    ],
    ['no Kyverno', 'kyverno', {}, { installed: false, ready: false }],
    ['metrics', 'metrics', { facts: { ...facts, metrics: true } }, { installed: true, ready: true }],
    ['no metrics', 'metrics', {}, { installed: false, ready: false, required: false }],
  ];
  it.each(cases)('%s', (_reason, name, change, expected) => {
    expect(find(name, change)).toMatchObject(expected);
  });

  it('does not claim to know what cannot be seen', () => {
    const unseen = { ...facts, vela: { authentication: null, missingDefinitions: [] } };
    expect(find('kubevela', { facts: unseen }).message).toMatch(/cannot be seen from here/);
  });
});
