/** What must hold of the records whatever is asked: one holder a namespace, numbers, revisions, emptiness, cordons. */
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { clusterBody, imageSource, makePlace } from '../testing/world.ts';

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

const query = async (text: string) => (await manager.store.pool.query(text)).rows;
const source = imageSource('1');

/** What the reconciler does at the end of a deletion. */
async function removeRecord(table: 'apps' | 'sandboxes', id: string): Promise<void> {
  await manager.store.pool.query('DELETE FROM namespaces WHERE holder_id = $1', [id]);
  await manager.store.pool.query(`DELETE FROM ${table} WHERE id = $1`, [id]);
}

describe('namespaces', () => {
  it('have one holder each, and the second is told who holds it', async () => {
    const first = await makePlace(manager, { cluster: 'n1', tenant: 'a-b', project: 'c' });
    const second = await makePlace(manager, { cluster: 'n1', tenant: 'a', project: 'b-c' });
    const made = await manager.must('POST', `${first}/apps`, { name: 'd', source });
    expect(made.namespace).toBe('tn-a-b-c-app-d');
    const collision = await manager.call('POST', `${second}/apps`, { body: { name: 'd', source } });
    expect(collision.status).toBe(409);
    expect(collision.body.detail).toBe(
      'The namespace tn-a-b-c-app-d, which this name leads to, is held by the app d of project c of tenant a-b on cluster n1. Choose another name.',
    );
    expect(await query("SELECT count(*) FROM apps WHERE namespace = 'tn-a-b-c-app-d'")).toEqual([{ count: 1 }]);
    // On another cluster nothing is in the way.
    const elsewhere = await makePlace(manager, { cluster: 'n2', tenant: 'a', project: 'b-c' });
    await manager.must('POST', `${elsewhere}/apps`, { name: 'd', source });
  });

  it('are held once, however many ask at once', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'a', project: 'race' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => manager.call('POST', `${place}/apps`, { body: { name: 'x', source } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
  });

  it('are cut and hashed when they would be too long', async () => {
    const long = 'l'.repeat(30);
    const place = await makePlace(manager, { cluster: 'n1', tenant: long, project: long });
    const made = await manager.must('POST', `${place}/apps`, { name: 'web', source });
    expect(made.namespace).toMatch(/^tn-l{30}-l+-[0-9a-f]{8}$/);
    expect(made.namespace.length).toBe(63);
  });

  it('stay held while an app is on its way out', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'a', project: 'leaving' });
    const made = await manager.must('POST', `${place}/apps`, { name: 'x', source });
    await manager.must('DELETE', `${place}/apps/x`);
    expect((await manager.call('DELETE', `${place}/apps/x`)).status).toBe(202);
    const again = await manager.call('POST', `${place}/apps`, { body: { name: 'x', source } });
    expect(again).toMatchObject({ status: 409, body: { detail: expect.stringContaining('still being deleted') } });
    for (const [method, path, body] of [
      ['PUT', 'x', { source }],
      ['PATCH', 'x', { description: 'y' }],
      ['POST', 'x:rollback', { revision: 1 }],
    ] as const) {
      expect((await manager.call(method, `${place}/apps/${path}`, { body })).status, path).toBe(409);
    }
    await removeRecord('apps', made.id);
    await manager.must('POST', `${place}/apps`, { name: 'x', source });
  });
});

describe('sandbox numbers', () => {
  it('are the lowest free ones, and never reused while a record holds them', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'play' });
    const make = async () => (await manager.must('POST', `${place}/sandbox`, {})).name;
    expect([await make(), await make(), await make()]).toEqual(['sbx-001', 'sbx-002', 'sbx-003']);
    const second = await manager.must('GET', `${place}/sandbox/sbx-002`);
    await manager.must('DELETE', `${place}/sandbox/sbx-002`);
    expect(await make()).toBe('sbx-004');
    await removeRecord('sandboxes', second.id);
    expect(await make()).toBe('sbx-002');
  });

  it('step over a namespace that an app holds', async () => {
    const odd = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'app-play' });
    const base = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'p' });
    // Sandbox 1 of project p-app-web would be tn-acme-p-app-web-sbx-001: the namespace of app web-sbx-001 of project p.
    const other = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'p-app-web' });
    await manager.must('POST', `${base}/apps`, { name: 'web-sbx-001', source });
    expect((await manager.must('POST', `${other}/sandbox`, {})).name).toBe('sbx-002');
    expect((await manager.must('POST', `${odd}/sandbox`, {})).name).toBe('sbx-001');
  });

  it('are given once, however many ask at once', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'crowd' });
    const made = await Promise.all(Array.from({ length: 8 }, () => manager.must('POST', `${place}/sandbox`, {})));
    expect(made.map((sandbox) => sandbox.name).sort()).toEqual(Array.from({ length: 8 }, (_, n) => `sbx-00${n + 1}`));
  });

  it('are told apart from what only looks like one', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'play' });
    for (const name of ['sbx-1', 'sbx-0001', 'sbx-000', 'sbx-999', 'sandbox']) {
      expect((await manager.call('GET', `${place}/sandbox/${name}`)).status, name).toBe(404);
    }
  });
});

describe('revisions', () => {
  it('are made by a change of what is asked for, and by nothing else', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'rev' });
    const body = { source, description: 'd', labels: { a: 'b', c: 'd' }, traits: [] };
    const made = await manager.must('POST', `${place}/apps`, { name: 'x', ...body });
    const reordered = { traits: [], labels: { c: 'd', a: 'b' }, description: 'd', source: { ...source } };
    expect(await manager.must('PUT', `${place}/apps/x`, reordered)).toEqual(made);
    expect(await manager.must('PATCH', `${place}/apps/x`, { description: 'd' })).toEqual(made);
    expect(await manager.must('POST', `${place}/apps/x:rollback`, { revision: 1 })).toEqual(made);
    const changed = await manager.must('PATCH', `${place}/apps/x`, { labels: { a: null } });
    expect(changed).toMatchObject({ revision: 2, generation: 2, labels: { c: 'd' }, description: 'd' });
  });

  it('go back by going forward', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'rev' });
    await manager.must('POST', `${place}/apps`, { name: 'back', source });
    await manager.must('PUT', `${place}/apps/back`, { source: imageSource('2') });
    const back = await manager.must('POST', `${place}/apps/back:rollback`, { revision: 1 });
    expect(back).toMatchObject({ revision: 3, generation: 3, source });
    const none = await manager.call('POST', `${place}/apps/back:rollback`, { body: { revision: 9 } });
    expect(none).toMatchObject({ status: 422, body: { errors: [{ pointer: '/revision' }] } });
    const page = await manager.must('GET', `${place}/apps/back/revisions?limit=2`);
    expect(page.items.map((item: { revision: number }) => item.revision)).toEqual([3, 2]);
    const rest = await manager.must('GET', `${place}/apps/back/revisions?limit=2&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ items: [{ revision: 1 }], nextCursor: null });
    expect((await manager.call('GET', `${place}/apps/back/revisions/4`)).status).toBe(404);
  });

  it('are validated as a whole when patched', async () => {
    const place = await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'rev' });
    await manager.must('POST', `${place}/apps`, { name: 'patched', source });
    const bad = await manager.call('PATCH', `${place}/apps/patched`, {
      body: { source: { containerImage: { replicas: -1 } } },
    });
    expect(bad).toMatchObject({ status: 422, body: { errors: [{ pointer: '/source/containerImage/replicas' }] } });
    const removed = await manager.call('PATCH', `${place}/apps/patched`, {
      body: { source: { containerImage: { image: null } } },
    });
    expect(removed).toMatchObject({ status: 422, body: { errors: [{ pointer: '/source/containerImage/image' }] } });
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}';
    const other = await manager.must('PATCH', `${place}/apps/patched`, {
      source: { kind: 'kubeManifest', kubeManifest: { yaml } },
    });
    expect(other.source).toEqual({ kind: 'kubeManifest', kubeManifest: { yaml } });
  });
});

describe('a place', () => {
  it('has to be there before anything stands on it', async () => {
    await manager.must('POST', '/api/v1/clusters', clusterBody('bare'));
    await makePlace(manager, { cluster: 'n1', tenant: 'acme', project: 'shop' });
    const path = '/api/v1/clusters/bare/tenants/acme/projects/shop';
    for (const answer of [
      await manager.call('POST', `${path}/apps`, { body: { name: 'x', source } }),
      await manager.call('POST', `${path}/sandbox`, { body: {} }),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.body.detail).toContain('PUT /api/v1/clusters/bare/tenants/acme');
    }
    const checked = await manager.must('POST', `${path}/apps:validate`, { name: 'x', source });
    expect(checked.problems).toMatchObject([{ pointer: '', detail: expect.stringContaining('not placed') }]);
  });

  it('takes nothing new while its cluster is cordoned, and goes on serving what is there', async () => {
    const place = await makePlace(manager, { cluster: 'cordoned', tenant: 'acme', project: 'shop' });
    await manager.must('POST', `${place}/apps`, { name: 'old', source });
    await manager.must('POST', '/api/v1/tenants', { name: 'late' });
    await manager.must('PATCH', '/api/v1/clusters/cordoned', { cordoned: true });
    for (const answer of [
      await manager.call('POST', `${place}/apps`, { body: { name: 'new', source } }),
      await manager.call('POST', `${place}/sandbox`, { body: {} }),
      await manager.call('PUT', '/api/v1/clusters/cordoned/tenants/late', { body: {} }),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringContaining('is cordoned') } });
    }
    await manager.must('PUT', `${place}/apps/old`, { source: imageSource('2') });
    await manager.must('PUT', '/api/v1/clusters/cordoned/tenants/acme', { quotas: { pods: '5' } });
    await manager.must('DELETE', `${place}/apps/old`);
  });

  it('goes only when nothing stands on it, and then takes nothing new', async () => {
    const place = await makePlace(manager, { cluster: 'last', tenant: 'passing', project: 'shop' });
    const app = await manager.must('POST', `${place}/apps`, { name: 'x', source });
    const sandbox = await manager.must('POST', `${place}/sandbox`, {});
    const blocked = async (path: string) => {
      const answer = await manager.call('DELETE', path);
      expect(answer.status).toBe(409);
      return answer.body.detail;
    };
    const placement = '/api/v1/clusters/last/tenants/passing';
    expect(await blocked(placement)).toContain('app shop/x and sandbox sbx-001');
    expect(await blocked('/api/v1/tenants/passing/projects/shop')).toContain('app x and sandbox sbx-001');
    expect(await blocked('/api/v1/tenants/passing')).toContain('projects: shop');
    expect(await blocked('/api/v1/clusters/last')).toContain('Tenant passing is still placed');
    await removeRecord('apps', app.id);
    await removeRecord('sandboxes', sandbox.id);
    await manager.must('DELETE', '/api/v1/tenants/passing/projects/shop');
    expect(await blocked('/api/v1/tenants/passing')).toContain('still placed on last');
    await manager.must('POST', '/api/v1/tenants/passing/projects', { name: 'again' });
    await manager.must('DELETE', placement);
    expect((await manager.call('DELETE', placement)).status).toBe(202);
    const late = await manager.call('POST', `${placement}/projects/again/apps`, { body: { name: 'x', source } });
    expect(late).toMatchObject({ status: 409, body: { detail: expect.stringContaining('being taken away') } });
    expect((await manager.call('PUT', placement, { body: {} })).status).toBe(409);
  });

  it('does not go from under an app that is being made', async () => {
    for (let round = 0; round < 5; round += 1) {
      const names = { cluster: 'busy', tenant: `race-${round}`, project: 'shop' };
      const place = await makePlace(manager, names);
      const [made, gone] = await Promise.all([
        manager.call('POST', `${place}/apps`, { body: { name: 'x', source } }),
        manager.call('DELETE', `/api/v1/clusters/busy/tenants/${names.tenant}`),
      ]);
      expect([
        [201, 409],
        [409, 202],
      ]).toContainEqual([made.status, gone.status]);
    }
  });
});

describe('lists', () => {
  it('are pages without gaps and repetitions, also of rows that were made at once', async () => {
    await manager.store.pool.query(`INSERT INTO tenants (name, labels, created_at)
      SELECT 'page-' || lpad(n::text, 3, '0'), jsonb_build_object('odd', (n % 2)::text), timestamptz '2030-01-01' + (n / 10) * interval '1 microsecond'
      FROM generate_series(1, 57) AS n`);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: { name: string }[]; nextCursor: string | null } = await manager.must(
        'GET',
        `/api/v1/tenants?q=page-&limit=10&cursor=${cursor}`,
      );
      seen.push(...page.items.map((item) => item.name));
      cursor = page.nextCursor;
    }
    expect(seen.length).toBe(57);
    expect(new Set(seen).size).toBe(57);
    const odd = await manager.must('GET', '/api/v1/tenants?q=page-&labelSelector=odd=1&limit=200');
    expect(odd.items.length).toBe(29);
    expect((await manager.must('GET', '/api/v1/tenants?q=page-_')).items).toEqual([]);
  });
});
