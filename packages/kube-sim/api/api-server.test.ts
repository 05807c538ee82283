/** The whole server over TLS; codes and texts are those of a real API server 1.37.2. */
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { ApiError } from '@kubenova/kube-model/api-error.ts';
import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { type Authority, createAuthority, type KeyPair } from '@kubenova/testkit/certificates.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SimCluster, startSimCluster } from '../cluster.ts';
import type { Fault } from '../faults/interceptor.ts';

let ca: Authority;
let admin: KeyPair;
let cluster: SimCluster;
/** What happens to the next request. */
let fault: Fault | undefined;
const defects: unknown[] = [];

beforeAll(async () => {
  ca = await createAuthority('server-test');
  admin = await ca.issue({ commonName: 'admin', organizations: ['system:masters'], uses: ['client'] });
  const tls = await ca.issue({ commonName: 'kube-apiserver', ips: ['127.0.0.1'] });
  cluster = await startSimCluster({
    name: 'server',
    tls: { ...tls, caPem: ca.cert },
    clientCaPem: ca.cert,
    machinery: kubernetesMachinery(),
    interceptor: async () => {
      const now = fault;
      fault = undefined;
      return now;
    },
    onError: (where, error) => defects.push({ where, error }),
  });
  await cluster.settled();
});
afterAll(async () => {
  await cluster?.stop();
  expect(defects).toEqual([]);
});
beforeEach(() => {
  fault = undefined;
});

interface Reply {
  code: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  /** Whether it came to its end in order. */
  complete: boolean;
}

interface Sent {
  body?: string | Buffer;
  type?: string;
  headers?: Record<string, string | string[]>;
  as?: KeyPair | null;
}

function call(method: string, path: string, { body, type = 'application/json', headers, as = admin }: Sent = {}) {
  return new Promise<Reply>((resolve, reject) => {
    const url = new URL(path, cluster.server);
    const data = body === undefined ? undefined : Buffer.from(body);
    const sent = { ...(data && { 'content-type': type, 'content-length': data.length }), ...headers };
    const outgoing = request(url, { method, ca: ca.cert, ...as, headers: sent, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', () => undefined);
      answer.on('close', () => {
        resolve({ code: answer.statusCode ?? 0, headers: answer.headers, text, complete: answer.complete });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(data);
  });
}

const maps = '/api/v1/namespaces/default/configmaps';
const json = ({ text }: Reply) => JSON.parse(text);
const status = (reply: Reply) => ({ code: reply.code, reason: json(reply).reason, message: json(reply).message });
const make = (name: string, more: object = {}) =>
  call('POST', maps, { body: JSON.stringify({ metadata: { name }, ...more }) });

describe('who may', () => {
  it('is unknown without a credential, but for health', async () => {
    const refused = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
    expect(status(await call('GET', maps, { as: null }))).toEqual(refused);
    expect(await call('GET', '/readyz', { as: null })).toMatchObject({ code: 200, text: 'ok' });
    const stranger = await (await createAuthority('stranger')).issue({ commonName: 'admin', uses: ['client'] });
    expect(status(await call('GET', maps, { as: stranger }))).toEqual(refused);
    const nameless = await ca.issue({ commonName: '', organizations: ['system:masters'], uses: ['client'] });
    expect(status(await call('GET', maps, { as: nameless }))).toEqual(refused);
    const token = { headers: { authorization: 'Bearer nonsense' }, as: null };
    expect(status(await call('GET', '/readyz', token))).toEqual(refused);
  });

  it('is told by RBAC, in its words', async () => {
    const ann = await ca.issue({ commonName: 'ann', organizations: ['devs'], uses: ['client'] });
    const who = { as: ann };
    expect(status(await call('GET', '/api/v1/namespaces/default/pods', who))).toEqual({
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect(status(await call('DELETE', '/apis/apps/v1/namespaces/a/deployments/x', who)).message).toBe(
      'deployments.apps "x" is forbidden: User "ann" cannot delete resource "deployments" in API group "apps" in the namespace "a"',
    );
    expect(status(await call('GET', '/metrics', who)).message).toBe('forbidden: User "ann" cannot get path "/metrics"');
    const review = { body: JSON.stringify({ spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }) };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect(json(await call('POST', path, { ...who, ...review })).status).toMatchObject({ allowed: false });
    expect(json(await call('POST', path, review)).status).toMatchObject({ allowed: true });
  });

  it('acts as somebody else whose name is UTF-8', async () => {
    const headers = { 'impersonate-user': Buffer.from('änn').toString('latin1'), 'impersonate-group': ['a', 'b'] };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { userInfo } = json(await call('POST', path, { body: '{}', headers })).status;
    expect(userInfo).toMatchObject({ username: 'änn', groups: ['a', 'b', 'system:authenticated'] });
  });

  it('is reviewed in the namespace of the URL', async () => {
    const path = '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews';
    const spec = { user: 'x', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } };
    expect(json(await call('POST', path, { body: JSON.stringify({ spec }) })).metadata.namespace).toBe('default');
  });

  it('can be checked with keys that are had from the server itself', async () => {
    const { jwks_uri } = json(await call('GET', '/.well-known/openid-configuration'));
    expect(jwks_uri).toBe(`${cluster.server}/openid/v1/jwks`);
    expect(json(await call('GET', new URL(jwks_uri).pathname)).keys).toHaveLength(1);
  });

  it('holds a token of a ServiceAccount', async () => {
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const { token } = json(await call('POST', path, { body: '{"spec":{}}' })).status;
    const reply = await call('GET', '/api/v1/nodes', { as: null, headers: { authorization: `Bearer ${token}` } });
    expect(status(reply).message).toContain('User "system:serviceaccount:default:default" cannot list');
  });
});

describe('refusals', () => {
  const unrecognized = (why: string) =>
    `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why}`;
  const merge = 'application/merge-patch+json';
  const apply = 'application/apply-patch+yaml';

  it.each<[string, string, string, Sent, number, string, string]>([
    [
      'broken JSON',
      'POST',
      maps,
      { body: '{bad' },
      400,
      'BadRequest',
      unrecognized("invalid character 'b' looking for beginning of object key string ({bad)"),
    ],
    ['no body', 'POST', maps, { body: '' }, 400, 'BadRequest', unrecognized('unexpected end of JSON input (<empty>)')],
    [
      'more than one value',
      'POST',
      maps,
      { body: '{"a":1}x' },
      400,
      'BadRequest',
      unrecognized('invalid character \'x\' after top-level value ({"a":1}x)'),
    ],
    [
      'a list',
      'POST',
      maps,
      { body: '[]' },
      400,
      'BadRequest',
      unrecognized(
        'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
      ),
    ],
    [
      'a kind that is no text',
      'POST',
      maps,
      { body: '{"kind":5}' },
      400,
      'BadRequest',
      unrecognized('json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})'),
    ],
    [
      'another kind',
      'POST',
      maps,
      { body: '{"apiVersion":"v1","kind":"Pod"}' },
      400,
      'BadRequest',
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      'a kind that nobody knows',
      'POST',
      maps,
      { body: '{"apiVersion":"foo/v1","kind":"Nope"}' },
      400,
      'BadRequest',
      'Nope in version "v1" cannot be handled as a ConfigMap: no kind "Nope" is registered for version "foo/v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'another media type',
      'POST',
      maps,
      { body: '{}', type: 'text/plain' },
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'an unknown dry run',
      'POST',
      `${maps}?dryRun=x`,
      { body: '{}' },
      422,
      'Invalid',
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
    ],
    [
      'an unknown validation',
      'POST',
      `${maps}?fieldValidation=x`,
      { body: '{}' },
      422,
      'Invalid',
      'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    [
      'a POST to an object',
      'POST',
      `${maps}/x`,
      { body: '{}' },
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    ],
    [
      'a PUT to a collection',
      'PUT',
      maps,
      { body: '{}' },
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    ],
    [
      'a collection of all namespaces is not deleted',
      'DELETE',
      '/api/v1/configmaps',
      {},
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    ],
    [
      'an object without its namespace',
      'GET',
      '/api/v1/configmaps/x',
      {},
      404,
      'NotFound',
      'the server could not find the requested resource',
    ],
    [
      'a cluster-scoped kind in a namespace',
      'GET',
      '/api/v1/namespaces/default/nodes',
      {},
      404,
      'NotFound',
      'the server could not find the requested resource',
    ],
    [
      'an unknown kind of a known group',
      'GET',
      '/api/v1/nope',
      {},
      404,
      'NotFound',
      'the server could not find the requested resource',
    ],
    [
      'an unknown version of a known group',
      'GET',
      '/apis/apps/v2',
      {},
      404,
      'NotFound',
      'the server could not find the requested resource',
    ],
    ['what is not there', 'GET', `${maps}/none`, {}, 404, 'NotFound', 'configmaps "none" not found'],
    [
      'an unknown patch type',
      'PATCH',
      `${maps}/none`,
      { body: '{}' },
      415,
      'UnsupportedMediaType',
      '415: Unsupported Media Type',
    ],
    ['a broken patch', 'PATCH', `${maps}/none`, { body: '{bad', type: merge }, 400, 'BadRequest', 'invalid JSON patch'],
    [
      'a patch that is a list, of nothing',
      'PATCH',
      `${maps}/none`,
      { body: '[]', type: merge },
      404,
      'NotFound',
      'configmaps "none" not found',
    ],
    [
      'a patch that is a list',
      'PATCH',
      `${maps}/kube-root-ca.crt`,
      { body: '[]', type: merge },
      400,
      'BadRequest',
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'a patch with force',
      'PATCH',
      `${maps}/none?force=true`,
      { body: '{}', type: merge },
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ],
    [
      'an apply by nobody',
      'PATCH',
      `${maps}/none`,
      { body: '{}', type: apply },
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      'an apply by a name that nobody can read',
      'PATCH',
      `${maps}/none?fieldManager=a%01`,
      { body: '{}', type: apply },
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\x01": invalid character U+0001 (at position 1)',
    ],
    [
      'an apply of a list',
      'PATCH',
      `${maps}/none?fieldManager=x`,
      { body: '[]', type: apply },
      400,
      'BadRequest',
      'error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'an apply to an object that is gone',
      'PATCH',
      `${maps}/none?fieldManager=x`,
      { body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"none","uid":"u"}}', type: apply },
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "none": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    [
      'an apply of nothing',
      'PATCH',
      `${maps}/none?fieldManager=x`,
      { body: '{}', type: apply },
      400,
      'BadRequest',
      'invalid object type: /, Kind=',
    ],
    [
      'an unknown propagation',
      'DELETE',
      `${maps}/none`,
      { body: '{"propagationPolicy":"x"}' },
      422,
      'Invalid',
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'options of another kind',
      'DELETE',
      `${maps}/none`,
      { body: '{"kind":"Foo"}' },
      400,
      'BadRequest',
      'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'a session without an upgrade',
      'GET',
      '/api/v1/namespaces/default/pods/none/exec?command=x',
      {},
      404,
      'NotFound',
      'pods "none" not found',
    ],
  ])('%s', async (_why, method, path, sent, code, reason, message) => {
    expect(status(await call(method, path, sent))).toEqual({ code, reason, message });
  });

  it('of paths that are none is plain text', async () => {
    for (const path of ['/nope', '/apis/nope.io', '/apis/nope.io/v1/things', '/readyz/nope']) {
      expect(await call('GET', path)).toMatchObject({ code: 404, text: '404 page not found\n' });
    }
  });

  it('of what is too large: for the API server, and for etcd', async () => {
    const body = (size: number) => JSON.stringify({ metadata: { name: 'large' }, data: { a: 'x'.repeat(size) } });
    expect(status(await call('POST', maps, { body: body(3 * 1024 * 1024) }))).toEqual({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
    const large = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large', annotations: {} } };
    const spec = {
      ...large,
      data: Object.fromEntries(Array.from({ length: 2 }, (_, at) => [`${at}`, 'x'.repeat(1_000_000)])),
    };
    expect((await call('POST', maps, { body: JSON.stringify(spec) })).code).toBeGreaterThanOrEqual(400);
    expect((await call('GET', `${maps}/large`)).code).toBe(404);
  });
});

describe('bodies and answers', () => {
  it('take protobuf, as kubectl create sends it', async () => {
    const head = '6b3873000a0f0a0276311209436f6e6669674d6170';
    const map = '121b0a110a016112001a0022002a0032003800420012060a01611201621a002200';
    const body = Buffer.from(head + map, 'hex');
    const reply = await call('POST', maps, { body, type: 'application/vnd.kubernetes.protobuf' });
    expect(json(reply)).toMatchObject({
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
      data: { a: 'b' },
    });
  });

  it('take YAML and give it', async () => {
    const body = 'metadata: {name: yaml}\ndata: {on: "yes"}';
    const reply = await call('POST', maps, { body, type: 'application/yaml', headers: { accept: 'application/yaml' } });
    expect(reply).toMatchObject({ code: 201, headers: { 'content-type': 'application/yaml' } });
    expect(reply.text).toMatch(/^apiVersion: v1\ndata:\n {2}"?on"?: "yes"\nkind: ConfigMap\nmetadata:\n/);
  });

  it('warn', async () => {
    const reply = await call('POST', maps, { body: '{"metadata":{"name":"warn"},"dta":1,"data":{"a":"1","a":"2"}}' });
    expect(reply.headers.warning).toBe('299 - "unknown field \\"dta\\"", 299 - "duplicate field \\"data.a\\""');
  });

  it('leave kind and version out of the items of a list', async () => {
    await make('item');
    const list = json(await call('GET', `${maps}?fieldSelector=metadata.name%3Ditem`));
    expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', items: [{ metadata: { name: 'item' } }] });
    expect(list.items[0].kind).toBeUndefined();
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const partial = json(await call('GET', `${maps}?limit=1`, { headers: { accept } }));
    expect(partial).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
    const deleted = json(await call('DELETE', `${maps}?fieldSelector=metadata.name%3Ditem`));
    expect(deleted).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'item' } }] });
  });

  it('scale', async () => {
    const containers = [{ name: 'c', image: 'i' }];
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers } };
    const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template };
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await call('POST', path, { body: JSON.stringify({ metadata: { name: 'd' }, spec }) });
    const change = { body: '{"spec":{"replicas":3}}', type: 'application/merge-patch+json' };
    expect(json(await call('PATCH', `${path}/d/scale`, change))).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 3 },
    });
    expect(json(await call('GET', `${path}/d`)).spec.replicas).toBe(3);
    const wrong = JSON.stringify({ metadata: { name: 'd' }, spec: { replicas: -1 } });
    expect(status(await call('PUT', `${path}/d/scale`, { body: wrong })).message).toBe(
      'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    await cluster.settled();
    const pods = json(await call('GET', '/api/v1/namespaces/default/pods?labelSelector=a%3Db')).items;
    expect(pods.map((pod: { status: { phase: string } }) => pod.status.phase)).toEqual(Array(3).fill('Running'));
    const [pod] = pods;
    const log = await call('GET', `/api/v1/namespaces/default/pods/${pod.metadata.name}/log`);
    expect(log).toMatchObject({ code: 200, headers: { 'content-type': 'text/plain' } });
    const eviction = JSON.stringify({ metadata: { name: pod.metadata.name } });
    const evicted = await call('POST', `/api/v1/namespaces/default/pods/${pod.metadata.name}/eviction`, {
      body: eviction,
    });
    expect(json(evicted)).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
  });
});

describe('an outage', () => {
  it('loses nothing but the past', async () => {
    await make('kept');
    const past = json(await call('GET', maps)).metadata.resourceVersion;
    await make('kept-2');
    await cluster.stopServing();
    await expect(call('GET', maps)).rejects.toThrow();
    await cluster.startServing();
    expect(json(await call('GET', `${maps}/kept`)).metadata.name).toBe('kept');
    const event = json(await call('GET', `${maps}?watch=1&resourceVersion=${past}`));
    expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });
});

describe('faults', () => {
  it('answer instead of the act', async () => {
    fault = { error: new ApiError(503, 'ServiceUnavailable', 'not now') };
    expect(status(await make('unmade'))).toMatchObject({ code: 503, message: 'not now' });
    fault = { refuse: true };
    await expect(make('unmade')).rejects.toThrow();
    expect((await call('GET', `${maps}/unmade`)).code).toBe(404);
  });

  it('lose the answer after the act', async () => {
    fault = { loseResponse: true };
    await expect(make('made')).rejects.toThrow();
    expect((await call('GET', `${maps}/made`)).code).toBe(200);
  });

  it('cut watches, and hold them silent', async () => {
    await make('one');
    await make('two');
    fault = { cutWatch: { afterEvents: 2 } };
    const cut = await call('GET', `${maps}?watch=1`);
    expect(cut.complete).toBe(false);
    expect(cut.text.trimEnd().split('\n')).toHaveLength(2);
    fault = { cutWatch: { afterBytes: 100 } };
    expect((await call('GET', `${maps}?watch=1`)).text).toHaveLength(100);
    fault = { silentWatch: true };
    expect(await call('GET', `${maps}?watch=1&timeoutSeconds=1`)).toMatchObject({ text: '', complete: true });
  });

  it('show how things were', async () => {
    await make('fresh');
    fault = { staleBy: 1 };
    expect((await call('GET', `${maps}/fresh`)).code).toBe(404);
    fault = { staleBy: 1 };
    const { items } = json(await call('GET', maps)) as { items: { metadata: { name: string } }[] };
    expect(items.map(({ metadata }) => metadata.name)).not.toContain('fresh');
    expect((await call('GET', `${maps}/fresh`)).code).toBe(200);
  });
});

it('cuts watches off with the server', async () => {
  const watches = Array.from({ length: 20 }, () => call('GET', '/api/v1/namespaces/default/secrets?watch=1'));
  const ends = Promise.all(watches.map((watch) => watch.catch(() => ({ complete: false }))));
  await make('later');
  await cluster.stopServing();
  for (const end of await ends) expect(end).toMatchObject({ complete: false });
  await cluster.startServing();
});

it('stops serving although somebody has connected and says nothing', async () => {
  const silent = connect(Number(new URL(cluster.server).port), '127.0.0.1');
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  await cluster.stopServing();
  await closed;
  await cluster.startServing();
});
