import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { gatherHints } from './hints.ts';
import { insertApp, insertPlace, type Records } from './testing/records.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let app: string;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
  place = await insertPlace(store.pool);
  app = await insertApp(store.pool, place, 'web');
}, 60_000);

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

afterEach(async () => {
  await store.pool.query('TRUNCATE reconcile_queue');
});

async function hint(...hints: Parameters<ReturnType<typeof gatherHints>['add']>[]): Promise<void> {
  const gathered = gatherHints(store.db, (error) => {
    throw error;
  });
  for (const one of hints) gathered.add(...one);
  await gathered.close();
}

async function queued() {
  const { rows } = await store.pool.query(
    `SELECT key, lane, due_at <= now() AS due, extract(epoch FROM due_at - now()) AS seconds, version
     FROM reconcile_queue ORDER BY key`,
  );
  return rows;
}

describe('hints', () => {
  it('become keys in the lane of their cluster, once each', async () => {
    const { clusterId, tenantId, placementId } = place;
    await hint(
      [clusterId, { kind: 'app', id: app }, { bulk: true }],
      [clusterId, { kind: 'app', id: app }, { bulk: false }],
      [clusterId, { kind: 'tenant', id: tenantId }, { bulk: false }],
    );
    expect(await queued()).toMatchObject([
      { key: `app:${app}`, lane: clusterId, due: true, version: 1 },
      { key: `placement:${placementId}`, lane: clusterId, due: true, version: 1 },
    ]);
  });

  it('that name no record, or one of another cluster, are dropped', async () => {
    await hint(
      [place.clusterId, { kind: 'app', id: crypto.randomUUID() }, { bulk: false }],
      [place.clusterId, { kind: 'app', id: "x'); DROP TABLE apps; --" }, { bulk: false }],
      [place.clusterId, { kind: 'sandbox', id: app }, { bulk: false }],
      [crypto.randomUUID(), { kind: 'app', id: app }, { bulk: false }],
    );
    expect(await queued()).toEqual([]);
  });

  it('in bulk are spread', async () => {
    await hint([place.clusterId, { kind: 'app', id: app }, { bulk: true }]);
    const [row] = await queued();
    expect(Number(row?.seconds)).toBeLessThanOrEqual(20);
  });

  it('do not end the delay after a failure, and follow a run that goes on', async () => {
    const insert = `INSERT INTO reconcile_queue (key, lane, due_at, held_until, locked_by, locked_until)`;
    await store.pool.query(`${insert} VALUES ($1, 'x', now() + interval '60 s', now() + interval '60 s', NULL, NULL)`, [
      `app:${app}`,
    ]);
    await store.pool.query(`${insert} VALUES ($1, 'x', now(), NULL, gen_random_uuid(), now() + interval '20 s')`, [
      `placement:${place.placementId}`,
    ]);
    await hint(
      [place.clusterId, { kind: 'app', id: app }, { bulk: false }],
      [place.clusterId, { kind: 'tenant', id: place.tenantId }, { bulk: false }],
    );
    const [failed, running] = await queued();
    expect(Number(failed?.seconds)).toBeGreaterThan(30);
    expect(running).toMatchObject({ version: 2 });
    expect(Number(running?.seconds)).toBeLessThan(5);
  });
});
