import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient, type KubeClientOptions } from './client.ts';
import type { KubeConnection } from './connection.ts';
import { ConfigMap, Secret } from './kinds/core.ts';
import { type Answer, type Fixture, sendJson, sendStatus, startFixture } from './testing/fixture-server.ts';
import { until } from './testing/until.ts';

const CANARY = 'canary-token-f00d';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) {
    await close();
  }
});

async function world(answer: Answer, options: KubeClientOptions = {}, credential?: KubeConnection['credential']) {
  const fixture: Fixture = await startFixture(answer);
  const client: KubeClient = createKubeClient(
    { server: fixture.url, credential: credential ?? { kind: 'token', token: CANARY } },
    options,
  );
  closing.push(() => client.close(), fixture.close);
  return { fixture, client };
}

const ref = { namespace: 'n', name: 'a' };
const configMap = (name = 'a'): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
});

describe('calls', () => {
  it('send what the API server expects', async () => {
    const { fixture, client } = await world((_, response) => sendJson(response, 200, configMap()));
    await client.get(ConfigMap, ref);
    await client.create(ConfigMap, configMap(), { dryRun: true, fieldManager: 'm' });
    const applied = { ...configMap(), metadata: { ...ref, managedFields: [{}] } };
    await client.apply(ConfigMap, applied, { fieldManager: 'm', force: true });
    await client.apply(ConfigMap, configMap(), { fieldManager: 'm', subresource: 'status', fieldValidation: 'Strict' });
    await client.patch(ConfigMap, ref, [{ op: 'test' }], { type: 'json' });
    await client.replace(ConfigMap, configMap());
    await client.delete(ConfigMap, ref, { uid: 'u', propagationPolicy: 'Foreground' });
    const seen = fixture.requests.map(({ method, path, query, headers, body }) => ({
      call: `${method} ${path}?${query}`,
      type: headers['content-type'],
      body: body === '' ? undefined : JSON.parse(body),
    }));
    const object = '/api/v1/namespaces/n/configmaps/a';
    expect(seen).toEqual([
      { call: `GET ${object}?` },
      {
        call: 'POST /api/v1/namespaces/n/configmaps?fieldManager=m&dryRun=All',
        type: 'application/json',
        body: configMap(),
      },
      { call: `PATCH ${object}?fieldManager=m&force=true`, type: 'application/apply-patch+yaml', body: configMap() },
      {
        call: `PATCH ${object}/status?fieldManager=m&fieldValidation=Strict`,
        type: 'application/apply-patch+yaml',
        body: configMap(),
      },
      { call: `PATCH ${object}?`, type: 'application/json-patch+json', body: [{ op: 'test' }] },
      { call: `PUT ${object}?`, type: 'application/json', body: configMap() },
      {
        call: `DELETE ${object}?`,
        type: 'application/json',
        body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid: 'u' } },
      },
    ]);
    expect(new Set(fixture.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${CANARY}`]),
    );
    expect(fixture.requests.at(-1)?.connection, 'one connection is kept alive').toBe(1);
  });

  it('act as somebody else, with every group', async () => {
    const { fixture, client } = await world((_, response) => sendJson(response, 200, configMap()));
    await client
      .impersonate({ username: 'jörg', groups: ['acme-devs', 'kubenova-users'], uid: '7' })
      .get(ConfigMap, ref);
    await client.get(ConfigMap, ref);
    const [first, second] = fixture.requests.map(({ rawHeaders }) => {
      const pairs = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : []));
      return pairs
        .filter(([name]) => name?.startsWith('Impersonate'))
        .map(([name, value]) => `${name}: ${Buffer.from(value ?? '', 'latin1')}`);
    });
    expect(first).toEqual([
      'Impersonate-User: jörg',
      'Impersonate-Group: acme-devs',
      'Impersonate-Group: kubenova-users',
      'Impersonate-Uid: 7',
    ]);
    expect(second).toEqual([]);
  });

  it('keep a base path of the server', async () => {
    const { fixture } = await world((_, response) => sendJson(response, 200, configMap()));
    const client = createKubeClient({ server: `${fixture.url}/k8s/c-1/`, credential: { kind: 'token', token: 't' } });
    closing.unshift(() => client.close());
    await client.get(ConfigMap, ref);
    expect(fixture.requests[0]?.path).toBe('/k8s/c-1/api/v1/namespaces/n/configmaps/a');
  });

  it('answer plain text as text', async () => {
    const { client } = await world((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok'),
    );
    expect(await client.request('GET', '/readyz')).toBe('ok');
  });
});

describe('lists', () => {
  it('walk all pages, name kinds, and start over when they expire', async () => {
    let expired = false;
    const { fixture, client } = await world(({ query }, response) => {
      const from = Number(query.get('continue') ?? 0);
      if (from === 2 && !expired) {
        expired = true;
        sendStatus(response, 410, 'Expired');
        return;
      }
      const next = from + 2 < 5 ? String(from + 2) : undefined;
      const items = [from, from + 1]
        .filter((n) => n < 5)
        .map((n) => ({ metadata: { name: `c${n}`, managedFields: [1] } }));
      sendJson(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '9', continue: next }, items });
    });
    const transform = (object: ConfigMap) => ({
      ...object,
      metadata: { ...object.metadata, managedFields: undefined },
    });
    const list = await client.list(ConfigMap, { limit: 2, labelSelector: 'a=b', transform });
    expect(list.resourceVersion).toBe('9');
    expect(list.items.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.managedFields}`)).toEqual(
      [0, 1, 2, 3, 4].map((n) => `ConfigMap c${n} undefined`),
    );
    expect(fixture.requests.map(({ query }) => query.get('continue'))).toEqual([null, '2', null, '2', '4']);
    expect(
      fixture.requests.every(({ query }) => query.get('limit') === '2' && query.get('labelSelector') === 'a=b'),
    ).toBe(true);
  });

  it('take null for no items, and refuse what is no list', async () => {
    const answers: unknown[] = [{ metadata: { resourceVersion: '1' }, items: null }, { hello: 'world' }];
    const { client } = await world((_, response) => sendJson(response, 200, answers.shift()));
    expect((await client.list(ConfigMap)).items).toEqual([]);
    await expect(client.list(ConfigMap)).rejects.toMatchObject({ reason: 'Protocol' });
  });
});

describe('errors', () => {
  it.each([
    [400, 'BadRequest', 'BadRequest'],
    [401, 'Unauthorized', 'Unauthorized'],
    [403, 'Forbidden', 'Forbidden'],
    [404, 'NotFound', 'NotFound'],
    [409, 'AlreadyExists', 'AlreadyExists'],
    [409, 'Conflict', 'Conflict'],
    [410, 'Expired', 'Gone'],
    [413, 'RequestEntityTooLarge', 'TooLarge'],
    [422, 'Invalid', 'Invalid'],
    [429, 'TooManyRequests', 'TooManyRequests'],
    [500, 'InternalError', 'ServerError'],
    [503, 'ServiceUnavailable', 'ServerError'],
    [504, 'Timeout', 'Timeout'],
  ])('%i %s is %s', async (code, reason, expected) => {
    const { client } = await world((_, response) => sendStatus(response, code, reason));
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({
      reason: expected,
      code,
      status: { reason },
      message: `GET /api/v1/namespaces/n/configmaps/a: ${reason} from the fixture`,
    });
  });

  it('tell an absent object from a page of something in between', async () => {
    const html = (code: number) => ({ code, headers: { 'content-type': 'text/html' }, body: '<html>nginx</html>' });
    const plain = (headers: object) => ({
      code: 404,
      headers: { 'content-type': 'text/plain', ...headers },
      body: '404 page not found\n',
    });
    const answers = [html(404), plain({}), plain({ 'audit-id': 'x' }), html(200), html(302), html(502)];
    const { client } = await world((_, response) => {
      const answer = answers.shift();
      response.writeHead(answer?.code ?? 500, { ...answer?.headers }).end(answer?.body);
    });
    await expect(client.find(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Protocol',
      message: expect.stringContaining('text/html'),
    });
    await expect(client.delete(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Protocol' });
    expect(await client.find(ConfigMap, ref), 'the API server itself says that the API is not there').toBeUndefined();
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Protocol',
      message: expect.stringContaining('not JSON'),
    });
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Protocol', code: 302 });
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'ServerError', code: 502 });
  });

  it('make an absent object undefined, and its deletion a success', async () => {
    const { client } = await world((_, response) => sendStatus(response, 404, 'NotFound'));
    expect(await client.find(ConfigMap, ref)).toBeUndefined();
    await client.delete(ConfigMap, ref);
  });

  it('never hold a credential or the values of a Secret', async () => {
    const { client } = await world(({ headers, method }, response) =>
      sendStatus(
        response,
        method === 'GET' ? 403 : 422,
        'Invalid',
        `you sent ${headers.authorization}; value "hunter2"`,
      ),
    );
    const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: ref, stringData: { a: 'hunter2' } };
    const errors = await Promise.all([
      client.get(ConfigMap, ref).catch((error: unknown) => error),
      client.apply(Secret, secret, { fieldManager: 'm' }).catch((error: unknown) => error),
    ]);
    const all = errors.map((error) => `${(error as Error).stack} ${JSON.stringify(error)}`).join();
    expect(all).not.toContain(CANARY);
    expect(all).toContain('[redacted]');
    expect(String((errors[1] as Error).stack) + JSON.stringify(errors[1])).not.toContain('hunter2');
  });

  it('say that nothing listens, or that a name does not resolve', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    await new Promise((resolve) => server.close(resolve));
    const refused = createKubeClient({ server: `http://127.0.0.1:${port}`, credential: { kind: 'token', token: 't' } });
    await expect(refused.get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Unreachable',
      transportCode: 'ECONNREFUSED',
      message: expect.stringContaining('is the API server running'),
    });
    const unknown = createKubeClient({ server: 'https://kubenova.invalid', credential: { kind: 'token', token: 't' } });
    await expect(unknown.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Unreachable' });
    closing.push(
      () => refused.close(),
      () => unknown.close(),
    );
  });

  it('refuse to send a token over plain http to another machine', () => {
    expect(() =>
      createKubeClient({ server: 'http://api.example.org', credential: { kind: 'token', token: 't' } }),
    ).toThrow('https');
  });
});

describe('patience', () => {
  it('ends an attempt that gets no answer, and one whose answer does not end', async () => {
    const { client } = await world(
      ({ path }, response) => {
        if (path.endsWith('slow')) {
          response.writeHead(200, { 'content-type': 'application/json' }).write('{"kind":');
        }
      },
      { requestTimeoutMs: 50 },
    );
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Timeout' });
    await expect(client.request('GET', '/slow')).rejects.toMatchObject({ reason: 'Timeout' });
  });

  it('ends when the caller aborts, with the reason given', async () => {
    const { fixture, client } = await world(() => undefined);
    const controller = new AbortController();
    const call = client.get(ConfigMap, ref, { signal: controller.signal });
    await until('the request', () => fixture.requests.length === 1);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect(client.get(ConfigMap, ref, { signal: controller.signal })).rejects.toThrow('enough');
    expect(fixture.requests).toHaveLength(1);
  });

  it('comes back after 429 and 503 when it is told to, within its overall time', async () => {
    const codes = [429, 503, 200];
    const { fixture, client } = await world((_, response) => {
      const code = codes.shift() ?? 200;
      code === 200
        ? sendJson(response, 200, configMap())
        : sendStatus(response, code, 'x', 'x', { 'retry-after': '0' });
    });
    await client.create(ConfigMap, configMap());
    expect(fixture.requests).toHaveLength(3);
    codes.unshift(429);
    const { client: hurried } = await world((_, response) =>
      sendStatus(response, 429, 'x', 'x', { 'retry-after': '60' }),
    );
    await expect(hurried.get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'TooManyRequests',
      retryAfterMs: 60_000,
    });
  });

  it('repeats a read and an apply on a broken connection once, and never a create', async () => {
    let broken = 0;
    const { fixture, client } = await world((_, response) => {
      broken += 1;
      if (broken % 2 === 1) {
        response.destroy();
      } else {
        sendJson(response, 200, configMap());
      }
    });
    await client.get(ConfigMap, ref);
    await client.apply(ConfigMap, configMap(), { fieldManager: 'm' });
    expect(fixture.requests).toHaveLength(4);
    await expect(client.create(ConfigMap, configMap())).rejects.toMatchObject({ reason: 'Unreachable' });
    expect(fixture.requests).toHaveLength(5);
  });

  it('takes no answer beyond its limit', async () => {
    const { client } = await world((_, response) => sendJson(response, 200, { kind: 'x', data: 'x'.repeat(5_000) }), {
      maxAnswerBytes: 1_000,
    });
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'TooLarge' });
  });

  it('does not let watches starve requests', async () => {
    const { fixture, client } = await world(
      ({ query }, response) =>
        query.has('watch') ? response.writeHead(200).flushHeaders() : sendJson(response, 200, configMap()),
      { maxConnections: 1 },
    );
    const controller = new AbortController();
    const watches = Array.from({ length: 40 }, async () => {
      for await (const _ of client.watch(ConfigMap, { resourceVersion: '1', signal: controller.signal })) {
        throw new Error('nothing was sent');
      }
    });
    await until('all watches', () => fixture.requests.length === 40);
    await client.get(ConfigMap, ref);
    controller.abort();
    await Promise.all(watches);
  });
});

describe('a token file', () => {
  it('is read again when it changes, also under a 401', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'));
    closing.push(() => rm(folder, { recursive: true }));
    const path = join(folder, 'token');
    const rotate = async (token: string) => {
      await writeFile(`${path}.new`, `${token}\n`);
      await rename(`${path}.new`, path);
    };
    await rotate('first');
    let valid = 'first';
    const { fixture, client } = await world(
      ({ headers }, response) =>
        headers.authorization === `Bearer ${valid}`
          ? sendJson(response, 200, configMap())
          : sendStatus(response, 401, 'Unauthorized'),
      {},
      { kind: 'tokenFile', path },
    );
    await client.get(ConfigMap, ref);
    valid = 'second';
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({ reason: 'Unauthorized' });
    await rotate('second');
    await client.get(ConfigMap, ref);
    expect(fixture.requests.map(({ headers }) => headers.authorization)).toEqual(
      ['first', 'first', 'first', 'second'].map((token) => `Bearer ${token}`),
    );
    await rm(path);
    await client.get(ConfigMap, ref);
  });

  it('that is missing says so', async () => {
    const { client } = await world(() => undefined, {}, { kind: 'tokenFile', path: '/nowhere/token' });
    await expect(client.get(ConfigMap, ref)).rejects.toMatchObject({
      reason: 'Unauthorized',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
