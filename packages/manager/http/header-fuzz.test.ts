/**
 * Strangers at the Manager's own socket, byte by byte: whatever stands in the header, nobody comes in without exactly one
 * valid credential, and nobody gets more by what stands beside it. Each answer is a clean refusal, or the connection is
 * closed without one.
 */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTokenSecret } from '../identity/tokens.ts';
import type { TestManager } from '../testing/manager.ts';
import { exchange as exchangeAt, expectRefused, REFUSALS, rawRequest as request } from '../testing/raw-socket.ts';
import { createSigningIn, type SigningIn } from '../testing/signing-in.ts';
import { makePlace, makeToken } from '../testing/world.ts';

/** Replays a run: `KUBENOVA_FUZZ_SEED=<what was printed>`. */
const seed = Number(process.env.KUBENOVA_FUZZ_SEED ?? Date.now() % 2 ** 31);
console.log(`header fuzz with KUBENOVA_FUZZ_SEED=${seed}`);

const HOST = 'Host: kubenova.test';

let database: TestDatabase;
let world: SigningIn;
let manager: TestManager;
let reader: string;
/** Every credential that was sent; none may be in the log. */
const sent = new Set<string>();

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createSigningIn(database.url);
  manager = world.manager;
  await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
  reader = await makeToken(manager, 'readOnly', { tenant: 'acme' });
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const exchange = (bytes: string, options?: { alone?: boolean }) => exchangeAt(world.port, bytes, options);
const base64 = (text: string) => Buffer.from(text).toString('base64url');

function bearer(token: string): string {
  sent.add(token);
  return `Authorization: Bearer ${token}`;
}

async function meOf(lines: readonly string[]): Promise<unknown> {
  const [answer] = await exchange(request([HOST, ...lines]), { alone: lines.some((line) => line.includes('close')) });
  expect(answer?.status, answer?.body).toBe(200);
  return JSON.parse(answer?.body ?? '');
}

describe('who has a credential comes in', () => {
  it('with an API token, and with an ID token', async () => {
    expect(await meOf([bearer(manager.adminToken)])).toMatchObject({ subject: 'admin' });
    expect(await meOf([bearer(reader)])).toMatchObject({ subject: expect.stringMatching(/^token:/) });
    expect(await meOf([bearer(await world.idToken())])).toMatchObject({ subject: 'account:alice' });
  });
});

describe('Authorization', () => {
  const admin = () => manager.adminToken;
  const cases: [string, () => readonly string[]][] = [
    ['missing', () => []],
    ['empty', () => ['Authorization:']],
    ['blank', () => ['Authorization:  \t ']],
    ['the scheme alone', () => ['Authorization: Bearer']],
    ['the scheme and blanks', () => ['Authorization: Bearer   ']],
    ['the token alone', () => [`Authorization: ${admin()}`]],
    ['a colon for the blank', () => [`Authorization: Bearer:${admin()}`]],
    ['two blanks', () => [`Authorization: Bearer  ${admin()}`]],
    ['a tab for the blank', () => [`Authorization: Bearer\t${admin()}`]],
    ['quotes', () => [`Authorization: Bearer "${admin()}"`]],
    ['a parameter behind', () => [`Authorization: Bearer ${admin()}, realm="kubenova"`]],
    ['a parameter before', () => [`Authorization: Bearer token=${admin()}`]],
    ['Basic with the token as password', () => [`Authorization: Basic ${base64(`admin:${admin()}`)}`]],
    ['Basic and Bearer in one field', () => [`Authorization: Basic YTpi, Bearer ${admin()}`]],
    ['Digest', () => [`Authorization: Digest username="admin", response="${admin()}"`]],
    ['Negotiate', () => ['Authorization: Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa+gJDAi']],
    ['another word for the scheme', () => [`Authorization: Token ${admin()}`]],
    ['a look-alike of the scheme', () => [`Authorization: Bеarer ${admin()}`]],
    ['the token twice in one field', () => [`Authorization: Bearer ${admin()} ${admin()}`]],
    ['two tokens with a comma', () => [`Authorization: Bearer ${admin()},${admin()}`]],
    ['the field twice', () => [bearer(admin()), bearer(admin())]],
    ['a good one after a bad one', () => [bearer(newTokenSecret()), bearer(admin())]],
    ['a bad one after a good one', () => [bearer(admin()), bearer(newTokenSecret())]],
    ['an empty one before', () => ['Authorization:', bearer(admin())]],
    ['one in another case', () => [bearer(admin()), `authorization: Bearer ${admin()}`]],
    ['one letter off', () => [bearer(`${admin().slice(0, -1)}${admin().endsWith('A') ? 'E' : 'A'}`)]],
    ['in another case', () => [`Authorization: Bearer ${admin().toUpperCase()}`]],
    ['cut', () => [`Authorization: Bearer ${admin().slice(0, -1)}`]],
    ['with more behind', () => [`Authorization: Bearer ${admin()}A`]],
    ['padded', () => [`Authorization: Bearer ${admin()}=`]],
    ['percent-encoded', () => [`Authorization: Bearer ${admin().replace('_', '%5F')}`]],
    ['with a byte of zero', () => [`Authorization: Bearer ${admin()}\0`]],
    ['with bytes that are no ASCII', () => [`Authorization: Bearer ${admin()}é`]],
    ['folded', () => ['Authorization: Bearer', ` ${admin()}`]],
    ['folded with a tab', () => ['Authorization:', `\tBearer ${admin()}`]],
    ['a blank before the colon', () => [`Authorization : Bearer ${admin()}`]],
    ['a blank before the name', () => [` Authorization: Bearer ${admin()}`]],
    ['as another field ends, by a bare line feed', () => [`X: y\nAuthorization: Bearer ${admin()}`]],
    ['as another field ends, by a bare carriage return', () => [`X: y\rAuthorization: Bearer ${admin()}`]],
    ['in Proxy-Authorization', () => [`Proxy-Authorization: Bearer ${admin()}`]],
    ['in X-Authorization', () => [`X-Authorization: Bearer ${admin()}`]],
    ['in X-Forwarded-Authorization', () => [`X-Forwarded-Authorization: Bearer ${admin()}`]],
    ['in X-Original-Authorization', () => [`X-Original-Authorization: Bearer ${admin()}`]],
    ['with an underscore in the name', () => [`X_Authorization: Bearer ${admin()}`]],
    ['in a cookie', () => [`Cookie: Authorization=Bearer ${admin()}; token=${admin()}; session=${admin()}`]],
    ['in a trailer', () => ['Transfer-Encoding: chunked', 'Trailer: Authorization']],
    ['as a subprotocol', () => [`Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${base64(admin())}`]],
    ['of 60 kB', () => [`Authorization: Bearer ${'a'.repeat(60_000)}`]],
    ['after 15 kB of another field', () => [`X: ${'a'.repeat(15_000)}`]],
    ['among a thousand fields', () => Array.from({ length: 1_000 }, (_, index) => `X-${index}: ${admin()}`)],
  ];
  it.each(cases)('%s: nobody comes in', async (_, lines) => {
    sent.add(manager.adminToken);
    const body = lines().includes('Trailer: Authorization') ? `0\r\nAuthorization: Bearer ${admin()}\r\n\r\n` : '';
    expectRefused(await exchange(request([HOST, ...lines()], '/api/v1/me', 'GET', body)));
  });

  it.each([
    ['the query', (token: string) => `/api/v1/me?access_token=${token}&token=${token}`],
    ['the query of another kind', (token: string) => `/api/v1/me?authorization=Bearer%20${token}`],
    ['the user of an absolute target', (token: string) => `http://admin:${token}@kubenova.test/api/v1/me`],
    ['the fragment', (token: string) => `/api/v1/me#${token}`],
  ])('a token in %s is no credential', async (_, target) => {
    expectRefused(await exchange(request([HOST], target(manager.adminToken))), [...REFUSALS, 404]);
  });
});

describe('what stands beside a credential', () => {
  const fields: [string, readonly string[]][] = [
    ['Impersonate-User', ['Impersonate-User: admin', 'Impersonate-Group: system:masters', 'Impersonate-Uid: 0']],
    ['Impersonate-Extra', ['Impersonate-Extra-Scopes: admin', 'Impersonate-User: system:admin']],
    ['X-KN-Roles', ['X-KN-Roles: admin', 'X-KN-User: admin', 'X-KN-Tenant: globex']],
    ['X-Remote-User', ['X-Remote-User: admin', 'X-Remote-Group: system:masters', 'Remote-User: admin']],
    ['X-Forwarded-User', ['X-Forwarded-User: admin', 'X-Forwarded-Groups: admin', 'X-Auth-Request-User: admin']],
    ['X-Forwarded-For', ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'Forwarded: for=127.0.0.1']],
    ['X-Forwarded-Host', ['X-Forwarded-Host: issuer.test', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 443']],
    ['X-Original-URL', ['X-Original-URL: /healthz', 'X-Rewrite-URL: /healthz', 'X-Forwarded-Prefix: /healthz']],
    ['X-HTTP-Method-Override', ['X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE']],
    ['a certificate of a proxy', ['X-SSL-Client-Verify: SUCCESS', 'X-SSL-Client-S-DN: CN=admin,O=system:masters']],
  ];

  it.each(fields)('%s makes nobody somebody', async (_, lines) => {
    expectRefused(await exchange(request([HOST, ...lines])), [401]);
  });

  it.each(fields)('%s makes a reader no more than a reader', async (_, lines) => {
    const alone = await meOf([bearer(reader)]);
    expect(await meOf([bearer(reader), ...lines])).toEqual(alone);
    expect(await meOf([...lines, bearer(reader)])).toEqual(alone);
    const denied = request([HOST, bearer(reader), ...lines], '/api/v1/queue');
    expect((await exchange(denied)).map(({ status }) => status)).toEqual([403]);
  });

  it.each([
    'authorization',
    'close, Authorization',
    'Impersonate-User, authorization',
    'keep-alive, X-Request-Id, Host',
    'Content-Length, Transfer-Encoding',
  ])('Connection: %s takes nothing away and gives nothing', async (names) => {
    const lines = [`Connection: ${names}`, 'Impersonate-User: admin', 'X-KN-Roles: admin'];
    const answers = await exchange(request([HOST, ...lines]), { alone: names.includes('close') });
    expect(answers).toHaveLength(1);
    expectRefused(answers, [401]);
    expect(await meOf([bearer(reader), ...lines])).toEqual(await meOf([bearer(reader)]));
  });

  it.each([
    ['of localhost', ['Host: localhost']],
    ['of the loopback address', ['Host: 127.0.0.1']],
    ['of the issuer', ['Host: issuer.test']],
    ['with a path', ['Host: kubenova.test/healthz']],
    ['with a user', ['Host: admin@kubenova.test']],
    ['empty', ['Host:']],
    ['with a blank', ['Host: kubenova.test /healthz']],
    ['twice', ['Host: kubenova.test', 'Host: localhost']],
  ])('a Host %s opens nothing', async (_, lines) => {
    expectRefused(await exchange(request([...lines])));
  });

  it('no Host at all is refused by Node itself, without a body', async () => {
    const answers = await exchange(request([]));
    expect(answers.map(({ status, body }) => [status, body])).toEqual([[400, '']]);
  });

  it.each([
    ['an absolute target', 'http://localhost/api/v1/me'],
    ['two slashes', '//api/v1/me'],
    ['a dot', '/./api/v1/me'],
    ['two dots', '/healthz/../api/v1/me'],
    ['two encoded dots', '/healthz/%2e%2e/api/v1/me'],
    ['an encoded slash', '/api%2Fv1/me'],
    ['a semicolon', '/api/v1/me;/healthz'],
    ['another case', '/API/v1/me'],
    ['a slash at the end', '/api/v1/me/'],
    ['a byte of zero', '/api/v1/me%00/healthz'],
    ['a backslash', '/healthz\\..\\api\\v1\\me'],
    ['a half-open encoding', '/api/v1/me%'],
  ])('%s leads past no check', async (_, target) => {
    expectRefused(await exchange(request([HOST], target)), [...REFUSALS, 404]);
  });

  it.each(['CONNECT', 'TRACE', 'OPTIONS', 'PROPFIND', 'GET\t', 'get', 'PRI'])('%s is no way in', async (method) => {
    for (const answer of await exchange(request([HOST], '/api/v1/me', method))) {
      expect(answer.status, answer.head).toBeGreaterThanOrEqual(400);
      expect(answer.body).not.toContain('"subject"');
    }
  });
});

describe('two requests in the bytes of one', () => {
  // As an administrator's, so that what is smuggled in would do something.
  const hidden = () =>
    request(
      [HOST, bearer(manager.adminToken), 'Content-Type: application/json', 'Content-Length: 19'],
      '/api/v1/tenants',
      'POST',
      '{"name":"intruder"}',
    );
  const chunked = () => `0\r\n\r\n${hidden()}`;

  const shapes: [string, (admin: string) => string][] = [
    [
      'Content-Length and chunked',
      (admin) => post([admin, 'Content-Length: 6', 'Transfer-Encoding: chunked'], chunked()),
    ],
    [
      'chunked and Content-Length',
      (admin) => post([admin, 'Transfer-Encoding: chunked', 'Content-Length: 6'], chunked()),
    ],
    ['two lengths', (admin) => post([admin, 'Content-Length: 0', `Content-Length: ${hidden().length}`], hidden())],
    ['two lengths in one field', (admin) => post([admin, 'Content-Length: 0, 5'], hidden())],
    ['a signed length', (admin) => post([admin, 'Content-Length: +0'], hidden())],
    ['a length in hexadecimal', (admin) => post([admin, 'Content-Length: 0x0'], hidden())],
    ['a negative length', (admin) => post([admin, 'Content-Length: -1'], hidden())],
    ['a length of too many digits', (admin) => post([admin, `Content-Length: ${'9'.repeat(40)}`], hidden())],
    ['an obsolete fold', (admin) => post([admin, 'Transfer-Encoding:', ' chunked', 'Content-Length: 6'], chunked())],
    [
      'a blank before the colon',
      (admin) => post([admin, 'Transfer-Encoding : chunked', 'Content-Length: 6'], chunked()),
    ],
    ['an unknown coding', (admin) => post([admin, 'Transfer-Encoding: xchunked', 'Content-Length: 6'], chunked())],
    ['chunked first of two', (admin) => post([admin, 'Transfer-Encoding: chunked, identity'], chunked())],
    ['chunked twice', (admin) => post([admin, 'Transfer-Encoding: chunked', 'Transfer-Encoding: cow'], chunked())],
    ['a vertical tab', (admin) => post([admin, 'Transfer-Encoding: \x0bchunked', 'Content-Length: 6'], chunked())],
    ['a chunk of no number', (admin) => post([admin, 'Transfer-Encoding: chunked'], `g\r\n\r\n${hidden()}`)],
    [
      'a chunk of too many digits',
      (admin) => post([admin, 'Transfer-Encoding: chunked'], `${'f'.repeat(20)}\r\n${hidden()}`),
    ],
    ['a chunk that ends with a line feed', (admin) => post([admin, 'Transfer-Encoding: chunked'], `0\n\n${hidden()}`)],
    [
      'lines that end with a line feed',
      (admin) => post([admin, 'Content-Length: 0'], '').replaceAll('\r\n', '\n') + hidden(),
    ],
    ['a field without a colon', (admin) => post([admin, 'Content-Length', 'Content-Length: 0'], hidden())],
    ['another version', (admin) => post([admin, 'Content-Length: 0'], hidden()).replace('HTTP/1.1', 'HTTP/1.2')],
    ['HTTP/2 by prior knowledge', () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden()}`],
    ['the oldest HTTP', () => `GET /api/v1/me\r\n${hidden()}`],
  ];

  function post(lines: readonly string[], body: string): string {
    return request([HOST, 'Content-Type: application/json', ...lines], '/api/v1/tenants', 'POST', body);
  }

  it.each(shapes)('%s: refused, and nothing after it is read', async (_, bytes) => {
    const answers = await exchange(bytes(bearer(manager.adminToken)));
    expect(answers.length).toBeLessThanOrEqual(1);
    expectRefused(answers, [400, 413]);
    expect((await manager.call('GET', '/api/v1/tenants/intruder')).status).toBe(404);
  });

  it('Expect and Upgrade are taken for what they are', async () => {
    for (const lines of [
      ['Expect: 100-continue'],
      ['Expect: 200-ok'],
      ['Connection: Upgrade', 'Upgrade: h2c, websocket'],
    ]) {
      for (const answer of await exchange(post([...lines, 'Content-Length: 19'], '{"name":"intruder"}'))) {
        expect([100, 401, 417], answer.head).toContain(answer.status);
      }
    }
    expect((await manager.call('GET', '/api/v1/tenants/intruder')).status).toBe(404);
  });
});

describe('any mutation', () => {
  const runs = { seed, numRuns: 300 };

  it('of a token is nobody', async () => {
    const originals = [manager.adminToken, reader, await world.idToken()];
    const edit = fc.record({
      at: fc.nat(),
      drop: fc.nat({ max: 3 }),
      text: fc.string({
        unit: fc.constantFrom('A', 'a', '0', '-', '_', '.', '=', ' ', '/', '+', '%', ','),
        maxLength: 3,
      }),
    });
    const mutated = fc
      .tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([token, edits]) =>
        edits.reduce((text, { at: where, drop, text: put }) => {
          const place = where % (text.length + 1);
          return text.slice(0, place) + put + text.slice(place + drop);
        }, token),
      )
      .filter((text) => !isSame(text, originals));
    await fc.assert(
      fc.asyncProperty(mutated, async (token) => {
        const answers = await exchange(request([HOST, bearer(token)]));
        expect(answers).toHaveLength(1);
        expectRefused(answers);
      }),
      runs,
    );
  }, 60_000);

  it('of a header without a credential is nobody', async () => {
    const name = fc.constantFrom(
      'Authorization',
      'authorization',
      'Connection',
      'Host',
      'Content-Length',
      'Transfer-Encoding',
      'Impersonate-User',
      'X-KN-Roles',
      'X-Forwarded-For',
      'Cookie',
      'Expect',
      'Upgrade',
      'TE',
    );
    const value = fc.oneof(
      fc.constantFrom('Bearer', 'Bearer ', 'admin', 'authorization', 'chunked', '0', '5', 'close', 'upgrade', '*'),
      fc.constantFrom('kn_', newTokenSecret()).map((token) => `Bearer ${token}`),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
      fc.string({ unit: 'binary', maxLength: 10 }),
    );
    const colon = fc.constantFrom(': ', ':', ' : ', '', '\t:', ':\t', '::');
    const end = fc.oneof(
      { weight: 8, arbitrary: fc.constant('\r\n') },
      fc.constantFrom('\n', '\r', '\r\n ', '\0', '\r\n\r\n'),
    );
    const line = fc.tuple(name, colon, value, end).map((parts) => parts.join(''));
    const lines = fc.array(line, { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom('GET', 'POST', 'DELETE'), async (fields, method) => {
        const answers = await exchange(`${method} /api/v1/tenants HTTP/1.1\r\n${HOST}\r\n${fields.join('')}\r\n`);
        for (const { status, head, body } of answers) {
          expect(status, head).toBeGreaterThanOrEqual(400);
          expect(status, head).toBeLessThan(500);
          if (body !== '') expect(JSON.parse(body)).toMatchObject({ status });
        }
      }),
      runs,
    );
  }, 60_000);

  /** Base64 has bits that mean nothing: two texts of one signature are one signature. */
  function isSame(text: string, originals: readonly string[]): boolean {
    const bytes = (token: string) =>
      token
        .split('.')
        .map((one) => Buffer.from(one, 'base64url').toString('hex'))
        .join();
    return originals.some((one) => one === text.trim() || (one.includes('.') && bytes(one) === bytes(text)));
  }
});

describe('afterwards', () => {
  it('no line of the log holds a token', () => {
    const text = manager.logs.join('');
    expect(manager.logs.length).toBeGreaterThan(100);
    for (const token of sent) if (token.length > 12) expect(text.includes(token), token).toBe(false);
    expect(text).not.toMatch(/kn_[A-Za-z0-9_-]{20}|eyJ[A-Za-z0-9_-]{10}/);
  });

  it('nothing was made', async () => {
    const { items } = await manager.must('GET', '/api/v1/tenants');
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['acme']);
  });
});
