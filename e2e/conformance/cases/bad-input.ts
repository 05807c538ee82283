/** What the server says of requests that it cannot take: the whole Status, word for word. */
import { expect } from 'vitest';
import { casesOf } from '../case.ts';
import { type Refusal, refusals } from '../refusal.ts';
import {
  apply,
  configMap,
  configMaps,
  container,
  del,
  deployment,
  deployments,
  get,
  patch,
  pod,
  pods,
  post,
  put,
  secrets,
  services,
  template,
} from '../requests.ts';

const one = `${configMaps}/one`;
const long = 'x'.repeat(300);
const spec = (of: object) => post(pods, pod('p', of));
const containers = (...of: object[]) => spec({ containers: of });
const quota = (of: object) => post('/api/v1/namespaces/{ns}/resourcequotas', { metadata: { name: 'q' }, spec: of });

const paths: Record<string, Refusal> = {
  'unknown-resource': [
    'a resource that is not served',
    get('/api/v1/namespaces/{ns}/widgets'),
    get('/apis/apps/v1/namespaces/{ns}/widgets/x'),
    post('/apis/apps/v1/namespaces/{ns}/widgets', {}),
  ],
  'unknown-group': ['a group that is not served', get('/apis/nobody.example.com/v1/namespaces/{ns}/things')],
  'unknown-version': ['a version that is not served', get('/apis/apps/v1beta1/namespaces/{ns}/deployments')],
  'unknown-subresource': ['a subresource that is not there', get(`${one}/scale`), patch('merge', `${one}/status`, {})],
  'unknown-path': [
    'a path that is none',
    get('/nowhere'),
    get('/api/v2'),
    get('/apis/apps/v1/namespaces/{ns}/deployments/d/status/more'),
  ],
  'method-of-collection': [
    'a method that a collection does not know',
    put(configMaps, configMap('one')),
    patch('merge', configMaps, {}),
  ],
  'method-of-object': ['a method that an object does not know', post(one, configMap('one'))],
  'method-of-review': [
    'a review is made, not read',
    get('/apis/authorization.k8s.io/v1/subjectaccessreviews'),
    del('/apis/authentication.k8s.io/v1/tokenreviews'),
  ],
  'cluster-kind-in-namespace': ['a cluster-scoped kind is in no namespace', get('/api/v1/namespaces/{ns}/nodes')],
  'create-without-namespace': [
    'a namespaced kind is made in a namespace',
    post('/api/v1/configmaps', configMap('one')),
  ],
};

const bodies: Record<string, Refusal> = {
  'no-body': ['a create without a body', post(configMaps, '')],
  'json-malformed': [
    'malformed JSON',
    post(configMaps, '{"metadata":'),
    post(configMaps, '{"metadata":{"name":"one"},}'),
    post(configMaps, '"text"'),
    post(configMaps, '[]'),
  ],
  'yaml-malformed': ['malformed YAML', post(configMaps, 'a: [1\nb', { contentType: 'application/yaml' })],
  'content-type-unknown': [
    'a content type that the server does not read',
    post(configMaps, 'x', { contentType: 'text/plain' }),
    post(configMaps, configMap('one'), { contentType: 'application/xml' }),
  ],
  'patch-type-unknown': [
    'a patch type that there is not',
    patch('merge', one, {}, { contentType: 'application/json' }),
    patch('merge', one, {}, { contentType: '' }),
  ],
  'accept-unknown': [
    'an answer that the server cannot give',
    get(configMaps, { accept: 'text/html' }),
    get(configMaps, { accept: 'application/json;as=Nonsense' }),
  ],
  'kind-mismatch': [
    'a body of another kind',
    post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' } }),
    post(configMaps, { apiVersion: 'apps/v1', kind: 'ConfigMap', metadata: { name: 'one' } }),
    post(configMaps, { apiVersion: 'v1', kind: 'Nothing', metadata: { name: 'one' } }),
  ],
  'wrong-types': [
    'wrong types',
    post(configMaps, { metadata: { name: 'one' }, data: { a: 1 } }),
    post(configMaps, { metadata: { name: 7 } }),
    post(configMaps, { metadata: { name: 'one', labels: ['a'] } }),
    post(deployments, deployment('d', 1, { replicas: 'two' })),
    post(deployments, deployment('d', 1, { replicas: 1.5 })),
    post(deployments, deployment('d', 1, { template: { spec: { containers: {} } } })),
    post(secrets, { metadata: { name: 's' }, data: { a: 'not base64!' } }),
    spec({ terminationGracePeriodSeconds: 'soon' }),
    spec({ containers: [{ ...container, ports: [{ containerPort: '80' }] }] }),
    post(configMaps, { metadata: { name: 'one', creationTimestamp: 'yesterday' } }),
  ],
  quantities: [
    'quantities that are none',
    containers({ ...container, resources: { requests: { cpu: 'much' } } }),
    quota({ hard: { pods: '5 of them' } }),
  ],
  'unknown-fields-strict': [
    'unknown fields, strictly',
    post(`${configMaps}?fieldValidation=Strict`, { ...configMap('one'), dta: {}, metadata: { name: 'one', nme: 1 } }),
    post(
      `${deployments}?fieldValidation=Strict`,
      deployment('d', 1, { replica: 1, template: { ...template('d', { contaners: [] }) } }),
    ),
    patch('merge', `${one}?fieldValidation=Strict`, { dta: {} }),
    apply(one, 'me', { ...configMap('one'), dta: {} }, '&fieldValidation=Strict'),
  ],
  'unknown-fields-warn': [
    'unknown fields, with a warning',
    post(`${configMaps}?fieldValidation=Warn`, { ...configMap('one'), dta: {} }),
    post(`${configMaps}?fieldValidation=Ignore`, { ...configMap('two'), dta: {} }),
  ],
  'duplicate-fields': [
    'a field that comes twice',
    post(`${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"one"},"data":{"a":"1","a":"2"}}'),
    post(`${configMaps}?fieldValidation=Warn`, '{"metadata":{"name":"one"},"data":{"a":"1","a":"2"}}'),
  ],
  'field-validation-unknown': [
    'a field validation that there is not',
    post(`${configMaps}?fieldValidation=Hard`, configMap('one')),
  ],
  'too-large': ['an object beyond etcd’s limit', post(configMaps, configMap('one', { a: 'x'.repeat(1_100_000) }))],
};

const patches: Record<string, Refusal> = {
  'json-patch-malformed': [
    'a JSON patch that is none',
    post(configMaps, configMap('one')),
    patch('json', one, {}),
    patch('json', one, '[{"op":"add"'),
    patch('json', one, [{ op: 'invent', path: '/data' }]),
    patch('json', one, [{ op: 'add', path: 'data', value: {} }]),
    patch('json', one, [{ op: 'add', value: {} }]),
  ],
  'merge-patch-malformed': [
    'a merge patch that is none',
    post(configMaps, configMap('one')),
    patch('merge', one, '{"data"'),
    patch('merge', one, []),
    patch('merge', one, '"x"'),
  ],
  'patch-to-wrong-types': [
    'a patch that leads to wrong types',
    post(configMaps, configMap('one')),
    patch('merge', one, { data: 'x' }),
    patch('merge', one, { data: { a: 1 } }),
    patch('json', one, [{ op: 'add', path: '/data', value: 7 }]),
  ],
  'patch-to-invalid': [
    'a patch that leads to something invalid',
    post(deployments, deployment('d', 0, { paused: true })),
    patch('strategic', `${deployments}/d`, {
      spec: { template: { spec: { containers: [{ name: 'Bad_Name', image: 'x' }] } } },
    }),
    patch('merge', `${deployments}/d`, { spec: { replicas: -1 } }),
    patch('merge', `${deployments}/d`, { spec: { template: null } }),
  ],
  'apply-malformed': [
    'an apply that is none',
    apply(one, 'me', 'a: [1'),
    apply(one, 'me', '- a'),
    apply(one, 'me', { ...configMap('one'), data: 'x' }),
  ],
};

const queries: Record<string, Refusal> = {
  'label-selector': [
    'a label selector that cannot be read',
    get(`${configMaps}?labelSelector=a%20in%20x`),
    get(`${configMaps}?labelSelector=!`),
    get(`${configMaps}?labelSelector=a%3D%3D%3Db`),
    get(`${configMaps}?labelSelector=-a-`),
    get(`${configMaps}?labelSelector=a%3Dx%20y`),
    get(`${configMaps}?labelSelector=a%3E%3Dx`),
  ],
  'field-selector': [
    'a field selector that cannot be read, or of a field that is none',
    get(`${configMaps}?fieldSelector=a`),
    get(`${configMaps}?fieldSelector=data.a%3D1`),
    get(`${pods}?fieldSelector=spec.image%3Dx`),
    get(`${pods}?fieldSelector=metadata.name%3E1`),
  ],
  limit: [
    'a limit or continuation that is none',
    get(`${configMaps}?limit=x`),
    get(`${configMaps}?continue=nonsense`),
    get(`${secrets}?limit=-1`),
  ],
  'continue-with-version': [
    'a continuation has its version in it',
    get(`${configMaps}?continue=abc&resourceVersion=5`),
  ],
  timeout: ['a timeout that is none', get(`${secrets}?timeoutSeconds=x`)],
};

const names: Record<string, Refusal> = {
  'name-missing': [
    'an object without a name',
    post(configMaps, { data: {} }),
    post(configMaps, { metadata: { name: '' } }),
  ],
  'name-invalid': [
    'names that are none',
    post(configMaps, configMap('Not_A_Name')),
    post(configMaps, configMap('a/b')),
    post(configMaps, configMap(long)),
    post(configMaps, configMap('..')),
    post(services, { metadata: { name: '1a' }, spec: { ports: [{ port: 80 }] } }),
    post('/api/v1/namespaces', { metadata: { name: 'Not.A.Name' } }),
    post('/api/v1/namespaces', { metadata: { name: 'a'.repeat(64) } }),
  ],
  'labels-invalid': [
    'labels and annotations that are none',
    post(configMaps, configMap('one', {}, { labels: { 'a b': 'x', ok: 'not ok', [long]: 'x' } })),
    post(configMaps, configMap('one', {}, { annotations: { 'not a name': 'x' } })),
  ],
  'annotations-too-long': [
    'annotations have a limit together',
    post(configMaps, configMap('one', {}, { annotations: { a: 'x'.repeat(262_145) } })),
  ],
  'config-keys': [
    'keys of data',
    post(configMaps, { ...configMap('one', { 'a b': '1', '..': '2' }), binaryData: { ok: 'MQ==' } }),
    post(configMaps, { ...configMap('one', { a: '1' }), binaryData: { a: 'MQ==' } }),
  ],
};

const goShows: Record<string, Refusal> = {
  'duplicate-fields-merged': [
    'nothing, and merges a map that comes twice',
    post(`${configMaps}?fieldValidation=Warn`, '{"metadata":{"name":"one"},"data":{"a":"1"},"data":{"b":"2"}}'),
  ],
  'strategic-wrong-types': [
    'a strategic patch of wrong types, in which it prints a map of Go',
    post(configMaps, configMap('one')),
    patch('strategic', one, { data: [] }),
  ],
};

export const badInputCases = casesOf('bad-input', {
  ...refusals({ ...paths, ...bodies, ...patches, ...queries, ...names }),
  ...refusals(goShows, {
    worlds: ['real', 'kubeconfig'],
    why: 'what Go makes of such input by its nature, and JavaScript does not; no client relies on it',
  }),
  'generate-name-invalid': [
    'refuses a generateName that is none, and the name that it made of it',
    async (s) => {
      const { code, body } = await s.send(post(configMaps, { metadata: { generateName: 'Not_A_' } }));
      s.golden({ code, body: JSON.parse(JSON.stringify(body).replaceAll(/Not_A_[a-z0-9]{5}/g, 'Not_A_<word>')) });
    },
  ],
  'kubectl-tells': [
    'kubectl prints the server’s words',
    async (s) => {
      const refusal = await s.kubectl(['create', '-f', '-'], { input: JSON.stringify(configMap('Bad_Name')) });
      expect(refusal.code).toBe(1);
      expect(refusal.stderr).toContain('The ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name"');
      const unknown = await s.kubectl(['get', 'things']);
      expect(unknown.stderr).toBe('error: the server doesn\'t have a resource type "things"\n');
      const field = await s.kubectl(['create', '-f', '-'], { input: JSON.stringify({ ...configMap('one'), dta: {} }) });
      expect(field.stderr).toContain('strict decoding error: unknown field "dta"');
    },
  ],
});
