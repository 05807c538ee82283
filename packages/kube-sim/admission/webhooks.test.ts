/** The Statuses were read off kube-apiserver 1.37.2, asked to call the same webhook. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '@kubenova/testkit/certificates.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdmissionScene, admissionScene, type Body } from './testing/admission-scene.ts';

type Review = { apiVersion: string; request: Record<string, unknown> };
type Answer = { status?: number; text?: string; response?: object | null; cut?: true; never?: true };

let server: Server;
let url: string;
let caBundle: string;
let connections = 0;
let reviews: Review[] = [];
let answers: Record<string, Answer> = {};

beforeAll(async () => {
  const authority = await createAuthority('webhook');
  const pair = await authority.issue({ commonName: 'webhook', ips: ['127.0.0.1'], uses: ['server'] });
  caBundle = Buffer.from(authority.cert).toString('base64');
  server = createServer(pair, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const review = JSON.parse(text) as Review;
    reviews.push(review);
    const path = new URL(request.url ?? '/', url).pathname.slice(1);
    const answer = answers[path] ?? { response: { allowed: true } };
    if (answer.never) return;
    if (answer.cut) return void request.socket.destroy();
    const { apiVersion } = review;
    const body = answer.response === null ? {} : { response: { uid: review.request.uid, ...answer.response } };
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(answer.text ?? JSON.stringify({ apiVersion, kind: 'AdmissionReview', ...body }));
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  reviews = [];
  answers = {};
});

const configMap: Body = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', namespace: 'a', labels: { tier: 'web' } },
  data: { x: '1' },
};

function configuration(kind: 'Mutating' | 'Validating', path: string, more: object = {}): Body {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: path },
    webhooks: [
      {
        name: `${path}.example.com`,
        clientConfig: { url: `${url}/${path}`, caBundle },
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }],
        failurePolicy: 'Fail',
        sideEffects: 'None',
        timeoutSeconds: 1,
        admissionReviewVersions: ['v1'],
        ...more,
      },
    ],
  };
}

function sceneWith(...given: Body[]): AdmissionScene {
  const scene = admissionScene();
  scene.given(...given);
  return scene;
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

describe('a validating webhook', () => {
  it('is told everything, over connections that are kept', async () => {
    const scene = sceneWith(configuration('Validating', 'v'));
    connections = 0;
    for (let index = 0; index < 20; index += 1) await scene.admit(scene.request(configMap, { dryRun: true }));
    expect(connections).toBeLessThan(5);
    const [{ apiVersion, request } = { apiVersion: '', request: {} }] = reviews;
    expect(apiVersion).toBe('admission.k8s.io/v1');
    expect(request).toEqual({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      requestResource: { group: '', version: 'v1', resource: 'configmaps' },
      name: 'c',
      namespace: 'a',
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
      object: configMap,
      oldObject: null,
      dryRun: true,
      options: null,
    });
  });

  it.each<[string, object, object]>([
    [
      'with all that it says',
      { message: 'because', code: 403, reason: 'Forbidden' },
      { message: 'admission webhook "v.example.com" denied the request: because', reason: 'Forbidden', code: 403 },
    ],
    [
      'with a reason alone',
      { reason: 'NotFound' },
      { message: 'admission webhook "v.example.com" denied the request: NotFound', reason: 'NotFound', code: 400 },
    ],
    [
      'with a message alone',
      { message: 'no' },
      { message: 'admission webhook "v.example.com" denied the request: no', code: 400 },
    ],
    [
      'without a word',
      {},
      { message: 'admission webhook "v.example.com" denied the request without explanation', code: 400 },
    ],
  ])('refuses %s', async (_how, status, expected) => {
    const scene = sceneWith(configuration('Validating', 'v'));
    answers.v = { response: { allowed: false, status } };
    expect(await scene.refusal(scene.request(configMap))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      ...expected,
    });
  });

  it.each<[string, Answer, string]>([
    [
      'breaks',
      { status: 500, text: 'boom' },
      'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding',
    ],
    ['is not there', { status: 404 }, 'failed to call webhook: the server could not find the requested resource'],
    ['hangs up', { cut: true }, 'failed to call webhook: Post "URL/v?timeout=1s": EOF'],
    ['is silent', { never: true }, 'failed to call webhook: Post "URL/v?timeout=1s": context deadline exceeded'],
    ['says nothing', { response: null }, 'received invalid webhook response: webhook response was absent'],
    [
      'answers somebody else',
      { response: { uid: 'x', allowed: true } },
      'received invalid webhook response: expected response.uid="UID", got "x"',
    ],
    [
      'wants to change something',
      { response: { allowed: true, patch: json([]), patchType: 'JSONPatch' } },
      'received invalid webhook response: validating webhook may not return response.patch',
    ],
  ])('that %s fails, and the request with it unless failures are ignored', async (_how, answer, why) => {
    answers.v = answer;
    const scene = sceneWith(configuration('Validating', 'v'));
    const status = await scene.refusal(scene.request(configMap));
    const uid = String(reviews[0]?.request.uid);
    const message = `failed calling webhook "v.example.com": ${why.replace('URL', url).replace('UID', uid)}`;
    expect(status).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    });
    const lenient = sceneWith(configuration('Validating', 'v', { failurePolicy: 'Ignore' }));
    await expect(lenient.admit(lenient.request(configMap))).resolves.toBeDefined();
  });

  it.each<[string, () => object, () => string]>([
    [
      'nobody listens for',
      () => ({ url: 'https://127.0.0.1:1/v', caBundle }),
      () => 'Post "https://127.0.0.1:1/v?timeout=1s": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      'is not trusted',
      () => ({ url: `${url}/v` }),
      () =>
        `Post "${url}/v?timeout=1s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ],
    [
      'is behind a Service',
      () => ({ service: { name: 's', namespace: 'default', path: '/x' }, caBundle }),
      () => 'Post "https://s.default.svc:443/x?timeout=1s": service "s" not found',
    ],
  ])('that %s fails', async (_how, clientConfig, why) => {
    const scene = sceneWith(configuration('Validating', 'v', { clientConfig: clientConfig() }));
    const { message } = await scene.refusal(scene.request(configMap));
    expect(message).toBe(
      `Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: ${why()}`,
    );
  });

  it.each<[string, object, boolean]>([
    ['labels', { objectSelector: { matchLabels: { tier: 'web' } } }, true],
    ['other labels', { objectSelector: { matchLabels: { tier: 'db' } } }, false],
    ['a condition', { matchConditions: [{ name: 'c', expression: "request.resource.resource != 'events'" }] }, true],
    ['another condition', { matchConditions: [{ name: 'c', expression: "request.operation == 'DELETE'" }] }, false],
    ['no rule', { rules: [] }, false],
  ])('is asked or not by %s', async (_what, more, asked) => {
    const scene = sceneWith(configuration('Validating', 'v', more));
    await scene.admit(scene.request(configMap));
    expect(reviews).toHaveLength(asked ? 1 : 0);
  });

  it('with a condition that fails refuses', async () => {
    const matchConditions = [{ name: 'c', expression: 'object.nothing == 1' }];
    const scene = sceneWith(configuration('Validating', 'v', { matchConditions }));
    expect(await scene.refusal(scene.request(configMap))).toMatchObject({
      code: 403,
      message: `configmaps "c" is forbidden: expression 'object.nothing == 1' resulted in error: no such key: nothing`,
    });
    expect(reviews).toEqual([]);
  });

  it('is not asked about webhooks, nor once it is gone', async () => {
    const own = configuration('Validating', 'v');
    const scene = sceneWith(own);
    await scene.admit(scene.request(own));
    const entry = scene.store.get('validatingwebhookconfigurations.admissionregistration.k8s.io', '', 'v');
    if (entry) scene.store.remove('validatingwebhookconfigurations.admissionregistration.k8s.io', entry);
    await scene.admit(scene.request(configMap));
    expect(reviews).toEqual([]);
  });
});

describe('mutating webhooks', () => {
  it('change the object one after the other, and warn', async () => {
    const patchOf = (operations: object[]) => ({ patchType: 'JSONPatch', patch: json(operations) });
    answers['1'] = { response: { allowed: true, ...patchOf([{ op: 'add', path: '/data/y', value: '2' }]) } };
    answers['2'] = { response: { allowed: true, warnings: ['careful'] } };
    const scene = sceneWith(configuration('Mutating', '2'), configuration('Mutating', '1'));
    const { object, warnings } = await scene.admit(scene.request(configMap));
    expect(object).toMatchObject({ data: { x: '1', y: '2' } });
    expect(warnings).toEqual(['careful']);
    expect(reviews.map(({ request }) => (request.object as { data: object }).data)).toEqual([
      { x: '1' },
      { x: '1', y: '2' },
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['cannot be read', Buffer.from('{').toString('base64'), /received undecodable patch in webhook response/],
    ['does not fit', json([{ op: 'remove', path: '/data/zzz' }]), /^Internal error occurred: /],
  ])('whose patch %s fail', async (_how, patch, why) => {
    answers.m = { response: { allowed: true, patchType: 'JSONPatch', patch } };
    const scene = sceneWith(configuration('Mutating', 'm'));
    const status = await scene.refusal(scene.request(configMap));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(status.message).toMatch(why);
  });

  it('may not change what is being deleted', async () => {
    const patch = json([{ op: 'add', path: '/data', value: {} }]);
    answers.m = { response: { allowed: true, patchType: 'JSONPatch', patch } };
    const scene = sceneWith(configuration('Mutating', 'm'));
    const request = {
      ...scene.request(configMap, { operation: 'DELETE', oldObject: configMap as never }),
      object: undefined,
    };
    const { message } = await scene.refusal(request);
    expect(message).toContain('attempted to modify the object, which is not supported for this operation');
  });
});
