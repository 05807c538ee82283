import type { KubeClient } from '@kubenova/kube/client.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { listClusterRefs } from '../store/status/clusters.ts';
import { AlreadyRegisteredError, identifyCluster } from './identify.ts';

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

beforeEach(() => store.pool.query('TRUNCATE clusters CASCADE'));

/** A client of the Kubernetes cluster with this UID. */
function clusterWith(uid: string): KubeClient {
  return { get: async () => ({ metadata: { name: 'kube-system', uid } }) } as unknown as KubeClient;
}

async function insert(name: string) {
  await store.pool.query(
    `INSERT INTO clusters (name, zone, server, sealed_kubeconfig, capsule_proxy_url) VALUES ($1, $1, '', '', '')`,
    [name],
  );
  const ref = (await listClusterRefs(store.db)).find((one) => one.name === name);
  if (ref === undefined) throw new Error(`no cluster ${name}`);
  return ref;
}

describe('which cluster a record leads to', () => {
  it('is claimed once, and known again', async () => {
    const first = await insert('first');
    await identifyCluster(store.db, first, clusterWith('one'));
    await identifyCluster(store.db, first, clusterWith('one'));
    await identifyCluster(store.db, await insert('second'), clusterWith('two'));
  });

  it('is refused to a second record, which is told of the first', async () => {
    await identifyCluster(store.db, await insert('first'), clusterWith('one'));
    const claim = identifyCluster(store.db, await insert('twin'), clusterWith('one'));
    await expect(claim).rejects.toThrow(AlreadyRegisteredError);
    await expect(claim).rejects.toThrow('registered as first already');
  });

  it('is free again when the first record is gone or leads elsewhere', async () => {
    const first = await insert('first');
    await identifyCluster(store.db, first, clusterWith('one'));
    await identifyCluster(store.db, first, clusterWith('rebuilt'));
    const heir = await insert('heir');
    await identifyCluster(store.db, heir, clusterWith('one'));
    await store.pool.query('DELETE FROM clusters WHERE name = $1', ['first']);
    await identifyCluster(store.db, heir, clusterWith('rebuilt'));
  });
});
