/** What policy sets come to, above all two that say different things: what one of them forbids is forbidden. */
import type { PolicySetSpec } from '@kubenova/knapi/schemas.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { effectivePolicies, policyEffects } from './effects.ts';
import { annotationOf } from './policy-type.ts';

const set = (type: string, parameters?: Record<string, unknown>, name = 'a'): PolicySetSpec => ({
  name,
  policies: [parameters === undefined ? { type } : { type, parameters }],
});
const annotation = (type: string, ...all: (Record<string, unknown> | undefined)[]) =>
  policyEffects(all.map((parameters, index) => set(type, parameters, `set-${index}`))).annotations[annotationOf(type)];

describe('two sets that say different things', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    [
      'allowed-registries',
      { registries: ['ghcr.io', 'quay.io'] },
      { registries: ['ghcr.io/acme', 'docker.io'] },
      'ghcr.io/acme',
    ],
    ['allowed-registries', { registries: ['ghcr.io/acme'] }, { registries: ['ghcr.io/acme-b'] }, ''],
    ['allowed-registries', { registries: ['r.example.com'] }, { registries: ['r.example.com:5000'] }, ''],
    ['image-pull-policy', { policies: ['Always', 'Never'] }, { policies: ['Always', 'IfNotPresent'] }, 'Always'],
    ['no-latest-tag', {}, { requireDigest: true }, 'digest'],
    ['no-privileged-pods', { capabilities: ['CHOWN', 'KILL'] }, { capabilities: ['KILL'] }, 'KILL'],
    ['no-privileged-pods', { capabilities: ['CHOWN'] }, {}, ''],
    ['max-replicas', { max: 5 }, { max: 3 }, '3'],
    ['service-types', { types: ['ClusterIP', 'NodePort'], externalIPs: true }, { types: ['NodePort'] }, 'NodePort'],
    ['service-types', { externalIPs: true }, { types: ['ClusterIP'], externalIPs: true }, 'ClusterIP,ExternalIPs'],
    ['ingress-hosts', { hosts: ['*.example.com'] }, { hosts: ['*.a.example.com', 'example.com'] }, '*.a.example.com'],
    ['ingress-hosts', { hosts: ['*.example.com'] }, { hosts: ['b.example.com', 'evilexample.com'] }, 'b.example.com'],
    ['required-labels', { labels: [{ key: 'team' }] }, { labels: [{ key: 'cost' }] }, 'cost=,team='],
    [
      'required-labels',
      { labels: [{ key: 'team', values: ['a', 'b'] }] },
      { labels: [{ key: 'team', values: ['b', 'c'] }] },
      'team=b',
    ],
    [
      'required-labels',
      { labels: [{ key: 'team', values: ['a'] }] },
      { labels: [{ key: 'team', values: ['b'] }] },
      'team=!',
    ],
    ['required-resources', { requests: ['cpu'] }, { limits: ['memory'] }, 'limits.memory,requests.cpu'],
    ['required-resources', {}, { limits: ['memory'] }, 'limits.memory,requests.cpu,requests.memory'],
  ])('%s: %o and %o', (type, one, other, expected) => {
    expect(annotation(type, one, other)).toBe(expected);
    expect(annotation(type, other, one)).toBe(expected);
  });

  it('pod-security: the higher level, in the place of the label that every namespace has', () => {
    const levels = (...all: string[]) =>
      policyEffects(all.map((level, index) => set('pod-security', { level }, `set-${index}`))).labels;
    const label = 'pod-security.kubernetes.io/enforce';
    expect(levels('baseline', 'restricted')).toEqual({ [label]: 'restricted' });
    expect(levels('restricted', 'baseline')).toEqual({ [label]: 'restricted' });
    expect(levels('baseline')).toEqual({ [label]: 'baseline' });
  });

  it('kyverno: the rules of both, told apart', () => {
    const rules = [{ name: 'a', match: {}, validate: { message: 'x', pattern: {} } }];
    const { kyvernoRules } = policyEffects([set('kyverno', { rules }), set('kyverno', { rules }, 'b')]);
    expect(kyvernoRules.map(({ name }) => name)).toEqual(['a', 'a.2']);
  });

  it('a key that one list names twice holds as both entries say', () => {
    const labels = [
      { key: 'team', values: ['a', 'b'] },
      { key: 'team', values: ['b'] },
    ];
    expect(annotation('required-labels', { labels })).toBe('team=b');
  });
});

describe('effects', () => {
  it('are none without sets, and unknown types are told', () => {
    const none = { capsule: {}, annotations: {}, labels: {}, kyvernoRules: [], unknown: [] };
    expect(policyEffects([])).toEqual(none);
    expect(policyEffects([set('of-tomorrow'), set('of-tomorrow', {}, 'b')])).toEqual({
      ...none,
      unknown: ['of-tomorrow'],
    });
  });

  it.each([...catalogue.values()])('of $type come to something, with the example and with nothing twice', (policy) => {
    const once = policyEffects([set(policy.type, policy.example)]);
    expect(
      [once.annotations, once.labels, once.kyvernoRules, once.capsule].some((one) => Object.keys(one).length > 0),
    ).toBe(true);
    if (policy.type === 'kyverno') return;
    expect(policyEffects([set(policy.type, policy.example), set(policy.type, policy.example, 'b')])).toEqual(once);
  });

  it('that a rule reads stand under the annotation of its type', () => {
    for (const { type, example, admission } of catalogue.values()) {
      if (admission === undefined) continue;
      expect(policyEffects([set(type, example)]).annotations).toHaveProperty([annotationOf(type)]);
    }
  });
});

/** Parameters of each type out of a few words, so that two of them meet often. */
const some = <T>(...values: T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: values.length });
const parameters: Record<string, fc.Arbitrary<Record<string, unknown>>> = {
  'allowed-registries': fc.record({ registries: some('a.io', 'a.io/x', 'a.io/x/y', 'a.io/xy', 'b.io:5000', 'b.io') }),
  'image-pull-policy': fc.record({ policies: some('Always', 'IfNotPresent', 'Never') }),
  'no-latest-tag': fc.record({ requireDigest: fc.boolean() }, { requiredKeys: [] }),
  'no-privileged-pods': fc.record({ capabilities: some('CHOWN', 'KILL', 'SETUID') }, { requiredKeys: [] }),
  'max-replicas': fc.record({ max: fc.nat(5) }),
  'priority-classes': fc.record({ classes: some('a', 'b', 'c') }),
  'ingress-classes': fc.record({ classes: some('a', 'b', 'c') }),
  'storage-classes': fc.record({ classes: some('a', 'b', 'c') }),
  'ingress-hosts': fc.record({ hosts: some('*.a.io', 'a.io', 'b.a.io', '*.b.a.io', 'c.b.a.io') }),
  'service-types': fc.record(
    { types: some('ClusterIP', 'NodePort', 'LoadBalancer'), externalIPs: fc.boolean() },
    { requiredKeys: [] },
  ),
  'required-labels': fc.record({
    labels: fc.array(
      fc.record({ key: fc.constantFrom('k', 'l'), values: some('v', 'w', 'x') }, { requiredKeys: ['key'] }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  'required-resources': fc.record(
    { requests: some('cpu', 'memory'), limits: some('cpu', 'memory') },
    { requiredKeys: [] },
  ),
  'pod-security': fc.record({ level: fc.constantFrom('baseline', 'restricted') }),
  'run-as-non-root': fc.constant({}),
  'read-only-root-filesystem': fc.constant({}),
};

describe('the strictest of any two', () => {
  it('knows every type whose sets are not simply put side by side', () => {
    expect(Object.keys(parameters).sort()).toEqual([...catalogue.keys()].filter((type) => type !== 'kyverno').sort());
  });

  it.each(Object.entries(parameters))(
    '%s: whichever comes first, however they are grouped, and twice is once',
    (type, one) => {
      const hold = (...all: Record<string, unknown>[]) => {
        const { annotations, labels } = policyEffects(all.map((each, index) => set(type, each, `set-${index}`)));
        return { annotations, labels };
      };
      const merged = (...all: Record<string, unknown>[]) =>
        effectivePolicies(all.map((each, index) => set(type, each, `set-${index}`))).get(type) ?? {};
      fc.assert(
        fc.property(one, one, one, (a, b, c) => {
          expect(hold(a, b)).toEqual(hold(b, a));
          expect(hold(merged(a, b), c)).toEqual(hold(a, merged(b, c)));
          expect(hold(a, a)).toEqual(hold(a));
        }),
        { numRuns: 200 },
      );
    },
  );
});
