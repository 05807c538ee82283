import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/connect.ts';
import { type ClusterRef, listClusterRefs } from '../store/status/clusters.ts';
import { type ClusterRegistry, createClusterRegistry } from './registry.ts';

let database: TestDatabase;
let store: Store;
let registry: ClusterRegistry;
let now: number;
let opened: string[];
let stopped: string[];
let lost: string[];
let back: string[];

const kubeconfig = (token: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'x', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  });

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
}, 60_000);

afterAll(async () => {
  await store?.close();
  await database?.drop();
});

beforeEach(async () => {
  await store.pool.query('TRUNCATE clusters CASCADE');
  now = 0;
  opened = [];
  stopped = [];
  lost = [];
  back = [];
  registry = createClusterRegistry({
    db: store.db,
    sealing: { unseal: (sealed) => sealed.toString() },
    onOpen: ({ name, credentialVersion }) => {
      opened.push(name);
      return () => stopped.push(`${name} ${credentialVersion}`);
    },
    onLost: ({ name }) => lost.push(name),
    onBack: ({ name }) => back.push(name),
    connect: ({ credential }) => ({ token: credential, close: async () => undefined }) as unknown as KubeClient,
    identify: async () => undefined,
    now: () => now,
    random: () => 1,
  });
});

async function insert(name: string, sealed = kubeconfig('a')): Promise<ClusterRef> {
  await store.pool.query(
    `INSERT INTO clusters (name, zone, server, sealed_kubeconfig, capsule_proxy_url) VALUES ($1, $1, '', $2, '')`,
    [name, Buffer.from(sealed)],
  );
  return refOf(name);
}

async function refOf(name: string): Promise<ClusterRef> {
  const ref = (await listClusterRefs(store.db)).find((one) => one.name === name);
  if (ref === undefined) throw new Error(`no cluster ${name}`);
  return ref;
}

const dead = async (): Promise<never> => {
  throw new KubeError('Unreachable', 'the connection was refused');
};
const alive = async () => 'value';

describe('a cluster that does not answer', () => {
  it('is not asked again before its time, and others are', async () => {
    const [a, b] = [await insert('a'), await insert('b')];
    expect(await registry.visit(a, dead)).toMatchObject({
      kind: 'unreachable',
      reason: 'Unreachable',
      retryAfterMs: 1_000,
    });
    let asked = 0;
    const count = async () => {
      asked += 1;
    };
    expect(await registry.visit(a, count)).toMatchObject({
      kind: 'unreachable',
      message: 'the connection was refused',
    });
    expect(asked).toBe(0);
    expect(await registry.visit(b, alive)).toEqual({ kind: 'done', value: 'value' });
  });

  it('is tried by one visit when its time has come, and less and less often', async () => {
    const a = await insert('a');
    await registry.visit(a, dead);
    now = 1_000;
    const trial = registry.visit(a, dead);
    expect(await registry.visit(a, alive)).toMatchObject({ kind: 'unreachable' });
    expect(await trial).toMatchObject({ retryAfterMs: 2_000 });
    for (let n = 0; n < 10; n += 1) {
      now += 60_000;
      await registry.visit(a, dead);
    }
    now += 60_000;
    expect(await registry.visit(a, dead)).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('is back when its probe succeeds, and all of it is told', async () => {
    const a = await insert('a');
    await registry.visit(a, dead);
    expect(await registry.visit(a, alive, { probe: true })).toMatchObject({ kind: 'done' });
    expect(lost).toEqual(['a']);
    expect(back).toEqual(['a']);
    expect(await registry.visit(a, alive)).toMatchObject({ kind: 'done' });
    expect(back).toEqual(['a']);
  });

  it('is told apart from one that says no', async () => {
    const a = await insert('a');
    const no = async () => {
      throw new KubeError('Forbidden', 'no', { code: 403 });
    };
    await expect(registry.visit(a, no)).rejects.toMatchObject({ reason: 'Forbidden' });
    const slow = async () => {
      throw new KubeError('Timeout', 'the server gave up', { code: 504 });
    };
    await expect(registry.visit(a, slow)).rejects.toMatchObject({ reason: 'Timeout' });
    expect(await registry.visit(a, alive)).toMatchObject({ kind: 'done' });
  });

  it.each([
    ['that cannot be read', 'not a kubeconfig', 'Kubeconfig'],
    ['that would run a program', kubeconfig('a').replace('"token":"a"', '"exec":{"command":"sh"}'), 'Kubeconfig'],
  ])('because of a kubeconfig %s says so', async (_case, text, reason) => {
    const a = await insert('a', text);
    expect(await registry.visit(a, alive)).toMatchObject({ kind: 'unreachable', reason });
  });
});

describe('a connection', () => {
  it('is made once, and anew when the kubeconfig changes', async () => {
    const a = await insert('a');
    await Promise.all([registry.visit(a, alive), registry.visit(a, alive)]);
    expect(opened).toEqual(['a']);
    await store.pool.query('UPDATE clusters SET sealed_kubeconfig = $1', [Buffer.from(kubeconfig('b'))]);
    const changed = await refOf('a');
    const credential = await registry.visit(changed, async (_kube, { connection }) => connection.credential);
    expect(credential).toMatchObject({ value: { token: 'b' } });
    expect(opened).toEqual(['a', 'a']);
    expect(stopped).toEqual([`a ${a.credentialVersion}`]);
  });

  it('is made for every cluster by sync, and ends with its row', async () => {
    await insert('a');
    await insert('b');
    await insert('broken', 'nonsense');
    await registry.sync();
    expect(opened.sort()).toEqual(['a', 'b']);
    await store.pool.query(`DELETE FROM clusters WHERE name = 'a'`);
    await registry.sync();
    expect(stopped.map((one) => one.split(' ')[0])).toEqual(['a']);
    await registry.close();
    expect(stopped.map((one) => one.split(' ')[0])).toEqual(['a', 'b']);
  });
});
