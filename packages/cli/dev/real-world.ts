import { writeFileSync } from 'node:fs';
import { clusterAudience } from '@kubenova/domain/names.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { choosePorts, isFree } from '@kubenova/testkit/ports.ts';
import { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import type { Binaries } from '../../../e2e/real/build.ts';
import { startChartRepository } from '../../../e2e/real/chart-repository.ts';
import type { AuditLevel } from '../../../e2e/real/stack/audit.ts';
import { type RealCluster, startRealCluster } from '../../../e2e/real/stack/cluster.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Progress } from '../output/progress.ts';
import { startAgent } from './agent.ts';
import type { DataFolder, DevFile, DevFileCluster } from './data-folder.ts';
import { type DevManager, startManager } from './manager.ts';
import { prepareRealBinaries } from './real-binaries.ts';
import { registerCluster } from './registration.ts';

export interface RealWorldOptions {
  data: DataFolder;
  /** Where the Manager listens. */
  port: number;
  /** How many clusters, one a zone. */
  clusters: number;
  /** Whether the clusters are registered. */
  register: boolean;
  /** What the clusters' audit logs record; nothing unless said otherwise. */
  audit?: AuditLevel;
  progress: Progress;
}

/** A world in which everything works. */
export interface ReadyWorld {
  file: DevFile;
  clusters: RealCluster[];
}

/** A world that starts, or runs. */
export interface RunningWorld {
  /** Resolves when everything works. */
  ready: Promise<ReadyWorld>;
  /** Stops what has been started so far, newest first. */
  stop(): Promise<void>;
}

/** Starts the real control planes, the Manager and an Agent a cluster. */
export function startRealWorld(options: RealWorldOptions): RunningWorld {
  const started: (() => Promise<void>)[] = [];
  const ready = start(options, (stop) => started.push(stop));
  return {
    ready,
    async stop() {
      for (const stop of started.reverse()) await stop();
    },
  };
}

async function start(options: RealWorldOptions, onStop: (stop: () => Promise<void>) => void): Promise<ReadyWorld> {
  const { data, progress } = options;
  if (!(await isFree(options.port))) {
    throw new CommandFailure(`port ${options.port} is taken: stop what listens there, or name another with --port`);
  }
  const binaries = await prepareRealBinaries(progress);
  const names = Array.from({ length: options.clusters }, (_, index) => `dev-${index + 1}`);
  const ports = await choosePorts(
    ['issuer', 'charts', ...names.map((name) => `agent-${name}`)],
    data.file('ports.json'),
  );
  const pki = await openPki(data.file('pki'), 'kubenova-dev');
  const supervisor = new Supervisor(data.file('logs'));
  onStop(() => supervisor.close(['manager']));

  const issuerUrl = `https://127.0.0.1:${ports.issuer}`;
  const tls = await pki.server('issuer');
  const manager = await progress.step('Manager', () =>
    startManager(supervisor, data, {
      port: options.port,
      issuerUrl,
      issuerPort: ports.issuer ?? 0,
      tls,
    }),
  );
  const charts = await startChartRepository({
    helm: binaries.helm,
    charts: [binaries.podinfoCharts.current, binaries.podinfoCharts.older],
    port: ports.charts,
  });
  onStop(() => charts.stop());

  const clusters = await Promise.all(
    names.map(async (name, index) => {
      const cluster = await progress.step(`cluster ${name}`, (say) =>
        startRealCluster({
          name,
          dataDir: data.file('clusters', name),
          binaries,
          oidc: { issuerUrl, caPem: pki.caPem, audience: clusterAudience(name) },
          ...(options.audit && { audit: options.audit }),
          onProgress: say,
        }),
      );
      onStop(() => cluster.stop());
      const { capsule, capsuleProxy, kubevela } = cluster.components;
      progress.line(
        `  ${name}: Kubernetes true, Capsule ${capsule}, capsule-proxy ${capsuleProxy}, KubeVela ${kubevela}`,
      );
      const entry = devFileCluster(data, cluster, `zone-${index + 1}`);
      await progress.step(`Agent of ${name}`, () =>
        startAgent(supervisor, data, {
          cluster: name,
          server: cluster.server,
          caPem: cluster.caPem,
          adminKubeconfig: cluster.adminKubeconfig,
          helm: binaries.helm,
          healthPort: ports[`agent-${name}`] ?? 0,
        }),
      );
      if (options.register) {
        await progress.step(`registration of ${name}`, (say) => registerCluster(manager, entry, say));
      }
      return { cluster, entry };
    }),
  );
  const pids = {
    dev: process.pid,
    ...supervisor.pids,
    ...Object.fromEntries(
      clusters.flatMap(({ cluster }) =>
        Object.entries(cluster.pids).map(([program, pid]) => [`${cluster.name}/${program}`, pid]),
      ),
    ),
  };
  const entries = clusters.map(({ entry }) => entry);
  return {
    file: devFile(manager, binaries, charts.url, entries, pids),
    clusters: clusters.map(({ cluster }) => cluster),
  };
}

function devFileCluster(data: DataFolder, cluster: RealCluster, zone: string): DevFileCluster {
  if (cluster.capsuleProxy === undefined) throw new Error(`${cluster.name} was started without capsule-proxy`);
  const capsuleProxyCaFile = data.file('clusters', cluster.name, 'capsule-proxy-ca.pem');
  writeFileSync(capsuleProxyCaFile, cluster.capsuleProxy.caPem);
  return {
    name: cluster.name,
    zone,
    kubeconfig: cluster.adminKubeconfig,
    capsuleProxyUrl: cluster.capsuleProxy.url,
    capsuleProxyCaFile,
  };
}

function devFile(
  manager: DevManager,
  binaries: Binaries,
  helmRepositoryUrl: string,
  clusters: DevFileCluster[],
  pids: Record<string, number>,
): DevFile {
  return {
    managerUrl: manager.url,
    token: manager.token,
    tokenFile: manager.tokenFile,
    world: 'real',
    kubectl: binaries.kubectl,
    helmRepositoryUrl,
    clusters,
    pids,
  };
}
