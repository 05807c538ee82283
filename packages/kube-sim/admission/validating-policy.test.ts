/** Expectations were read off kube-apiserver 1.37.2. The shipped policies are judged by `e2e/real/admission.real.test.ts` too. */
import { VELA_CORE_USER } from '@kubenova/domain/admission/users.ts';
import { admissionPolicies } from '@kubenova/domain/admission-policies.ts';
import type { ResourceType } from '@kubenova/kube-model/resources/resource-type.ts';
import { describe, expect, it } from 'vitest';
import { admissionScene, type Body, type Overrides } from './testing/admission-scene.ts';

const configMap = (name: string, data: object = { x: '0', y: '(' }, labels: object = {}): Body => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a', labels },
  data,
});
const CONFIG_MAPS = { apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: ['configmaps'] };

function policy(spec: object, binding: object = {}): Body[] {
  const matchConstraints = { resourceRules: [CONFIG_MAPS] };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'p' },
      spec: { failurePolicy: 'Fail', matchConstraints, ...spec },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
    },
  ];
}

const always = { validations: [{ expression: 'false', message: 'no' }] };
const DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request:";

async function verdict(policies: Body[], body: Body, overrides: Overrides = {}): Promise<string | undefined> {
  const scene = admissionScene();
  scene.given(...policies);
  try {
    await scene.admit(scene.request(body, overrides));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('what a policy says', () => {
  it.each([
    ['a missing key', 'object.missing == 1', 'no such key: missing'],
    ['a missing key of a request', "request.subResource == ''", 'no such key: subResource'],
    ['a key of a string', "object.data.x.foo == 'x'", 'no such key: foo'],
    ['a wrong type', 'object.data.x + 1 == 2', 'no such overload'],
    ['no truth', 'object.data', 'no such overload'],
    ['an index', '[1, 2][5] == 1', 'index out of bounds: 5'],
    ['a division', '1 / int(object.data.x) == 1', 'division by zero'],
  ])('when %s fails', async (_what, expression, why) => {
    expect(await verdict(policy({ validations: [{ expression }] }), configMap('c'))).toBe(
      `configmaps "c" is forbidden: ${DENIED} expression '${expression}' resulted in error: ${why}`,
    );
  });

  it('when a variable fails, and nothing when nobody asks for it', async () => {
    const variables = [
      { name: 'bad', expression: 'object.nothing' },
      { name: 'worse', expression: 'variables.bad + 1' },
    ];
    const of = (expression: string) => policy({ variables, validations: [{ expression }] });
    expect(await verdict(of('variables.worse == 1'), configMap('c'))).toContain(
      'composited variable "worse" fails to evaluate: composited variable "bad" fails to evaluate: no such key: nothing',
    );
    expect(await verdict(of('true || variables.worse == 1'), configMap('c'))).toBeUndefined();
  });

  it.each<[string, object, string, string, number]>([
    ['its expression', {}, "failed expression: object.metadata.name == 'h'", 'Invalid', 422],
    ['its message', { message: ' told ' }, 'told', 'Invalid', 422],
    ['a message that it makes', { messageExpression: "'no ' + object.metadata.name" }, 'no c', 'Invalid', 422],
    [
      'its message where it cannot make one',
      { message: 'told', messageExpression: 'object.nope' },
      'told',
      'Invalid',
      422,
    ],
    ['its reason', { message: 'told', reason: 'Forbidden' }, 'told', 'Forbidden', 403],
  ])('is %s', async (_what, rest, told, reason, code) => {
    const scene = admissionScene();
    scene.given(...policy({ validations: [{ expression: " object.metadata.name == 'h' ", ...rest }] }));
    const message = `${DENIED} ${told}`;
    expect(await scene.refusal(scene.request(configMap('c')))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "c" is forbidden: ${message}`,
      reason,
      details: { name: 'c', kind: 'configmaps', causes: [{ message }] },
      code,
    });
  });

  it('is a warning where the binding says so', async () => {
    const scene = admissionScene();
    scene.given(...policy(always, { validationActions: ['Warn', 'Audit'] }));
    const { warnings } = await scene.admit(scene.request(configMap('c')));
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"]);
  });

  it('is nothing when it fails and failures are ignored', async () => {
    const validations = [{ expression: 'object.missing == 1' }];
    expect(await verdict(policy({ validations, failurePolicy: 'Ignore' }), configMap('c'))).toBeUndefined();
  });
});

describe('a policy is asked', () => {
  const constraints = (more: object, rule: object = {}) =>
    policy({ ...always, matchConstraints: { resourceRules: [{ ...CONFIG_MAPS, ...rule }], ...more } });
  const labelled = (key: string, value: string) => ({ matchLabels: { [key]: value } });

  it.each<[string, Body[], boolean]>([
    ['by its rule', constraints({}), true],
    ['for everything', constraints({}, { apiGroups: ['*'], resources: ['*'] }), true],
    ['for everything and its subresources', constraints({}, { resources: ['*/*'] }), true],
    ['not for subresources alone', constraints({}, { resources: ['*/scale'] }), false],
    ['not for other operations', constraints({}, { operations: ['UPDATE', 'DELETE'] }), false],
    ['not for other groups', constraints({}, { apiGroups: ['apps'] }), false],
    ['by name', constraints({}, { resourceNames: ['c'] }), true],
    ['not by another name', constraints({}, { resourceNames: ['d'] }), false],
    ['for what is in a namespace', constraints({}, { scope: 'Namespaced' }), true],
    ['not for what is cluster-wide', constraints({}, { scope: 'Cluster' }), false],
    ['by labels', constraints({ objectSelector: labelled('tier', 'web') }), true],
    ['not by other labels', constraints({ objectSelector: labelled('tier', 'db') }), false],
    ["by the namespace's labels", constraints({ namespaceSelector: labelled('team', 'x') }), true],
    ['not by other labels of the namespace', constraints({ namespaceSelector: labelled('team', 'y') }), false],
    ['not for what is excluded', constraints({ excludeResourceRules: [CONFIG_MAPS] }), false],
    ['not without a binding', constraints({}).slice(0, 1), false],
    ['where the binding says', policy(always, { matchResources: { objectSelector: labelled('tier', 'web') } }), true],
    [
      'not where it says otherwise',
      policy(always, { matchResources: { objectSelector: labelled('tier', 'db') } }),
      false,
    ],
    [
      'under its conditions',
      policy({ ...always, matchConditions: [{ name: 'c', expression: "object.metadata.name == 'c'" }] }),
      true,
    ],
    [
      'not under others',
      policy({ ...always, matchConditions: [{ name: 'c', expression: "object.metadata.name != 'c'" }] }),
      false,
    ],
  ])('%s', async (_how, policies, asked) => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels: { team: 'x' } } };
    const told = await verdict([namespace, ...policies], configMap('c', {}, { tier: 'web' }));
    expect(told !== undefined).toBe(asked);
  });

  it('about what loses its label, since it had it', async () => {
    const policies = constraints({ objectSelector: labelled('tier', 'web') });
    const oldObject = configMap('c', {}, { tier: 'web' }) as never;
    expect(await verdict(policies, configMap('c'), { operation: 'UPDATE', oldObject })).toContain('no');
  });

  it('about other versions of a kind, which it sees in its own', async () => {
    const widget = (version: string): ResourceType => ({
      group: 'example.com',
      version,
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
      singular: 'widget',
      listKind: 'WidgetList',
      shortNames: [],
      categories: [],
      verbs: ['create'],
      subresources: {},
      storage: 'widgets.example.com',
      schema: {},
      selectableFields: [],
    });
    const rule = { ...CONFIG_MAPS, apiGroups: ['example.com'], apiVersions: ['v2'], resources: ['widgets'] };
    const expression = "object.apiVersion == 'example.com/v1' || request.kind.version == 'v1'";
    for (const [matchPolicy, asked] of [
      ['Equivalent', true],
      ['Exact', false],
    ] as const) {
      const scene = admissionScene([widget('v1'), widget('v2')]);
      scene.given(
        ...policy({ matchConstraints: { resourceRules: [rule], matchPolicy }, validations: [{ expression }] }),
      );
      const body = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'a' } };
      const judged = scene.admit(scene.request(body)).then(
        () => false,
        () => true,
      );
      expect(await judged).toBe(asked);
    }
  });

  it('anew when it changes', async () => {
    const scene = admissionScene();
    const [of, binding] = policy(always);
    if (!of || !binding) throw new Error('no policy');
    const admitted = () =>
      scene.admit(scene.request(configMap('c'))).then(
        () => true,
        () => false,
      );
    expect(await admitted()).toBe(true);
    scene.given(of, binding);
    expect(await admitted()).toBe(false);
    scene.given({ ...of, spec: { ...(of.spec as object), validations: [{ expression: 'true' }] } });
    expect(await admitted()).toBe(true);
  });
});

describe('a policy with mistakes', () => {
  const EOF =
    "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

  it.each([
    [
      'an unknown name',
      'unknownvar == 1',
      "ERROR: <input>:1:1: undeclared reference to 'unknownvar' (in container '')\n | unknownvar == 1\n | ^",
    ],
    ['half an expression', 'object ==', `ERROR: <input>:1:10: ${EOF}\n | object ==\n | .........^`],
    [
      'types that do not go together',
      "1 + 'x'",
      "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'x'\n | ..^",
    ],
  ])('is refused where it is wrong: %s', async (_what, expression, why) => {
    const scene = admissionScene();
    const [wrong] = policy({ validations: [{ expression: 'true' }, { expression }] });
    if (!wrong) throw new Error('no policy');
    const value = JSON.stringify(expression);
    expect(await scene.refusal(scene.request(wrong))).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: {
        causes: [
          {
            reason: 'FieldValueInvalid',
            field: 'spec.validations[1].expression',
            message: `Invalid value: ${value}: compilation failed: ${why}`,
          },
        ],
      },
    });
  });

  it.each([
    ['expression', '1 + 1', 'must evaluate to bool but got int'],
    ['messageExpression', 'true', 'must evaluate to string but got bool'],
  ])('must come to what is asked for: %s', async (field, expression, why) => {
    const scene = admissionScene();
    const [wrong] = policy({ validations: [{ expression: 'true', [field]: expression }] });
    if (!wrong) throw new Error('no policy');
    expect((await scene.refusal(scene.request(wrong))).message).toContain(why);
  });
});

describe('parameters', () => {
  const validations = [{ expression: 'int(params.data.max) > 1', messageExpression: "'at most ' + params.data.max" }];
  const withParams = (paramRef: object) =>
    policy({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations }, { paramRef });
  const limits = (name: string, max: string) => configMap(name, { max }, { use: 'limits' });

  it.each<[string, object, Body[], string | undefined]>([
    ['are an object by name', { name: 'one' }, [limits('one', '1')], 'at most 1'],
    ['that lets through', { name: 'one' }, [limits('one', '2')], undefined],
    [
      'or all by label',
      { selector: { matchLabels: { use: 'limits' } } },
      [limits('one', '2'), limits('two', '0')],
      'at most 0',
    ],
    [
      'and refuse when there are none',
      { name: 'none', parameterNotFoundAction: 'Deny' },
      [],
      'no params found for policy binding with `Deny` parameterNotFoundAction',
    ],
    ['or do not', { name: 'none', parameterNotFoundAction: 'Allow' }, [], undefined],
  ])('%s', async (_how, paramRef, given, why) => {
    const told = await verdict([...withParams(paramRef), ...given], configMap('c'));
    if (why === undefined) expect(told).toBeUndefined();
    else expect(told).toContain(why);
  });
});

describe('the policies that KubeNova ships', () => {
  const deployer = 'system:serviceaccount:a:kubenova-deployer';
  const as = (username: string, groups: string[] = []): Overrides => ({
    user: { username, groups: [...groups, 'system:authenticated'] },
  });
  const delivered = configMap('c', {}, { 'kubenova.io/managed-by': 'vela' });
  const pod = (serviceAccountName: string): Body => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'a' },
    spec: { serviceAccountName, containers: [] },
  });
  const scale: Body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'a' }, spec: {} };
  const scaled = (username: string): Overrides => ({ ...as(username), operation: 'UPDATE', subresource: 'scale' });
  const token: Body = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'kubenova-deployer', namespace: 'a' },
  };
  const secret = (account: string): Body => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { name: 's', namespace: 'a', annotations: { 'kubernetes.io/service-account.name': account } },
  });
  const given: Body[] = [
    ...(admissionPolicies() as unknown as Body[]),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels: { 'kubenova.io/app-id': 'x' } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'kubenova-deployer', namespace: 'a' } },
  ];

  it.each<[string, Body, Overrides, string | undefined]>([
    ['an administrator changes nothing that KubeVela made', delivered, {}, 'belongs to an App'],
    ['the App itself does', delivered, as(deployer), undefined],
    ["another App's account does not", delivered, as('system:serviceaccount:b:kubenova-deployer'), 'belongs to an App'],
    ['KubeVela does', delivered, as(VELA_CORE_USER), undefined],
    ['a node does', delivered, as('system:node:n', ['system:nodes']), undefined],
    ['others are free', configMap('c'), {}, undefined],
    ['nobody deletes it', delivered, { operation: 'DELETE' }, 'belongs to an App'],
    ['nobody scales an App', scale, scaled('kubernetes-admin'), "An App's replicas are set in KubeNova"],
    ['the autoscaler does', scale, scaled('system:serviceaccount:kube-system:horizontal-pod-autoscaler'), undefined],
    ['no pod runs as the deployer', pod('kubenova-deployer'), {}, 'No pod may run as kubenova-deployer'],
    ['pods run', pod('default'), {}, undefined],
    ['nobody has its token', token, { subresource: 'token' }, 'Nobody may have a token of kubenova-deployer'],
    ['it may be made', token, {}, undefined],
    ['no Secret holds its token', secret('kubenova-deployer'), {}, 'Nobody may have a token of kubenova-deployer'],
    ['other tokens are free', secret('default'), {}, undefined],
  ])('%s', async (_what, body, overrides, told) => {
    const changes = overrides.operation === 'DELETE' ? { ...overrides, oldObject: body as never } : overrides;
    const refusal = await verdict(given, body, changes);
    if (told === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(told);
  });
});
