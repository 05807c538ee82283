import { clusterBaseline } from '@kubenova/domain/cluster-baseline.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import { probeCapabilities } from './capability-probe.ts';

const { signal } = new AbortController();

interface Contents {
  /** By kind. */
  objects?: Record<string, KubeObject[]>;
  /** Kinds by group version. */
  served?: Record<string, string[]>;
  refused?: string;
}

function cluster({ objects = {}, served = {}, refused }: Contents): KubeClient {
  const kube = {
    async request(_method: string, path: string) {
      if (path === '/apis') return { groups: Object.keys(served).map((name) => ({ name: name.split('/')[0] })) };
      const kinds = served[path.slice('/apis/'.length)];
      if (kinds === undefined)
        throw new KubeError('ServerError', 'the server is currently unable to handle the request');
      return { resources: kinds.map((kind) => ({ name: kind.toLowerCase(), kind })) };
    },
    async list({ kind }: { kind: string }, { namespace }: { namespace?: string }) {
      if (kind === refused) throw new KubeError('Forbidden', `${kind} is forbidden`);
      const all = objects[kind] ?? [];
      return { items: all.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) };
    },
    async find({ kind }: { kind: string }, { name }: { name: string }) {
      return (objects[kind] ?? []).find(({ metadata }) => metadata.name === name);
    },
  };
  return kube as unknown as KubeClient;
}

const deployment = (
  chart: string,
  image: string,
  more: { version?: string; args?: string[]; namespace?: string } = {},
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: chart,
    namespace: more.namespace ?? (chart === 'vela-core' ? 'vela-system' : 'capsule-system'),
    labels: {
      'app.kubernetes.io/name': chart,
      ...(more.version === undefined ? {} : { 'app.kubernetes.io/version': more.version }),
    },
  },
  spec: { template: { spec: { containers: [{ name: 'c', image, args: more.args ?? [] }] } } },
});
const probe = (contents: Contents) => probeCapabilities(cluster(contents), signal);

describe('what is installed', () => {
  it('is nothing on an empty cluster, and no number is made up', async () => {
    const facts = await probe({});
    expect(facts.versions).toEqual({ capsule: null, capsuleProxy: null, vela: null, agent: null });
    expect(facts.vela.authentication).toBeNull();
    expect(facts.vela.missingDefinitions).toContain('ComponentDefinition webservice');
    const names = clusterBaseline()
      .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
      .map(({ metadata }) => metadata.name);
    expect(facts.policies).toEqual({ version: null, missing: names });
    expect(facts).toMatchObject({ kyvernoKinds: [], metrics: false });
  });

  it.each([
    ['the chart’s label', deployment('capsule', 'capsule:latest', { version: '0.14.0' }), '0.14.0'],
    ['the image’s tag', deployment('capsule', 'ghcr.io/projectcapsule/capsule:v0.14.1'), 'v0.14.1'],
    ['a tag beside a digest', deployment('capsule', 'r:5000/capsule:v0.14.2@sha256:00'), 'v0.14.2'],
    ['a registry’s port is no tag', deployment('capsule', 'r:5000/capsule'), null],
    ['a chart that was never released', deployment('capsule', 'capsule', { version: '0.0.0' }), null],
  ])('has the version of %s', async (_reason, object, version) => {
    expect((await probe({ objects: { Deployment: [object] } })).versions.capsule).toBe(version);
  });

  it('has the version that its configuration bears where its Deployment is elsewhere', async () => {
    const metadata = { name: 'default', labels: { 'app.kubernetes.io/version': '0.13.9' } };
    const configuration = { apiVersion: 'capsule.clastix.io/v1beta2', kind: 'CapsuleConfiguration', metadata };
    expect((await probe({ objects: { CapsuleConfiguration: [configuration] } })).versions.capsule).toBe('0.13.9');
  });

  it.each([
    ['on', ['--feature-gates=AuthenticateApplication=true'], true],
    ['on among others', ['--feature-gates', 'A=false,AuthenticateApplication=true'], true],
    ['off', ['--feature-gates=AuthenticateApplication=false'], false],
    ['not given', ['--use-webhook=false'], false],
  ])('sees a gate that is %s', async (_reason, args, expected) => {
    const object = deployment('vela-core', 'vela-core:v1.10.9', { args });
    expect((await probe({ objects: { Deployment: [object] } })).vela.authentication).toBe(expected);
  });

  it('does not believe what a tenant has labelled so', async () => {
    const namespace = 'tn-acme-shop-sbx-001';
    const forged = [
      deployment('vela-core', 'vela-core:v9', { args: ['--feature-gates=AuthenticateApplication=true'], namespace }),
      deployment('capsule', 'capsule:v9', { namespace }),
    ];
    const facts = await probe({ objects: { Deployment: forged } });
    expect(facts.versions).toMatchObject({ capsule: null, vela: null });
    expect(facts.vela.authentication).toBeNull();
  });

  it('knows the Agent by what it tells, and not when that is broken', async () => {
    const told = (text: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubenova-agent-status', namespace: 'kubenova-system' },
      data: { 'status.json': text },
    });
    const version = async (text: string) => (await probe({ objects: { ConfigMap: [told(text)] } })).versions.agent;
    expect(await version('{"version":"1.2.3"}')).toBe('1.2.3');
    expect(await version('{"version":')).toBeNull();
    expect(await version('{"version":5}')).toBeNull();
  });

  it('asks groups that are served for their kinds, and takes silence for none', async () => {
    const served = {
      'kyverno.io/v1': ['Policy', 'ClusterPolicy'],
      'metrics.k8s.io/v1beta1': ['PodMetrics', 'NodeMetrics'],
    };
    expect(await probe({ served })).toMatchObject({ kyvernoKinds: ['ClusterPolicy', 'Policy'], metrics: true });
    expect(await probe({ served: { 'metrics.k8s.io/v1': [] } })).toMatchObject({ metrics: false });
  });

  it('is told as far as it may be read', async () => {
    const facts = await probe({ objects: { Deployment: [deployment('capsule', 'c:v1')] }, refused: 'Deployment' });
    expect(facts.versions.capsule).toBeNull();
  });
});
