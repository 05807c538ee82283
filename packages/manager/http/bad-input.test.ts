/** Bad input: each gets a problem that says what to do, at the place where it is, and leaves nothing behind. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badInput } from '../testing/bad-input/all.ts';
import { createTestManager, problem, type TestManager } from '../testing/manager.ts';
import { CANARY, makePlace } from '../testing/world.ts';

let database: TestDatabase;
let manager: TestManager;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

describe('bad input', () => {
  it.each(badInput)('$reason', async ({ method, path, body, headers, status, pointer, says }) => {
    const before = await counts();
    const answer = await manager.call(method, path, { body, headers });
    const found = problem(answer);
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
    expect(found.code).toBe(`KN-${status}`);
    expect(found.instance).toBe(answer.headers['x-request-id']);
    if (pointer !== undefined) expect(found.errors?.[0]?.pointer).toBe(pointer);
    expect(`${found.detail} ${(found.errors ?? []).map((error) => error.detail).join(' ')}`).toMatch(says);
    expect(answer.text).not.toContain(CANARY);
    expect(answer.text).not.toContain('correct horse');
    expect(await counts()).toEqual(before);
  });
});

/** Rows of everything but the audit. */
async function counts(): Promise<unknown> {
  const tables = [
    'clusters',
    'tenants',
    'placements',
    'projects',
    'apps',
    'app_revisions',
    'sandboxes',
    'namespaces',
    'tokens',
    'accounts',
    'role_bindings',
    'reconcile_queue',
  ];
  const query = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ');
  return (await manager.store.pool.query(`SELECT ${query}`)).rows[0];
}

describe('security headers', () => {
  it('are on every answer, problems included', async () => {
    for (const path of ['/api/v1/me', '/nothing', '/healthz']) {
      const { headers } = await manager.call('GET', path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-frame-options': 'DENY',
      });
    }
  });

  it('repeats a request id that can be one, and makes another of what cannot', async () => {
    const kept = await manager.call('GET', '/healthz', { headers: { 'x-request-id': 'trace-1.2' } });
    expect(kept.headers['x-request-id']).toBe('trace-1.2');
    const made = await manager.call('GET', '/healthz', { headers: { 'x-request-id': 'a b\tc' } });
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
