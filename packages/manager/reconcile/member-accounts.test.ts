/** The accounts of a tenant's people on a cluster; the flow of credentials shows what they are good for. */
import { memberAccounts } from '@kubenova/domain/member-accounts.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { loadPlacement, type PlacementRecord } from '../store/status/placements.ts';
import { keepMemberAccounts, removeMemberAccounts } from './member-accounts.ts';
import { type FakeCluster, fakeCluster, refused } from './testing/fake-cluster.ts';
import { insertPlace, type Records } from './testing/records.ts';

let database: TestDatabase;
let store: Store;
let place: Records;
let fake: FakeCluster;
const signal = new AbortController().signal;
const NAMES = ['acme.devs', 'acme.shop.devs', 'acme.shop.viewers', 'acme.viewers'];

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
  place = await insertPlace(store.pool);
}, 60_000);
afterAll(async () => {
  await store?.close();
  await database?.drop();
});
beforeEach(() => {
  fake = fakeCluster();
});

async function placement(auth: 'oidc' | 'serviceAccount', hadAccounts = false): Promise<PlacementRecord> {
  const conditions = hadAccounts ? [{ type: 'MembersReady', status: 'True', reason: 'Made', message: '' }] : [];
  await store.pool.query('UPDATE clusters SET auth = $1', [auth]);
  await store.pool.query('UPDATE placements SET status = status || $1::jsonb', [JSON.stringify({ conditions })]);
  const record = await loadPlacement(store.db, place.placementId);
  if (record === undefined) throw new Error('there is no placement');
  return record;
}

const keep = async (record: PlacementRecord) => keepMemberAccounts(store.db, fake.kube, record, signal);
const there = () => NAMES.filter((name) => fake.find('ServiceAccount', name) !== undefined);

describe('where the cluster does not trust the issuer', () => {
  it('makes one a membership, and writes nothing once all are there', async () => {
    const record = await placement('serviceAccount');
    expect(await keep(record)).toMatchObject({ type: 'MembersReady', status: 'True' });
    expect(there()).toEqual(NAMES);
    fake.writes.length = 0;
    await keep(record);
    expect(fake.writes).toEqual([]);
  });

  it('deletes those of a project that is gone', async () => {
    const gone = memberAccounts({ id: place.tenantId, name: 'acme' }, [{ id: crypto.randomUUID(), name: 'gone' }]);
    for (const account of gone) fake.put(account);
    await keep(await placement('serviceAccount'));
    expect(fake.writes).toEqual(
      expect.arrayContaining([
        'delete ServiceAccount kubenova-members/acme.gone.devs',
        'delete ServiceAccount kubenova-members/acme.gone.viewers',
      ]),
    );
    expect(there()).toEqual(NAMES);
  });

  it.each([
    ['Forbidden', 403],
    ['NotFound', 404],
  ] as const)('says what to do when the cluster answers %s', async (reason, code) => {
    fake.onCall = (call) => {
      if (call.startsWith('apply ServiceAccount')) throw refused(reason, 'serviceaccounts is not for you', code);
    };
    expect(await keep(await placement('serviceAccount'))).toMatchObject({
      status: 'False',
      reason,
      message: expect.stringContaining("PATCH the cluster zone-a with an administrator's kubeconfig"),
    });
  });

  it('takes them away with the placement', async () => {
    const record = await placement('serviceAccount');
    await keep(record);
    expect(await removeMemberAccounts(fake.kube, record, signal)).toBe(true);
    expect(there()).toEqual([]);
    expect(await removeMemberAccounts(fake.kube, record, signal)).toBe(false);
  });
});

describe('where it does', () => {
  it('asks the cluster nothing', async () => {
    const untouched: KubeClient = new Proxy({} as KubeClient, {
      get: (_, name) => {
        throw new Error(`the cluster was asked: ${String(name)}`);
      },
    });
    const record = await placement('oidc');
    expect(await keepMemberAccounts(store.db, untouched, record, signal)).toBeUndefined();
    expect(await removeMemberAccounts(untouched, record, signal)).toBe(false);
  });

  it('takes away what was made when it did not yet', async () => {
    await keep(await placement('serviceAccount'));
    expect(await keep(await placement('oidc', true))).toBeUndefined();
    expect(there()).toEqual([]);
  });
});

it('finds accounts by the label of the tenant, and leaves those of others alone', async () => {
  // The cluster in memory selects nothing, so the selector itself is looked at.
  const selectors: unknown[] = [];
  const kube = {
    ...fake.kube,
    list: async (_resource: unknown, options: { labelSelector?: string; namespace?: string }) => {
      selectors.push(options);
      return { items: [], resourceVersion: '1' };
    },
  } as KubeClient;
  await keepMemberAccounts(store.db, kube, await placement('serviceAccount'), signal);
  expect(selectors).toEqual([
    {
      namespace: 'kubenova-members',
      labelSelector: `app.kubernetes.io/managed-by=kubenova,kubenova.io/tenant-id=${place.tenantId}`,
      signal,
    },
  ]);
});
