/** What a settled world costs: writes to the API server. */

import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { type Benchmark, dataOf } from './benchmark.ts';

/** Longer than every periodic look of a reconciler, so that each has looked at least once. */
const OBSERVED_SECONDS = 90;

export const idle: Benchmark = {
  name: 'idle',
  title: `a settled world, observed for ${OBSERVED_SECONDS} s`,
  async run({ api, world, say }) {
    await waitFor({
      what: 'every App to have settled',
      timeoutMs: 180_000,
      everyMs: 1_000,
      look: async () => {
        const { items } = dataOf(await api.GET('/api/v1/apps', { params: { query: { phase: 'Deploying' } } }));
        return items.length === 0 ? true : undefined;
      },
    });
    for (const cluster of world.clusters) cluster.audit.skip();
    say('watching the audit log');
    await delay(OBSERVED_SECONDS * 1_000);
    const writes = world.clusters
      .flatMap((cluster) => cluster.audit.read())
      .filter((event) => isOurs(event.user.username));
    const leases = writes.filter((event) => event.objectRef?.resource === 'leases');
    const others = writes.filter((event) => event.objectRef?.resource !== 'leases');
    for (const event of others.slice(0, 10)) say(`${event.user.username} ${event.verb} ${event.requestURI}`);
    return [
      { name: 'writes by Manager and Agent', value: others.length, unit: 'requests', mark: '0' },
      { name: 'renewals of Leases', value: leases.length, unit: 'requests' },
    ];
  },
};

function isOurs(username: string): boolean {
  return (
    /^system:serviceaccount:kubenova-system:kubenova-(manager|agent)$/.test(username) || username === 'kubenova-admin'
  );
}
