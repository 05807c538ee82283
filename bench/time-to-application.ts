/** From `POST app` to the Vela Application being present on the real cluster. */

import { createKubeClient } from '@kubenova/kube/client.ts';
import { startInformer } from '@kubenova/kube/informer.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { type Benchmark, dataOf, imageApp, percentile } from './benchmark.ts';

const COUNT = 100;

export const timeToApplication: Benchmark = {
  name: 'time-to-application',
  title: 'POST app to Vela Application present, one after another',
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
    try {
      const samples: number[] = [];
      for (let index = 0; index < COUNT; index++) {
        const name = `time-${index}`;
        const arrived = new Promise<number>((resolve) => arrivals.set(name, resolve));
        const start = performance.now();
        dataOf(
          await api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
            params: { path: { cluster, tenant: 'bench', project: 'time' } },
            body: imageApp(name),
          }),
        );
        samples.push((await arrived) - start);
        if (index % 10 === 0) say(`${index} of ${COUNT}`);
      }
      return [
        { name: 'p50', value: percentile(samples, 0.5), unit: 'ms', mark: '≤ 150 ms' },
        { name: 'p99', value: percentile(samples, 0.99), unit: 'ms', mark: '≤ 1000 ms' },
      ];
    } finally {
      informer.stop();
      await client.close();
    }
  },
};
