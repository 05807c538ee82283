import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestManager, type TestManager } from '../testing/manager.ts';
import { imageSource, makePlace } from '../testing/world.ts';
import { isSettled } from './settle.ts';

let database: TestDatabase;
let manager: TestManager;
let place: string;

beforeAll(async () => {
  database = await createTestDatabase();
  manager = await createTestManager(database.url);
  place = await makePlace(manager, { cluster: 'north', tenant: 'acme', project: 'shop' });
});
afterAll(async () => {
  await manager.close();
  await database.drop();
});

/** What the reconciler does when the Agent has reported. */
async function report(name: string, phase: string): Promise<void> {
  await manager.store.pool.query(
    `WITH changed AS (UPDATE apps SET phase = $2, status = jsonb_build_object('observedGeneration', generation, 'phase', $2::text, 'conditions', '[]'::jsonb)
       WHERE name = $1 RETURNING id) SELECT pg_notify('kubenova_changes', 'app:' || id) FROM changed`,
    [name, phase],
  );
}

async function exists(name: string): Promise<boolean> {
  return (await manager.store.pool.query('SELECT 1 FROM apps WHERE name = $1', [name])).rowCount === 1;
}

describe('?wait', () => {
  it('holds the answer until the object is settled', async () => {
    const started = performance.now();
    const answer = manager.call('POST', `${place}/apps?wait=30s`, {
      body: { name: 'waited', source: imageSource('1') },
    });
    await expect.poll(() => exists('waited')).toBe(true);
    await report('waited', 'Deploying');
    await report('waited', 'Running');
    expect(await answer).toMatchObject({ status: 201, body: { status: { phase: 'Running', observedGeneration: 1 } } });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('answers what there is when the time is up', async () => {
    const answer = await manager.call('POST', `${place}/apps?wait=50ms`, {
      body: { name: 'slow', source: imageSource('1') },
    });
    expect(answer).toMatchObject({ status: 201, body: { status: { phase: 'Pending' } } });
  });

  it('waits on a deletion until the record is gone', async () => {
    await manager.must('POST', `${place}/apps`, { name: 'leaving', source: imageSource('1') });
    const answer = manager.call('DELETE', `${place}/apps/leaving?wait=30s`);
    const deleting = async () =>
      (await manager.store.pool.query("SELECT id FROM apps WHERE name = 'leaving' AND deleting_at IS NOT NULL"))
        .rows[0];
    await expect.poll(deleting).toBeDefined();
    const { id } = await deleting();
    await manager.store.pool.query('DELETE FROM namespaces WHERE holder_id = $1', [id]);
    await manager.store.pool.query('DELETE FROM apps WHERE id = $1', [id]);
    await manager.store.pool.query("SELECT pg_notify('kubenova_changes', $1)", [`app:${id}`]);
    expect(await answer).toMatchObject({ status: 204, text: '' });
  });

  it('hears again after its connection was cut', async () => {
    const answer = manager.call('POST', `${place}/apps?wait=30s`, { body: { name: 'cut', source: imageSource('1') } });
    const listening = async () =>
      (
        await manager.store.pool.query(
          "SELECT pid FROM pg_stat_activity WHERE application_name = 'kubenova-changes' AND datname = current_database()",
        )
      ).rows;
    await expect.poll(() => exists('cut')).toBe(true);
    await expect.poll(async () => (await listening()).length).toBe(1);
    const [{ pid }] = await listening();
    await manager.store.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await report('cut', 'Failed');
    expect((await answer).body.status.phase).toBe('Failed');
  });
});

describe('settled', () => {
  const row = { generation: 2, status: { observedGeneration: 2, phase: 'Running' } };
  it.each([
    ['the Agent has acted on what was last asked for', row, true],
    ['failed is an end, too', { ...row, status: { observedGeneration: 2, phase: 'Failed' } }, true],
    ['an older generation says nothing', { ...row, status: { observedGeneration: 1, phase: 'Running' } }, false],
    ['deploying goes on', { ...row, status: { observedGeneration: 2, phase: 'Deploying' } }, false],
    ['a deletion ends with the record', { ...row, deleting_at: new Date() }, false],
    ['and then it has', undefined, true],
  ])('%s', (_, value, settled) => {
    expect(isSettled(value)).toBe(settled);
  });
});
