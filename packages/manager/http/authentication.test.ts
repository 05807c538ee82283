/** Who is let in: every operation that is not public refuses whatever is not exactly one valid bearer token. */
import { connect } from 'node:net';
import { type OperationId, operations } from '@kubenova/knapi/generated/operations.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTokenSecret } from '../identity/tokens.ts';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { makeToken } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

const ID = '00000000-0000-4000-8000-000000000001';
const pathOf = (id: OperationId) =>
  operations[id].path
    .replace('{key}', `app:${ID}`)
    .replace('{revision}', '1')
    .replace(/\{(appId|token)\}/, ID)
    .replace(/\{\w+\}/g, 'x');
const guarded = (Object.keys(operations) as OperationId[]).filter((id) => !operations[id].public);

describe('without a token', () => {
  it.each(guarded)('%s answers 401', async (id) => {
    const answer = await manager.call(operations[id].method, pathOf(id), { token: null });
    expect(problem(answer)).toMatchObject({ status: 401, code: 'KN-401', detail: expect.stringContaining('Bearer') });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="kubenova"');
  });
});

describe('a header that is not one valid bearer token', () => {
  const headers: [string, string][] = [
    ['empty', ''],
    ['another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['no token', 'Bearer '],
    ['two tokens', 'Bearer kn_a kn_b'],
    ['a list', 'Bearer kn_a, Bearer kn_b'],
    ['a token of an unknown form', 'Bearer admin'],
    ['an unknown token', `Bearer ${newTokenSecret()}`],
    ['a JWT of nobody', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'],
  ];
  it.each(headers)('%s', async (_, authorization) => {
    const answer = await manager.call('GET', '/api/v1/me', { token: null, headers: { authorization } });
    expect(problem(answer)).toMatchObject({ status: 401, code: 'KN-401' });
  });

  it('the right token, but in the query, a cookie or a header of the earlier product', async () => {
    const { adminToken } = manager;
    const tries = [
      manager.call('GET', '/api/v1/me', { token: null, headers: { cookie: `token=${adminToken}` } }),
      manager.call('GET', '/api/v1/me', {
        token: null,
        headers: { 'x-kn-roles': 'admin', 'x-forwarded-user': 'admin' },
      }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBe(401);
  });

  it('the scheme in another case is fine (RFC 9110)', async () => {
    const headers = { authorization: `bearer ${manager.adminToken}` };
    expect((await manager.call('GET', '/api/v1/me', { token: null, headers })).status).toBe(200);
  });

  it('sent twice, even when both are right', async () => {
    const url = await manager.server.listen({ host: '127.0.0.1', port: 0 });
    const line = `Authorization: Bearer ${manager.adminToken}\r\n`;
    const once = await raw(url, `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${line}\r\n`);
    expect(once).toMatch(/^HTTP\/1.1 200/);
    const twice = await raw(url, `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${line}${line}\r\n`);
    expect(twice).toMatch(/^HTTP\/1.1 401/);
    expect(twice).toContain('sent more than once');
  });

  it('a body is not even read of a stranger', async () => {
    const answer = await manager.call('POST', '/api/v1/tenants', { token: null, body: `"${'x'.repeat(3_000_000)}"` });
    expect(answer.status).toBe(401);
  });
});

describe('an API token', () => {
  it('ends when its time is up', async () => {
    const token = await makeToken(manager, 'readOnly');
    expect((await manager.call('GET', '/api/v1/me', { token })).status).toBe(200);
    await manager.store.pool.query(
      "UPDATE tokens SET expires_at = now() - interval '1 second' WHERE name = 'readonly'",
    );
    expect((await manager.call('GET', '/api/v1/me', { token })).status).toBe(401);
  });

  it('notes its last use, at most once a minute', async () => {
    const token = await makeToken(manager, 'ops');
    const lastUse = async () =>
      (await manager.store.pool.query("SELECT last_used_at FROM tokens WHERE name = 'ops'")).rows[0].last_used_at;
    await manager.call('GET', '/api/v1/me', { token });
    await expect.poll(lastUse).not.toBeNull();
    const first = await lastUse();
    await manager.call('GET', '/api/v1/me', { token });
    await manager.call('GET', '/api/v1/version', { token });
    expect(await lastUse()).toEqual(first);
    await manager.store.pool.query("UPDATE tokens SET last_used_at = now() - interval '2 minutes' WHERE name = 'ops'");
    await manager.call('GET', '/api/v1/me', { token });
    await expect.poll(async () => (await lastUse()) > first).toBe(true);
  });

  it('is kept as a hash only', async () => {
    const token = await makeToken(manager, 'readOnly');
    const row = (await manager.store.pool.query('SELECT t::text AS text FROM tokens t')).rows
      .map((one) => one.text)
      .join();
    expect(row).not.toContain(token);
    expect(row).not.toContain(token.slice(3));
  });
});

function raw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}
