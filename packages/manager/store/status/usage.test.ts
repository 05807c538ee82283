/** Samples of usage: as they are taken, summed, averaged when they grow old, and forgotten. */
import type { ProjectUsage } from '@kubenova/domain/usage-tally.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertApp, insertPlace, type Records } from '../../reconcile/testing/records.ts';
import { openStore, type Store } from '../connect.ts';
import { usageByCluster, usageSamples } from '../usage.ts';
import { averageOldUsage, forgetOldUsage, projectNamespaces, saveUsage } from './usage.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let blog: string;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
  place = await insertPlace(store.pool);
  blog = (await query("INSERT INTO projects (tenant_id, name) VALUES ($1, 'blog') RETURNING id", [place.tenantId]))[0]
    .id;
}, 60_000);
afterAll(async () => {
  await store?.close();
  await database?.drop();
});
beforeEach(async () => {
  await query('TRUNCATE usage_samples');
  await query('UPDATE clusters SET usage_at = NULL');
});

const query = async (text: string, values: unknown[] = []) => (await store.pool.query(text, values)).rows;

/** A sample as it would have been taken at some time, `minutes` after the beginning of an hour some days ago. */
async function insertSample(of: {
  project?: string;
  days: number;
  minutes: number;
  requested: object;
  used?: object | null;
  seconds?: number;
}) {
  await query(
    `INSERT INTO usage_samples (cluster_id, tenant_id, project_id, at, seconds, requested, used)
     VALUES ($1, $2, $3, date_trunc('hour', now() - $4 * interval '1 day', 'UTC') + $5 * interval '1 minute', $6, $7, $8)`,
    [
      place.clusterId,
      place.tenantId,
      of.project ?? place.projectId,
      of.days,
      of.minutes,
      of.seconds ?? 300,
      JSON.stringify(of.requested),
      of.used == null ? null : JSON.stringify(of.used),
    ],
  );
}
const stored = () => query('SELECT seconds, requested, used, at FROM usage_samples ORDER BY at, seconds');

describe('a sample', () => {
  it('is of one time for all projects, and that is the cluster’s', async () => {
    await saveUsage(
      store.db,
      place.clusterId,
      new Map<string, ProjectUsage>([
        [place.projectId, { requested: { cpu: 1 }, used: { cpu: 0.5 } }],
        [blog, { requested: { cpu: 2, pods: 1 }, used: null }],
        ['00000000-0000-4000-8000-000000000000', { requested: { cpu: 9 }, used: null }],
      ]),
    );
    const rows = await stored();
    expect(rows).toHaveLength(2);
    const [{ usage_at: at }] = await query('SELECT usage_at FROM clusters');
    expect(rows.map((row) => row.at)).toEqual([at, at]);
    const [tenant] = await usageByCluster(store.db, { tenantId: place.tenantId });
    expect(tenant).toMatchObject({
      cluster: 'zone-a',
      requested: { cpu: 3, pods: 1 },
      used: { cpu: 0.5 },
      observed_at: at,
    });
    const [project] = await usageByCluster(store.db, { tenantId: place.tenantId, projectId: blog });
    expect(project).toMatchObject({ requested: { cpu: 2, pods: 1 }, used: null });
  });

  it('that finds nothing says so, and one that is too old says nothing of now', async () => {
    const now = async () => (await usageByCluster(store.db, { tenantId: place.tenantId }))[0];
    expect(await now()).toMatchObject({ requested: null, used: null, observed_at: null });
    await saveUsage(store.db, place.clusterId, new Map());
    expect(await now()).toMatchObject({ requested: {}, used: null, observed_at: expect.any(Date) });
    await query("UPDATE clusters SET usage_at = now() - interval '16 minutes'");
    expect(await now()).toMatchObject({ requested: null, observed_at: expect.any(Date) });
  });

  it('counts the namespaces of records, but for those that are somebody else’s', async () => {
    const app = await insertApp(store.pool, place, 'web');
    const projects = () => projectNamespaces(store.db, place.clusterId);
    expect(await projects()).toEqual(new Map([['tn-acme-shop-app-web', place.projectId]]));
    const taken = { conditions: [{ type: 'NamespaceReady', status: 'False', reason: 'NamespaceTaken' }] };
    await query('UPDATE apps SET status = status || $2 WHERE id = $1', [app, JSON.stringify(taken)]);
    expect(await projects()).toEqual(new Map());
  });
});

describe('samples over time', () => {
  it('come newest first, summed, as many as are asked for', async () => {
    await insertSample({ days: 2, minutes: 0, seconds: 3600, requested: { cpu: 1 }, used: { cpu: 0.1 } });
    await insertSample({ days: 2, minutes: 0, seconds: 3600, requested: { cpu: 2 }, project: blog });
    await insertSample({ days: 0, minutes: -30, requested: { cpu: 4 } });
    const span = (days: number, limit: number) => ({
      since: new Date(Date.now() - days * 86_400_000),
      until: new Date(),
      limit,
    });
    const of = { tenantId: place.tenantId };
    const both = await usageSamples(store.db, of, span(3, 10));
    expect(both.map(({ seconds, requested, used }) => ({ seconds, requested, used }))).toEqual([
      { seconds: 300, requested: { cpu: 4 }, used: null },
      { seconds: 3600, requested: { cpu: 3 }, used: { cpu: 0.1 } },
    ]);
    expect(await usageSamples(store.db, of, span(3, 1))).toHaveLength(1);
    expect(await usageSamples(store.db, of, span(1, 10))).toHaveLength(1);
    expect(await usageSamples(store.db, { ...of, projectId: blog }, span(3, 10))).toMatchObject([
      { requested: { cpu: 2 } },
    ]);
    const other = { ...of, cluster: { kind: 'name' as const, name: 'zone-b' } };
    expect(await usageSamples(store.db, other, span(3, 10))).toEqual([]);
  });

  it('become hours after a day: averages of what there was', async () => {
    await insertSample({ days: 2, minutes: 0, requested: { cpu: 1 }, used: { cpu: 0.2 } });
    await insertSample({ days: 2, minutes: 5, requested: { cpu: 2, pods: 3 }, used: null });
    await insertSample({ days: 2, minutes: 59, requested: { cpu: 3 }, used: { cpu: 0.4 } });
    // A gap is a gap: the next hour has one sample, and that is what it is.
    await insertSample({ days: 2, minutes: 61, requested: { cpu: 7 } });
    await insertSample({ days: 0, minutes: -5, requested: { cpu: 9 } });
    expect(await averageOldUsage(store.db, place.clusterId, 100)).toBe(2);
    expect((await stored()).map(({ seconds, requested, used }) => ({ seconds, requested, used }))).toEqual([
      { seconds: 3600, requested: { cpu: 2, pods: 1 }, used: { cpu: 0.3 } },
      { seconds: 3600, requested: { cpu: 7 }, used: null },
      { seconds: 300, requested: { cpu: 9 }, used: null },
    ]);
    expect(await averageOldUsage(store.db, place.clusterId, 100)).toBe(0);
  });

  it('become hours some at a time, whole hours always', async () => {
    for (let minutes = 0; minutes < 120; minutes += 5)
      await insertSample({ days: 3, minutes, requested: { cpu: minutes } });
    expect(await averageOldUsage(store.db, place.clusterId, 1)).toBe(1);
    const rows = await stored();
    expect(rows.filter(({ seconds }) => seconds === 300)).toHaveLength(12);
    expect(rows.filter(({ seconds }) => seconds === 3600)).toMatchObject([{ requested: { cpu: 27.5 } }]);
  });

  it('are forgotten after thirty days', async () => {
    await insertSample({ days: 31, minutes: 0, seconds: 3600, requested: { cpu: 1 } });
    await insertSample({ days: 31, minutes: 60, seconds: 3600, requested: { cpu: 2 } });
    await insertSample({ days: 29, minutes: 0, seconds: 3600, requested: { cpu: 3 } });
    await forgetOldUsage(store.db, place.clusterId, 1);
    expect(await stored()).toHaveLength(2);
    await forgetOldUsage(store.db, place.clusterId, 10);
    expect(await stored()).toMatchObject([{ requested: { cpu: 3 } }]);
  });
});
