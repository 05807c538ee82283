/**
 * The rules of the policy catalogue by property: with the parameters of two policy sets at once a thing is let through
 * exactly when each of them alone lets it through. `e2e/real/policies` holds the same rules against the real API server.
 */

import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import { TENANT_ID } from '@kubenova/domain/labels.ts';
import { policyEffects } from '@kubenova/domain/policies/effects.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admissionScene, type Body } from './testing/admission-scene.ts';

type Parameters = Record<string, unknown>;
type Fields = Record<string, unknown>;

const some = <T>(...values: T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: values.length });
const metadata = { name: 'try', namespace: 'a' };

const pod = (container: Fields, spec: Fields = {}): Body => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec },
});
const deployment = (fields: Fields, labels: Record<string, string> = {}): Body => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...metadata, labels },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    ...fields,
  },
});
const ingress = (spec: Fields): Body => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec });
const host = fc.constantFrom('a.io', 'b.a.io', 'c.b.a.io', '*.b.a.io', 'xa.io', undefined);
const className = fc.constantFrom('a', 'b', 'c', undefined);

/** By type: parameters, and things that some of them let through. */
const types: Record<string, [fc.Arbitrary<Parameters>, fc.Arbitrary<Body>]> = {
  'allowed-registries': [
    fc.record({ registries: some('a.io', 'a.io/x', 'a.io/x/y', 'a.io/xy', 'b.io:5000', 'b.io', 'docker.io/library') }),
    fc
      .constantFrom('a.io/x', 'a.io/x:1', 'a.io/x/y@sha256:1', 'a.io/xy/z', 'a.io/z', 'b.io:5000/a', 'b.io/a', 'nginx')
      .map((image) => pod({ image })),
  ],
  'image-pull-policy': [
    fc.record({ policies: some('Always', 'IfNotPresent', 'Never') }),
    fc.constantFrom('Always', 'IfNotPresent', 'Never', undefined).map((imagePullPolicy) => pod({ imagePullPolicy })),
  ],
  'no-latest-tag': [
    fc.record({ requireDigest: fc.boolean() }, { requiredKeys: [] }),
    fc.constantFrom('a', 'a:latest', 'a:1', 'a.io:1/a', 'a:1@sha256:1').map((image) => pod({ image })),
  ],
  'no-privileged-pods': [
    fc.record({ capabilities: some('CHOWN', 'KILL') }, { requiredKeys: [] }),
    fc
      .subarray(['CHOWN', 'KILL', 'SETUID'])
      .map((add) => pod({ securityContext: add.length === 0 ? undefined : { capabilities: { add } } })),
  ],
  'required-resources': [
    fc.record({ requests: some('cpu', 'memory'), limits: some('cpu', 'memory') }, { requiredKeys: [] }),
    fc.tuple(fc.subarray(['cpu', 'memory']), fc.subarray(['cpu', 'memory'])).map(([requests, limits]) =>
      pod({
        resources: {
          requests: Object.fromEntries(requests.map((one) => [one, '1'])),
          limits: Object.fromEntries(limits.map((one) => [one, '1'])),
        },
      }),
    ),
  ],
  'required-labels': [
    fc.record({
      labels: fc.array(
        fc.record({ key: fc.constantFrom('k', 'l'), values: some('v', 'w', 'x') }, { requiredKeys: ['key'] }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    fc
      .record({ k: fc.constantFrom('v', 'w', 'other'), l: fc.constantFrom('v', 'w', 'other') }, { requiredKeys: [] })
      .map((labels) => deployment({}, labels as Record<string, string>)),
  ],
  'max-replicas': [fc.record({ max: fc.nat(4) }), fc.nat(5).map((replicas) => deployment({ replicas }))],
  'service-types': [
    fc.record(
      { types: some('ClusterIP', 'NodePort', 'LoadBalancer'), externalIPs: fc.boolean() },
      { requiredKeys: [] },
    ),
    fc.tuple(fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'), fc.boolean()).map(([type, external]) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type, ports: [{ port: 80 }], ...(external && { externalIPs: ['1.2.3.4'] }) },
    })),
  ],
  'ingress-hosts': [
    fc.record({ hosts: some('*.a.io', 'a.io', 'b.a.io', '*.b.a.io', 'c.b.a.io') }),
    host.map((name) => ingress({ rules: [name === undefined ? {} : { host: name }] })),
  ],
  'ingress-classes': [
    fc.record({ classes: some('a', 'b', 'c') }),
    className.map((name) => ingress({ ingressClassName: name, rules: [{ host: 'a.io' }] })),
  ],
  'storage-classes': [
    fc.record({ classes: some('a', 'b', 'c') }),
    className.map((storageClassName) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } },
    })),
  ],
};

describe('two policy sets that say different things', () => {
  it.each(Object.entries(types))(
    '%s: what one forbids is forbidden, and nothing else',
    async (type, [parameters, thing]) => {
      const scene = admissionScene();
      scene.given(...admissionPolicies().map((policy) => ({ ...policy, metadata: { ...policy.metadata } })));
      scene.given({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'a' } });
      const passes = async (body: Body, ...all: Parameters[]): Promise<boolean> => {
        const sets = all.map((each, index) => ({ name: `s${index}`, policies: [{ type, parameters: each }] }));
        const { annotations } = policyEffects(sets);
        scene.given({
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'a', labels: { [TENANT_ID]: 'x' }, annotations },
        });
        try {
          await scene.admit(scene.request(body));
          return true;
        } catch (error) {
          expect((error as Error).message).toContain(`kubenova-policy-${type}`);
          return false;
        }
      };
      const seen = new Set<boolean>();
      await fc.assert(
        fc.asyncProperty(parameters, parameters, thing, async (one, other, body) => {
          const both = (await passes(body, one)) && (await passes(body, other));
          expect(await passes(body, one, other)).toBe(both);
          seen.add(both);
        }),
        { numRuns: 150 },
      );
      expect([...seen].sort()).toEqual([false, true]);
    },
  );
});
