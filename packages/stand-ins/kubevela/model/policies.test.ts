import type { KubeObject } from '@kubenova/kube/object.ts';
import { describe, expect, it } from 'vitest';
import type { Application, ComponentSpec, PolicySpec, Properties } from './application.ts';
import {
  applyOnce,
  definedPolicies,
  garbagePolicy,
  leftOutPolicy,
  overridden,
  placementsOf,
  policyProblem,
  selectPolicies,
} from './policies.ts';
import { keepPaths } from './three-way.ts';

const application = (...policies: PolicySpec[]): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'acme-shop', uid: 'uid-1' },
  spec: { components: [], policies },
});
const policy = (type: string, properties?: Properties): PolicySpec => ({
  name: 'p',
  type,
  ...(properties && { properties }),
});

describe('policies', () => {
  it('need properties', () => {
    expect(policyProblem(application(policy('topology')))).toBe(
      'policy topology named p must not have empty properties',
    );
    expect(policyProblem(application(policy('debug')))).toBeUndefined();
    expect(policyProblem(application(policy('topology', {})))).toBeUndefined();
  });

  it('of other types than KubeVela’s own need a definition', () => {
    expect(definedPolicies(application(policy('topology', {}), policy('health', {})))).toEqual([policy('health', {})]);
  });

  it.each([
    ['take-over', {}, 'policies of type take-over are left out of this stand-in'],
    ['garbage-collect', { rules: [] }, 'rules of garbage-collect policies is left out of this stand-in'],
    ['garbage-collect', { keepLegacyResource: true }, undefined],
    ['override', { components: [] }, undefined],
  ])('of type %s with %j: %s', (type, properties, problem) => {
    expect(leftOutPolicy(application(policy(type, properties)))).toBe(problem);
  });

  it('of garbage collection keep what older versions made', () => {
    const given = { keepLegacyResource: true, continueOnFailure: true, applicationRevisionLimit: 2 };
    const expected = { keepLegacy: true, continueOnFailure: true, revisionLimit: 2 };
    expect(garbagePolicy(application(policy('garbage-collect', given)))).toEqual(expected);
    expect(garbagePolicy(application())).toEqual({ keepLegacy: false, continueOnFailure: false });
  });

  it('are chosen by name', () => {
    const app = application(
      { name: 'a', type: 'override', properties: {} },
      { name: 'b', type: 'topology', properties: {} },
    );
    expect(selectPolicies(app, ['b']).map(({ name }) => name)).toEqual(['b']);
    expect(() => selectPolicies(app, ['c'])).toThrow('policy c not found');
  });
});

describe('apply-once', () => {
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { 'app.oam.dev/component': 'web' } },
    spec: { replicas: 1, template: { spec: { containers: [{ image: 'a' }] } } },
  };
  const rule = (selector: Properties, path: string[], affect?: string): Properties => ({
    selector,
    strategy: { path, ...(affect && { affect }) },
  });
  const paths = (enable: boolean, ...rules: Properties[]) =>
    applyOnce(application(policy('apply-once', { enable, rules }))).pathsOf(deployment, 'onStateKeep');

  it('leaves everything alone when it has no rules', () => {
    expect(applyOnce(application(policy('apply-once', { enable: true }))).everything).toBe(true);
    expect(applyOnce(application(policy('apply-once', { enable: false }))).everything).toBe(false);
    expect(applyOnce(application()).everything).toBe(false);
  });

  it.each([
    ['a kind', true, rule({ resourceTypes: ['Deployment'] }, ['spec.replicas']), ['spec.replicas']],
    ['another kind', true, rule({ resourceTypes: ['Service'] }, ['*']), []],
    ['a component and a kind', true, rule({ componentNames: ['web'], resourceTypes: ['Service'] }, ['*']), []],
    ['nothing at all', true, rule({}, ['*']), []],
    ['a stage', true, rule({ componentNames: ['web'] }, ['*'], 'onUpdate'), []],
    ['every stage', true, rule({ componentNames: ['web'] }, ['*'], 'always'), ['*']],
    ['a policy that is off', false, rule({ resourceTypes: ['Deployment'] }, ['*']), []],
  ])('leaves paths alone that a rule selects by %s', (_what, enable, given, expected) => {
    expect(paths(enable, given)).toEqual(expected);
  });

  it('takes what is in the cluster at those paths', () => {
    const live = { ...deployment, spec: { replicas: 7, template: { spec: { containers: [{ image: 'b' }] } } } };
    const kept = keepPaths(deployment, live, [
      'spec.replicas',
      'spec.template.spec.containers[0].image',
      'spec.nothing',
    ]);
    expect(kept.spec).toEqual({ replicas: 7, template: { spec: { containers: [{ image: 'b' }] } } });
    expect(deployment.spec).toMatchObject({ replicas: 1 });
  });
});

describe('topology', () => {
  it.each<[string, PolicySpec[], object[]]>([
    ['no policy', [], [{ cluster: 'local', namespace: '' }]],
    ['an empty one', [policy('topology', {})], [{ cluster: 'local', namespace: '' }]],
    [
      'the same place twice',
      [
        policy('topology', { clusters: ['local'] }),
        policy('topology', { clusters: ['local'], namespace: 'b' }),
        policy('topology', {}),
      ],
      [
        { cluster: 'local', namespace: '' },
        { cluster: 'local', namespace: 'b' },
      ],
    ],
    [
      'labels that may select nothing',
      [policy('topology', { clusterLabelSelector: { a: 'b' }, allowEmpty: true })],
      [],
    ],
  ])('of %s', (_what, policies, placements) => {
    expect(placementsOf(policies)).toEqual(placements);
  });

  it.each([
    [{ clusters: ['far'] }, 'failed to get cluster far'],
    [{ clusterLabelSelector: { a: 'b' } }, 'failed to find any cluster matches given labels'],
  ])('cannot be %j', (properties, message) => {
    expect(() => placementsOf([policy('topology', properties)])).toThrow(message);
  });
});

describe('override', () => {
  const components: ComponentSpec[] = [
    {
      name: 'web',
      type: 'webservice',
      properties: { image: 'a', env: { a: '1', b: '2' } },
      traits: [{ type: 'scaler', properties: { replicas: 1 } }],
    },
    { name: 'worker', type: 'worker', properties: { image: 'b' } },
  ];
  const over = (...patches: Properties[]) => overridden(components, [policy('override', { components: patches })]);

  it('changes properties and traits of one component', () => {
    const traits = [
      { type: 'scaler', properties: { replicas: 3 } },
      { type: 'labels', properties: { a: 'b' } },
    ];
    const [web, worker] = over({ name: 'web', properties: { env: { b: '3' } }, traits });
    expect(web?.properties).toEqual({ image: 'a', env: { a: '1', b: '3' } });
    expect(web?.traits).toEqual(traits);
    expect(worker).toEqual(components[1]);
  });

  it('takes a trait away', () => {
    expect(over({ name: 'web', traits: [{ type: 'scaler', disable: true }] })[0]?.traits).toEqual([]);
  });

  it('changes all, or all of a type, when it names none', () => {
    expect(over({ properties: { cpu: '1' } }).map(({ properties }) => properties?.cpu)).toEqual(['1', '1']);
    expect(over({ type: 'worker', properties: { cpu: '1' } }).map(({ properties }) => properties?.cpu)).toEqual([
      undefined,
      '1',
    ]);
  });

  it('searches names, with stars', () => {
    expect(over({ name: 'w*k', properties: { cpu: '1' } }).map(({ properties }) => properties?.cpu)).toEqual([
      undefined,
      '1',
    ]);
  });

  it('replaces one of another type, and adds one that is not there', () => {
    expect(over({ name: 'web', type: 'worker', properties: { image: 'c' } })[0]).toMatchObject({
      type: 'worker',
      properties: { image: 'c' },
    });
    expect(over({ name: 'new', type: 'task', properties: { image: 'd' } }).map(({ name }) => name)).toEqual([
      'web',
      'worker',
      'new',
    ]);
  });

  it('selects components', () => {
    const selected = overridden(components, [policy('override', { components: [], selector: ['wor*'] })]);
    expect(selected.map(({ name }) => name)).toEqual(['worker']);
  });
});
