import { createWriteStream } from 'node:fs';
import { startFullSimCluster } from '@kubenova/testkit/sim-cluster.ts';
import { serveChartFiles } from '../../../e2e/real/chart-repository.ts';
import { sampleChartFiles } from './sample-charts.ts';
import { findTools } from './tools.ts';
import type { ClusterKind, DevCluster } from './world.ts';

/** Simulated clusters in this process: up at once, with nothing to build. */
export function simClusters(): ClusterKind<DevCluster> {
  return {
    world: 'sim',
    needsIssuer: false,
    atOnce: Number.POSITIVE_INFINITY,
    async equip(progress) {
      const tools = await findTools(progress);
      return { ...tools, startCharts: async (port) => serveChartFiles(await sampleChartFiles(), { port }) };
    },
    async start(_equipment, { name, folder, oidc, log }) {
      const output = createWriteStream(log);
      const cluster = await startFullSimCluster({
        name,
        folder,
        durable: true,
        oidc: [oidc],
        nodes: 2,
        onError(where, error) {
          const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
          output.write(`${JSON.stringify({ time: new Date().toISOString(), where, message })}\n`);
        },
      });
      return {
        ...cluster,
        parts: 'Kubernetes simulated, Capsule stand-in, capsule-proxy stand-in, KubeVela stand-in',
        pids: {},
        stopApiServer: () => cluster.sim.stopServing(),
        startApiServer: () => cluster.sim.startServing(),
        async stop() {
          await cluster.stop();
          output.end();
        },
      };
    },
  };
}
