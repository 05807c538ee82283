/** Whoever takes the name of a tenant or a project that is gone inherits nobody's way into its clusters. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { makePlace } from '../testing/world.ts';

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

const query = (text: string) => manager.store.pool.query(text);
/** As when the last token has ended. */
const later = () => query(`UPDATE retired_names SET until = now() - interval '1 second'`);

async function placed(tenant: string): Promise<void> {
  await makePlace(manager, { cluster: 'north', tenant, project: 'shop' });
}

async function gone(tenant: string): Promise<void> {
  await query(`DELETE FROM placements`);
  const left = (await manager.must('GET', `/api/v1/tenants/${tenant}/projects`)).items;
  for (const { name } of left) await manager.must('DELETE', `/api/v1/tenants/${tenant}/projects/${name}`);
  await manager.must('DELETE', `/api/v1/tenants/${tenant}`);
}

const token = (tenant: string, body: object) =>
  manager.must('POST', `/api/v1/tenants/${tenant}/kubernetes-token`, { cluster: 'north', ...body });

describe('a name that is gone', () => {
  it('is free at once when no token was made for its people', async () => {
    await placed('quiet');
    await gone('quiet');
    await manager.must('POST', '/api/v1/tenants', { name: 'quiet' });
  });

  it('is kept while a token for the tenant’s people lives, and then given away', async () => {
    await placed('acme');
    const { expiresAt } = await token('acme', { ttlSeconds: 900 });
    await gone('acme');
    for (const [path, body] of [
      ['/api/v1/tenants', { name: 'acme' }],
      ['/api/v1/clusters/north/tenants', { name: 'acme' }],
    ] as const) {
      const refused = await manager.call('POST', path, { body });
      expect(refused.status).toBe(409);
      expect(refused.body.detail).toContain(`are valid until ${expiresAt}`);
    }
    await later();
    await manager.must('POST', '/api/v1/tenants', { name: 'acme' });
    // Only the project's own people would come in by its name, and it had none.
    await manager.must('POST', '/api/v1/tenants/acme/projects', { name: 'shop' });
  });

  it('of a project is kept for the tokens of its own people', async () => {
    await placed('globex');
    await token('globex', { ttlSeconds: 900, project: 'shop' });
    const path = '/api/v1/tenants/globex/projects';
    await manager.must('DELETE', `${path}/shop`);
    expect((await manager.call('POST', path, { body: { name: 'shop' } })).status).toBe(409);
    await manager.must('POST', path, { name: 'other' });
    // Nor by way of a tenant of the same name.
    await gone('globex');
    await manager.must('POST', '/api/v1/tenants', { name: 'globex' });
    expect((await manager.call('POST', path, { body: { name: 'shop' } })).status).toBe(409);
    await later();
    await manager.must('POST', path, { name: 'shop' });
  });
});
