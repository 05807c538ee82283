import { expect } from 'vitest';
import { casesOf, type RawRequest, type Scope } from '../case.ts';
import { apply, configMap, configMaps, del, deployment, deployments, patch, post, secrets, told } from '../requests.ts';

const api = '/apis/admissionregistration.k8s.io/v1';
const one = `${configMaps}/one`;

/** Only in the case's own namespace, whose name its label repeats. */
const here = (s: Scope) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': s.ns } } });
const onConfigMaps = (...operations: string[]) => ({
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations, resources: ['configmaps'] }],
});
const probe = post(`${configMaps}?dryRun=All`, configMap('probe'));

/** Makes a policy and its binding; `inForce` shows that the API server has taken both up. */
async function policy(
  s: Scope,
  spec: object,
  inForce: (answer: Awaited<ReturnType<Scope['send']>>) => boolean,
  binding: object = {},
  request = probe,
) {
  s.keep(`${api}/validatingadmissionpolicies/{u}`);
  s.keep(`${api}/validatingadmissionpolicybindings/{u}`);
  await s.do(
    post(`${api}/validatingadmissionpolicies`, {
      metadata: { name: '{u}' },
      spec: { matchConstraints: onConfigMaps('CREATE', 'UPDATE', 'DELETE'), ...spec },
    }),
  );
  await s.do(
    post(`${api}/validatingadmissionpolicybindings`, {
      metadata: { name: '{u}' },
      spec: { policyName: '{u}', validationActions: ['Deny'], matchResources: here(s), ...binding },
    }),
  );
  await s.until('the policy to be in force', async () => inForce(await s.send(request)));
}

const denied = ({ code }: { code: number }) => code === 422 || code === 403;
const message = async (s: Scope, request: RawRequest): Promise<string> =>
  String((await s.send(request)).body.message ?? '');

export const admissionPolicyCases = casesOf('admission', {
  'policy-denies': [
    'a policy denies in its own words',
    async (s) => {
      await policy(
        s,
        { validations: [{ expression: "has(object.data) && 'a' in object.data", message: 'a is needed' }] },
        denied,
      );
      s.golden(told(await s.send(post(configMaps, configMap('one', { b: '1' })))));
      expect((await s.send(post(configMaps, configMap('one', { a: '1' })))).code).toBe(201);
    },
  ],
  'policy-without-message': [
    'or in its expression’s',
    async (s) => {
      await policy(s, { validations: [{ expression: "object.metadata.name != 'probe'\n  && true" }] }, denied);
      s.golden(told(await s.send(probe)));
    },
  ],
  'policy-message-and-reason': [
    'a message can be made, and a reason chosen',
    async (s) => {
      const validations = [
        {
          expression: "object.metadata.name == 'ok'",
          messageExpression: "'not ' + object.metadata.name",
          reason: 'Forbidden',
        },
      ];
      await policy(s, { validations }, denied);
      s.golden(told(await s.send(probe)));
    },
  ],
  'policy-several': [
    'all that fails is told, the first in the message',
    async (s) => {
      const validations = [
        { expression: 'false', message: 'first' },
        { expression: 'true', message: 'not this' },
        { expression: 'false', message: 'second', reason: 'Forbidden' },
      ];
      await policy(s, { validations }, denied);
      s.golden(told(await s.send(probe)));
    },
  ],
  'policy-operations': [
    'on UPDATE there is the old object, on DELETE no object',
    async (s) => {
      const validations = [
        { expression: "request.operation != 'UPDATE' || object.data == oldObject.data", message: 'data stays' },
        {
          expression: "request.operation != 'DELETE' || (object == null && oldObject.metadata.name == 'free')",
          message: 'only free goes',
        },
        {
          expression: "request.operation != 'CREATE' || oldObject == null && object.metadata.name != 'probe'",
          message: 'no probe',
        },
      ];
      await policy(s, { validations }, denied);
      await s.do(post(configMaps, configMap('one', { a: '1' })));
      await s.do(post(configMaps, configMap('free')));
      await s.do(patch('merge', one, { metadata: { labels: { l: 'x' } } }));
      expect(await message(s, patch('merge', one, { data: { a: '2' } }))).toContain('data stays');
      expect(await message(s, apply(one, 'me', configMap('one', { b: '2' })))).toContain('data stays');
      expect(await message(s, del(one))).toContain('only free goes');
      expect((await s.send(del(`${configMaps}/free`))).code).toBe(200);
    },
  ],
  'policy-variables': [
    'a policy knows the request, the namespace and its variables',
    async (s) => {
      const spec = {
        variables: [
          { name: 'labels', expression: 'object.metadata.?labels.orValue({})' },
          { name: 'owner', expression: "variables.labels[?'owner'].orValue('nobody')" },
        ],
        validations: [
          {
            expression:
              "variables.owner == request.userInfo.username && 'devs' in request.userInfo.groups && namespaceObject.metadata.name == request.namespace && request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps' && request.name == object.metadata.name && request.dryRun",
            messageExpression: "variables.owner + ' is not ' + request.userInfo.username",
          },
        ],
      };
      await policy(s, spec, denied);
      const as = { user: 'ann', groups: ['devs', 'system:masters'] };
      const make = (owner: string) =>
        post(`${configMaps}?dryRun=All`, configMap('one', {}, { labels: { owner } }), { as });
      expect((await s.send(make('ann'))).code).toBe(201);
      expect(await message(s, make('ben'))).toContain('ben is not ann');
    },
  ],
  'policy-match-conditions': [
    'match conditions choose',
    async (s) => {
      const spec = {
        matchConditions: [{ name: 'not-exempt', expression: "object.metadata.name != 'exempt'" }],
        validations: [{ expression: 'false', message: 'never' }],
      };
      await policy(s, spec, denied);
      expect((await s.send(post(configMaps, configMap('exempt')))).code).toBe(201);
    },
  ],
  'policy-selectors': [
    'an object selector looks at the new and the old labels',
    async (s) => {
      const spec = {
        matchConstraints: { ...onConfigMaps('CREATE', 'UPDATE'), objectSelector: { matchLabels: { guarded: 'yes' } } },
        validations: [{ expression: 'false', message: 'guarded' }],
      };
      const guarded = post(`${configMaps}?dryRun=All`, configMap('probe', {}, { labels: { guarded: 'yes' } }));
      await s.do(post(configMaps, configMap('one', {}, { labels: { guarded: 'yes' } })));
      await policy(s, spec, denied, {}, guarded);
      expect((await s.send(probe)).code).toBe(201);
      expect((await s.send(patch('merge', one, { metadata: { labels: { guarded: 'no' } } }))).code).toBe(422);
    },
  ],
  'policy-exclusion': [
    'excluded rules are not looked at, and names narrow',
    async (s) => {
      const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] };
      const matchConstraints = { resourceRules: [all], excludeResourceRules: [{ ...all, resources: ['secrets'] }] };
      const validations = [{ expression: "!('{u}' in object.metadata.?labels.orValue({}))", message: 'labelled' }];
      const labels = { [s.unique]: 'x' };
      await policy(
        s,
        { matchConstraints, validations },
        denied,
        {},
        post(`${configMaps}?dryRun=All`, configMap('probe', {}, { labels })),
      );
      expect((await s.send(post(`${secrets}?dryRun=All`, { metadata: { name: 's', labels } }))).code).toBe(201);
      expect((await s.send(post(`${deployments}?dryRun=All`, deployment('d', 1, {}, { labels })))).code).toBe(422);
    },
  ],
  'policy-fails': [
    'an expression that cannot be evaluated refuses, or not, as the failure policy says',
    async (s) => {
      const validations = [{ expression: "object.data['missing'] == 'x'" }];
      await policy(s, { validations }, denied);
      s.golden(told(await s.send(post(`${configMaps}?dryRun=All`, configMap('one', { a: '1' })))));
      await s.do(patch('merge', `${api}/validatingadmissionpolicies/{u}`, { spec: { failurePolicy: 'Ignore' } }));
      await s.until('the new failure policy', async () => (await s.send(probe)).code === 201);
    },
  ],
  'policy-warns': [
    'a binding may warn instead',
    async (s) => {
      const validations = [{ expression: 'false', message: 'think again' }];
      await policy(s, { validations }, ({ warnings }) => warnings.length > 0, { validationActions: ['Warn', 'Audit'] });
      const { code, warnings } = await s.send(probe);
      s.golden({ code, warnings });
    },
  ],
  'policy-params': [
    'a policy may take its numbers from an object',
    async (s) => {
      await s.do(post(configMaps, configMap('limits', { max: '2' })));
      const spec = {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [
          {
            expression: 'object.metadata.name == "limits" || size(object.?data.orValue({})) <= int(params.data.max)',
            messageExpression: "'at most ' + params.data.max",
          },
        ],
      };
      const paramRef = { name: 'limits', namespace: s.ns, parameterNotFoundAction: 'Deny' };
      const many = post(`${configMaps}?dryRun=All`, configMap('many', { a: '', b: '', c: '' }));
      await policy(s, spec, ({ body }) => String(body.message).includes('at most 2'), { paramRef }, many);
      expect((await s.send(probe)).code).toBe(201);
    },
  ],
  'policy-namespace-values': [
    'a policy takes what is allowed from an annotation of the namespace, and says what it is',
    async (s) => {
      const annotations = { 'example.com/allowed': ' a.io/x,b.io ,,', 'example.com/most': '2' };
      await s.do(patch('merge', '/api/v1/namespaces/{ns}', { metadata: { annotations } }));
      const spec = {
        variables: [
          { name: 'annotations', expression: 'namespaceObject.metadata.?annotations.orValue({})' },
          {
            name: 'allowed',
            expression:
              "variables.annotations[?'example.com/allowed'].orValue('').split(',').map(a, a.trim()).filter(a, a != '')",
          },
          { name: 'values', expression: 'object.?data.orValue({}).map(key, object.data[key])' },
          {
            name: 'refused',
            expression: "variables.values.filter(v, !variables.allowed.exists(a, v.startsWith(a + '/')))",
          },
        ],
        validations: [
          {
            expression: 'size(variables.refused) == 0',
            messageExpression:
              "'not allowed: ' + variables.refused.map(v, v.substring(v.lastIndexOf('/') + 1)).join('; ') + '. Allowed: ' + variables.allowed.join(', ')",
          },
          {
            expression: "size(variables.values) <= int(variables.annotations['example.com/most'])",
            messageExpression: "string(size(variables.values)) + ' are too many'",
          },
        ],
      };
      // The API server reads the namespace from a cache, too.
      const known = ({ body }: { body: { message?: unknown } }) =>
        String(body.message).endsWith('Allowed: a.io/x, b.io');
      await policy(s, spec, known, {}, post(`${configMaps}?dryRun=All`, configMap('probe', { a: 'c.io/z' })));
      s.golden([
        told(await s.send(post(configMaps, configMap('one', { a: 'a.io/xy' })))),
        told(await s.send(post(configMaps, configMap('one', { a: 'b.io/1', b: 'b.io/2', c: 'a.io/x/3' })))),
      ]);
      expect((await s.send(post(configMaps, configMap('one', { a: 'a.io/x/y', b: 'b.io/q' })))).code).toBe(201);
      await s.do(
        patch('merge', '/api/v1/namespaces/{ns}', { metadata: { annotations: { 'example.com/allowed': null } } }),
      );
      await s.until('the namespace to allow nothing', async () => {
        const answer = await s.send(post(`${configMaps}?dryRun=All`, configMap('two', { a: 'a.io/x/y' })));
        return String(answer.body.message).endsWith('Allowed:');
      });
    },
  ],
  'policy-namespace-labels': [
    'a namespace is judged by its own labels, before and after, by a patch and by its status',
    async (s) => {
      s.keep('/api/v1/namespaces/{u}');
      const resourceRules = [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['namespaces', 'namespaces/status'],
        },
      ];
      const of = (object: string) => `(${object} == null ? {} : ${object}.metadata.?labels.orValue({}))`;
      const isOurs = "key.startsWith('example.com/')";
      const spec = {
        matchConstraints: { resourceRules },
        validations: [
          {
            expression:
              `object.metadata.name != '{u}' || (${of('oldObject')}.all(key, !${isOurs} || key in ${of('object')}) && ` +
              `${of('object')}.all(key, !${isOurs} || (key in ${of('oldObject')} && ${of('oldObject')}[key] == ${of('object')}[key])))`,
            message: 'labels of example.com stay',
          },
        ],
      };
      const one = '/api/v1/namespaces/{u}';
      await s.do(post('/api/v1/namespaces', { metadata: { name: '{u}', labels: { other: 'a' } } }));
      const label = (labels: object, path = one) => patch('merge', path, { metadata: { labels } });
      const probed = label({ 'example.com/a': 'b' }, `${one}?dryRun=All`);
      await policy(s, spec, denied, { matchResources: {} }, probed);
      s.golden([
        told(await s.send(label({ 'example.com/a': 'b' }))),
        told(await s.send(label({ 'example.com/a': 'b' }, `${one}/status`))),
      ]);
      expect((await s.send(label({ other: null, third: 'c' }))).code).toBe(200);
    },
  ],
  'policy-subresources': [
    'a subresource is matched by its name',
    async (s) => {
      const matchConstraints = {
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['deployments/scale'] },
        ],
      };
      await s.do(post(deployments, deployment('d', 0, { paused: true })));
      const scale = patch('merge', `${deployments}/d/scale`, { spec: { replicas: 1 } });
      await policy(
        s,
        {
          matchConstraints,
          validations: [
            { expression: "request.subResource != 'scale' || object.spec.replicas < 1", message: 'no scaling' },
          ],
        },
        denied,
        {},
        scale,
      );
      expect((await s.send(patch('merge', `${deployments}/d`, { spec: { replicas: 1 } }))).code).toBe(200);
    },
  ],
  'policy-invalid': [
    'a policy that is wrong is refused when it is made',
    async (s) => {
      const make = (spec: object) =>
        s.send(post(`${api}/validatingadmissionpolicies?dryRun=All`, { metadata: { name: '{u}' }, spec }));
      const matchConstraints = onConfigMaps('CREATE');
      s.golden([
        told(await make({ matchConstraints, validations: [{ expression: 'object ==' }] })),
        told(await make({ matchConstraints, validations: [] })),
        told(await make({ matchConstraints, validations: [{ expression: '1 + 1' }] })),
        told(await make({ matchConstraints, validations: [{ expression: 'unknown == 1' }] })),
        told(await make({ validations: [{ expression: 'true' }] })),
      ]);
    },
  ],
});
