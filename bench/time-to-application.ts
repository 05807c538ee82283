/**
 * From `POST app` to the Vela Application being present on the real cluster: once with each App posted when the one
 * before runs, and once back to back, where the cluster is still busy with those before.
 */

import { createKubeClient } from '@kubenova/kube/client.ts';
import { startInformer } from '@kubenova/kube/informer.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { type Benchmark, dataOf, imageApp, percentile } from './benchmark.ts';

const COUNT = 40;

export const timeToApplication: Benchmark = {
  name: 'time-to-application',
  title: 'POST app to Vela Application present',
  async run({ api, cluster, world, say }) {
    await api.POST('/api/v1/tenants', { body: { name: 'bench' } });
    await api.POST('/api/v1/tenants/{tenant}/projects', {
      params: { path: { tenant: 'bench' } },
      body: { name: 'time' },
    });
    dataOf(
      await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
        params: { path: { cluster, tenant: 'bench' }, query: { wait: '30s' } },
        body: {},
      }),
    );
    const client = createKubeClient(await loadKubeconfigFile(world.clusters[0]?.adminKubeconfig ?? ''));
    const arrivals = new Map<string, (at: number) => void>();
    const informer = startInformer(client, Application, {});
    informer.onChange(({ type, object }) => {
      if (type === 'added') arrivals.get(object.metadata.name)?.(performance.now());
    });
    await informer.synced;
    const sample = async (name: string): Promise<number> => {
      const arrived = new Promise<number>((resolve) => arrivals.set(name, resolve));
      const start = performance.now();
      dataOf(
        await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
          params: { path: { cluster, tenant: 'bench', project: 'time' } },
          body: imageApp(name),
        }),
      );
      return (await arrived) - start;
    };
    const running = (name: string) =>
      waitFor({
        what: `${name} to run`,
        timeoutMs: 60_000,
        look: async () => {
          const { data } = await api.GET('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}', {
            params: { path: { cluster, tenant: 'bench', project: 'time', app: name } },
          });
          return data?.status.phase === 'Running' ? true : undefined;
        },
      });
    try {
      const quiet: number[] = [];
      for (let index = 0; index < COUNT; index++) {
        quiet.push(await sample(`quiet-${index}`));
        await running(`quiet-${index}`);
        if (index % 10 === 0) say(`${index} of ${COUNT}, each when the one before runs`);
      }
      const busy: number[] = [];
      for (let index = 0; index < COUNT; index++) {
        busy.push(await sample(`busy-${index}`));
        if (index % 10 === 0) say(`${index} of ${COUNT}, back to back`);
      }
      return [
        { name: 'p50, each when the one before runs', value: percentile(quiet, 0.5), unit: 'ms', mark: '≤ 150 ms' },
        { name: 'p99', value: percentile(quiet, 0.99), unit: 'ms', mark: '≤ 1000 ms' },
        { name: 'p50, back to back', value: percentile(busy, 0.5), unit: 'ms' },
        { name: 'p99', value: percentile(busy, 0.99), unit: 'ms' },
      ];
    } finally {
      informer.stop();
      await client.close();
    }
  },
};
