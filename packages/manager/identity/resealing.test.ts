import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertCluster, sealedKubeconfig } from '../store/clusters.ts';
import { openStore, type Store } from '../store/connect.ts';
import { createIssuer } from './issuer.ts';
import { resealAll } from './resealing.ts';
import { clusterContext, createSealer } from './sealing.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

it('lets the old key go: everything opens with the new one alone', async () => {
  const [old, next] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const before = createSealer({ keys: new Map([[1, old]]), current: 1 });
  const both = createSealer({
    keys: new Map([
      [1, old],
      [2, next],
    ]),
    current: 2,
  });
  const after = createSealer({ keys: new Map([[2, next]]), current: 2 });
  const id = crypto.randomUUID();
  const cluster = {
    id,
    name: 'c',
    zone: 'z',
    labels: {},
    server: 'https://x',
    capsuleProxyUrl: 'https://p',
    capsuleProxyCa: null,
  };
  await insertCluster(store.db, { ...cluster, sealedKubeconfig: before.seal('kubeconfig', clusterContext(id)) });
  await createIssuer({ db: store.db, sealer: before, url: 'https://i' }).ensureKey();

  expect(await resealAll(store.db, both)).toBe(2);
  expect(await resealAll(store.db, both)).toBe(0);
  expect(after.unseal((await sealedKubeconfig(store.db, id)) ?? Buffer.of(), clusterContext(id))).toBe('kubeconfig');
  const minted = await createIssuer({ db: store.db, sealer: after, url: 'https://i' }).mint({
    subject: 's',
    audience: 'a',
    groups: [],
    ttlSeconds: 60,
  });
  expect(minted.token).toMatch(/^ey/);
});
