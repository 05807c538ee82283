import { afterEach, describe, expect, it } from 'vitest';
import type { CallOptions } from '../client.ts';
import { KubeError } from '../error.ts';
import type { Lease } from '../kinds/coordination.ts';
import { until } from '../testing/until.ts';
import { type LeaseOptions, runWithLease } from './leader-election.ts';

/** One Lease with optimistic locking, and a switch that takes the server away. */
class LeaseStore {
  lease: Lease | undefined;
  away = false;
  hangs = false;
  writes = 0;
  private version = 0;

  find = async (_resource: unknown, _ref: unknown, options?: CallOptions): Promise<Lease | undefined> => {
    await this.reach(options);
    return structuredClone(this.lease);
  };
  create = async (_resource: unknown, lease: Lease, options?: CallOptions): Promise<Lease> => {
    await this.reach(options);
    if (this.lease !== undefined) {
      throw new KubeError('AlreadyExists', 'there');
    }
    return this.store(lease);
  };
  replace = async (_resource: unknown, lease: Lease, options?: CallOptions): Promise<Lease> => {
    await this.reach(options);
    if (this.lease?.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw new KubeError('Conflict', 'changed');
    }
    return this.store(lease);
  };
  /** Somebody else touches the record. */
  touch(): void {
    this.store(structuredClone(this.lease) as Lease);
  }

  private store(lease: Lease): Lease {
    this.version += 1;
    this.writes += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.version) } };
    return structuredClone(this.lease);
  }
  private async reach(options: CallOptions | undefined): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.hangs) {
      await new Promise((_, reject) =>
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
      );
    }
    if (this.away) {
      throw new KubeError('Unreachable', 'away');
    }
  }
  // The class stands for the three calls that an election makes.
  asClient(): Parameters<typeof runWithLease>[0] {
    return this as unknown as Parameters<typeof runWithLease>[0];
  }
}

const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) {
    controller.abort();
  }
});

/** Joins the election, and writes a diary of who works when. */
function join(store: LeaseStore, identity: string, diary: string[], changes: Partial<LeaseOptions> = {}) {
  const controller = new AbortController();
  controllers.push(controller);
  const errors: unknown[] = [];
  const ended = runWithLease(store.asClient(), {
    namespace: 'n',
    name: 'l',
    identity,
    leaseDurationMs: 1_000,
    renewMs: 50,
    signal: controller.signal,
    onStarted: () => {
      diary.push(`${identity} starts`);
    },
    onStopped: () => {
      diary.push(`${identity} stops`);
    },
    onError: (error) => errors.push(error),
    ...changes,
  });
  ended.catch(() => undefined);
  return { controller, ended, errors };
}

describe('leader election', () => {
  it('has one leader, and the next one at once when it leaves in order', async () => {
    const store = new LeaseStore();
    const diary: string[] = [];
    const a = join(store, 'a', diary);
    await until('a', () => diary.length === 1);
    const b = join(store, 'b', diary);
    const writes = store.writes;
    await until('renewals', () => store.writes > writes + 3);
    expect(diary).toEqual(['a starts']);
    a.controller.abort();
    await a.ended;
    await until('b', () => diary.includes('b starts'));
    expect(diary).toEqual(['a starts', 'a stops', 'b starts']);
    expect(store.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 1 });
    expect(store.lease?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    b.controller.abort();
    await b.ended;
    expect(store.lease?.spec?.holderIdentity).toBe('');
  });

  it('never has two leaders, also when both try for the free Lease at once', async () => {
    const store = new LeaseStore();
    const diary: string[] = [];
    for (const identity of ['a', 'b', 'c', 'd']) {
      join(store, identity, diary);
    }
    await until('renewals', () => store.writes > 5);
    expect(diary).toHaveLength(1);
  });

  it('waits a whole duration before it takes over from one that died', async () => {
    const store = new LeaseStore();
    const spec = {
      holderIdentity: 'dead',
      leaseDurationSeconds: 1,
      renewTime: '2020-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    };
    store.lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'n', name: 'l', resourceVersion: '7' },
      spec,
    };
    const diary: string[] = [];
    const startedAt = performance.now();
    join(store, 'a', diary);
    await until('a', () => diary.length === 1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
    expect(store.lease?.spec?.leaseTransitions).toBe(5);
  });

  it.each(['away', 'hangs'] as const)(
    'stops its work before the Lease runs out when the server %s, and comes back',
    async (fault) => {
      const store = new LeaseStore();
      const diary: string[] = [];
      const { errors } = join(store, 'a', diary, { leaseDurationMs: 3_000 });
      await until('a', () => diary.length === 1);
      const cutAt = performance.now();
      store[fault] = true;
      await until('the stop', () => diary.length === 2);
      expect(performance.now() - cutAt).toBeLessThan(3_000);
      expect(errors.length).toBeGreaterThan(0);
      store.away = false;
      store.hangs = false;
      await until('the return', () => diary.length === 3);
      expect(diary).toEqual(['a starts', 'a stops', 'a starts']);
    },
  );

  it('keeps the Lease when somebody only touched the record', async () => {
    const store = new LeaseStore();
    const diary: string[] = [];
    join(store, 'a', diary);
    await until('a', () => diary.length === 1);
    for (let times = 0; times < 5; times += 1) {
      store.touch();
      const writes = store.writes;
      await until('a renewal', () => store.writes > writes);
    }
    expect(diary).toEqual(['a starts']);
  });

  it('waits for the work to end before it lets the Lease go', async () => {
    const store = new LeaseStore();
    const diary: string[] = [];
    const a = join(store, 'a', diary, {
      onStarted: async (signal) => {
        diary.push('a starts');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await new Promise((resolve) => setImmediate(resolve));
        diary.push(`a ends its work, holder ${store.lease?.spec?.holderIdentity}`);
      },
    });
    await until('a', () => diary.length === 1);
    a.controller.abort();
    await a.ended;
    expect(diary).toEqual(['a starts', 'a ends its work, holder a', 'a stops']);
    expect(store.lease?.spec?.holderIdentity).toBe('');
  });

  it('lets the Lease go and tells when the work fails', async () => {
    const store = new LeaseStore();
    const { ended } = join(store, 'a', [], {
      onStarted: async () => {
        throw new Error('broken');
      },
    });
    await expect(ended).rejects.toThrow('broken');
    expect(store.lease?.spec?.holderIdentity).toBe('');
  });
});
