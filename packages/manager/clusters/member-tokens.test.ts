import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError, type KubeErrorReason } from '@kubenova/kube/error.ts';
import { createTestDatabase, type TestDatabase } from '@kubenova/testkit/postgres.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterContext, createSealer } from '../identity/sealing.ts';
import { insertCluster } from '../store/clusters.ts';
import { openStore, type Store } from '../store/connect.ts';
import { kubeconfigBase64 } from '../testing/world.ts';
import { createMemberTokens } from './member-tokens.ts';

const id = crypto.randomUUID();
const sealer = createSealer({ keys: new Map([[0, Buffer.alloc(32, 5)]]), current: 0 });
const wanted = { namespace: 'kubenova-members', account: 'acme.devs', seconds: 900 };
let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url });
  const kubeconfig = Buffer.from(kubeconfigBase64(), 'base64').toString();
  await insertCluster(store.db, {
    id,
    name: 'north',
    zone: 'north',
    labels: {},
    server: 'https://127.0.0.1:6443',
    capsuleProxyUrl: 'https://north.test:9001',
    capsuleProxyCa: null,
    sealedKubeconfig: sealer.seal(kubeconfig, clusterContext(id)),
  });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** Asks a cluster that answers as told. */
async function ask(answer: () => unknown, clusterId = id) {
  const calls: unknown[] = [];
  let closed = 0;
  const tokens = createMemberTokens({
    db: store.db,
    sealer,
    connect: () =>
      ({
        request: async (method: string, path: string, { body }: { body: unknown }) => {
          calls.push({ method, path, body });
          return answer();
        },
        close: async () => {
          closed += 1;
        },
      }) as unknown as KubeClient,
  });
  const result = await tokens
    .request({ id: clusterId, name: 'north' }, wanted)
    .catch((error: unknown) => ({ error: error as Error & { code?: string; detail?: string } }));
  return { result, calls, closed };
}

describe('a token of an account', () => {
  it('is asked of the cluster itself', async () => {
    const status = { token: 'made there', expirationTimestamp: '2026-03-01T12:00:00Z' };
    const { result, calls, closed } = await ask(() => ({ status }));
    expect(result).toEqual({ token: 'made there', expiresAt: new Date('2026-03-01T12:00:00Z') });
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '/api/v1/namespaces/kubenova-members/serviceaccounts/acme.devs/token',
        body: expect.objectContaining({ spec: { audiences: undefined, expirationSeconds: 900 } }),
      },
    ]);
    expect(closed).toBe(1);
  });

  const refusals: [KubeErrorReason, number | undefined, RegExp][] = [
    ['NotFound', 404, /has no ServiceAccount kubenova-members\/acme\.devs yet.*Try again/],
    ['Forbidden', 403, /does not let KubeNova make tokens.*administrator/],
    ['Unreachable', undefined, /north makes its tokens itself and cannot be reached now \(Unreachable\)/],
    ['Timeout', undefined, /cannot be reached now \(Timeout\)/],
    ['Unauthorized', 401, /cannot be reached now \(Unauthorized\)/],
  ];
  it.each(refusals)('%s says what to do', async (reason, code, message) => {
    const { result, closed } = await ask(() => {
      throw new KubeError(reason, 'a secret address', code === undefined ? {} : { code });
    });
    const error = 'error' in result ? result.error : undefined;
    expect(error).toMatchObject({ code: 'KN-503', detail: expect.stringMatching(message) });
    expect(error?.detail).not.toContain('a secret address');
    expect(closed).toBe(1);
  });

  it('is not asked of a cluster that is not registered any more', async () => {
    const { result, calls } = await ask(() => ({}), crypto.randomUUID());
    expect(result).toMatchObject({ error: { code: 'KN-503' } });
    expect(calls).toEqual([]);
  });
});
