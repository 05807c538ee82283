/** How fast `POST app` answers while the App's cluster accepts connections and never answers them. */
import { createServer, type Server, type Socket } from 'node:net';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { kubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import { type Benchmark, dataOf, imageApp, percentile } from './benchmark.ts';

const COUNT = 500;

export const postApp: Benchmark = {
  name: 'post-app',
  title: 'POST app while its cluster is unreachable',
  async run({ api, world, say }) {
    const silent = await silentServer();
    try {
      const cluster = 'silent';
      const connection: KubeConnection = {
        server: `https://127.0.0.1:${silent.port}`,
        ca: world.clusters[0]?.caPem,
        credential: { kind: 'token', token: 'not-a-real-token' },
      };
      dataOf(
        await api.POST('/api/v1/clusters', {
          body: {
            name: cluster,
            zone: 'silent',
            connection: 'direct',
            kubeconfig: Buffer.from(kubeconfig('silent', connection)).toString('base64'),
            capsuleProxyUrl: connection.server,
          },
        }),
      );
      await api.POST('/api/v1/tenants', { body: { name: 'bench' } });
      await api.POST('/api/v1/tenants/{tenant}/projects', {
        params: { path: { tenant: 'bench' } },
        body: { name: 'post' },
      });
      dataOf(
        await api.PUT('/api/v1/clusters/{cluster}/tenants/{tenant}', {
          params: { path: { cluster, tenant: 'bench' } },
          body: {},
        }),
      );
      const path = { cluster, tenant: 'bench', project: 'post' };
      const post = (name: string) =>
        api.POST('/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps', {
          params: { path },
          body: imageApp(name),
        });
      for (let index = 0; index < 20; index++) dataOf(await post(`warm-${index}`));
      const samples: number[] = [];
      const began = performance.now();
      for (let index = 0; index < COUNT; index++) {
        const start = performance.now();
        dataOf(await post(`app-${index}`));
        samples.push(performance.now() - start);
        if (index % 50 === 0) say(`${index} of ${COUNT}`);
      }
      const seconds = (performance.now() - began) / 1000;
      return [
        { name: 'p50', value: percentile(samples, 0.5), unit: 'ms' },
        { name: 'p99', value: percentile(samples, 0.99), unit: 'ms', mark: '≤ 25 ms' },
        { name: 'one caller', value: COUNT / seconds, unit: '1/s' },
      ];
    } finally {
      silent.close();
    }
  },
};

async function silentServer(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
