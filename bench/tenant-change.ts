/**
 * From a change of a tenant's quota by the API to the Capsule Tenants of all the clusters that it is placed on. Each change
 * is made when nothing is left to do about the one before.
 */
import { waitFor } from '@kubenova/testkit/condition.ts';
import { dataOf, percentile, type StandaloneBenchmark } from './benchmark.ts';
import { startFleet } from './fleet/fleet.ts';

const CLUSTERS = 100;
const ROUNDS = 20;
const WARM_ROUNDS = 3;

export const tenantChange: StandaloneBenchmark = {
  name: 'tenant-change',
  title: `a tenant's quota, changed once, on ${CLUSTERS} simulated clusters`,
  standalone: true,
  async run(say) {
    const fleet = await startFleet(CLUSTERS, say);
    const { api } = fleet;
    const tenant = 'bench';
    const waiting = new Map<string, { left: Set<string>; onArrival(at: number): void; onAll(): void }>();
    fleet.onArrival(({ cluster, pods, at }) => {
      const round = waiting.get(pods);
      if (round?.left.delete(cluster) !== true) return;
      round.onArrival(at);
      if (round.left.size === 0) round.onAll();
    });

    /** Milliseconds until the answer, and until each cluster has it. */
    async function change(pods: string): Promise<{ answered: number; arrived: number[] }> {
      const arrivals: number[] = [];
      const all = new Promise<void>((resolve) => {
        waiting.set(pods, { left: new Set(fleet.clusters), onArrival: (at) => arrivals.push(at), onAll: resolve });
      });
      const began = performance.timeOrigin + performance.now();
      dataOf(await api.PUT('/api/v1/tenants/{tenant}/quotas', { params: { path: { tenant } }, body: { pods } }));
      const answered = performance.timeOrigin + performance.now() - began;
      await all;
      waiting.delete(pods);
      return { answered, arrived: arrivals.map((at) => at - began) };
    }

    const settled = () =>
      waitFor({
        what: 'the queue to be empty',
        timeoutMs: 60_000,
        everyMs: 200,
        look: async () => dataOf(await api.GET('/api/v1/queue', {})).depth === 0 || undefined,
      });

    try {
      dataOf(await api.POST('/api/v1/tenants', { body: { name: tenant } }));
      for (const cluster of fleet.clusters) {
        const params = { path: { cluster, tenant }, query: { wait: '60s' } };
        const { status } = dataOf(await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', { params, body: {} }));
        if (status.phase !== 'Ready') throw new Error(`${tenant} on ${cluster} is ${status.phase}`);
      }
      for (let round = 1; round <= WARM_ROUNDS; round += 1) {
        await settled();
        await change(String(round));
      }
      const answered: number[] = [];
      const arrived: number[] = [];
      const last: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        say(`change ${round} of ${ROUNDS}`);
        await settled();
        const one = await change(String(1_000 + round));
        answered.push(one.answered);
        arrived.push(...one.arrived);
        last.push(Math.max(...one.arrived));
      }
      return [
        { name: 'until it is acknowledged, p50', value: percentile(answered, 0.5), unit: 'ms' },
        { name: 'until a cluster has it, p50', value: percentile(arrived, 0.5), unit: 'ms' },
        { name: 'until a cluster has it, p99', value: percentile(arrived, 0.99), unit: 'ms', mark: '≤ 2000 ms' },
        { name: 'until the last has it, p50', value: percentile(last, 0.5), unit: 'ms' },
        { name: 'until the last has it, max', value: Math.max(...last), unit: 'ms', mark: '≤ 2000 ms' },
      ];
    } finally {
      await fleet.stop();
    }
  },
};
