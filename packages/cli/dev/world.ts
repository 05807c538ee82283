/**
 * A world of `dev`: the Manager, clusters of one kind, an Agent a cluster, a chart repository. The kind says how a
 * cluster and the tools around it come about (`real-cluster.ts`, `sim-cluster.ts`); everything else is the same program
 * in every world.
 */
import { writeFileSync } from 'node:fs';
import { clusterAudience } from '@kubenova/domain/names.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { choosePorts, isFree } from '@kubenova/testkit/ports.ts';
import { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import { CommandFailure } from '../output/failure.ts';
import type { Progress } from '../output/progress.ts';
import { type DevAccount, ensureAccount } from './account.ts';
import { startAgent } from './agent.ts';
import type { DataFolder, DevFile, DevFileCluster } from './data-folder.ts';
import { type DevManager, startManager } from './manager.ts';
import { registerCluster } from './registration.ts';

/** A cluster of a world, as far as the rest of the world deals with it. */
export interface DevCluster {
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly caPem: string;
  /** Path of a kubeconfig with all rights. */
  readonly adminKubeconfig: string;
  readonly capsuleProxy: { readonly url: string; readonly caPem: string };
  /** What of it is true and what stands in, for people. */
  readonly parts: string;
  /** Process numbers by program name. */
  readonly pids: Readonly<Record<string, number>>;
  /** An outage: nothing is lost, and whatever else runs on the cluster goes on. */
  stopApiServer(): Promise<void>;
  /** Ends the outage, at the same address. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** What a world needs besides its clusters. */
export interface Equipment {
  /** Paths. */
  readonly kubectl: string;
  readonly helm: string;
  /** Starts the chart repository on a loopback port. */
  startCharts(port: number): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

export interface ClusterStart {
  readonly name: string;
  /** Keeps everything of the cluster. */
  readonly folder: string;
  /** File for what a cluster in this process has to say. */
  readonly log: string;
  readonly oidc: { readonly issuerUrl: string; readonly caPem: string; readonly audience: string };
  readonly say: (detail: string) => void;
}

/** How the clusters of a world come about. */
export interface ClusterKind<C extends DevCluster, E extends Equipment = Equipment> {
  readonly world: DevFile['world'];
  /** Whether the Manager, which is the clusters' OIDC issuer, has to answer before they start. */
  readonly needsIssuer: boolean;
  /** How many of them start side by side. */
  readonly atOnce: number;
  /** @throws CommandFailure when this machine cannot carry so many clusters, or lacks what one needs */
  equip(progress: Progress, clusters: number): Promise<E>;
  start(equipment: E, options: ClusterStart): Promise<C>;
}

export interface WorldOptions {
  data: DataFolder;
  /** Where the Manager listens. */
  port: number;
  /** How many clusters, one a zone. */
  clusters: number;
  /** Whether the clusters are registered. */
  register: boolean;
  progress: Progress;
}

/** A world in which everything works. */
export interface ReadyWorld<C extends DevCluster = DevCluster> {
  file: DevFile;
  clusters: C[];
}

/** A world that starts, or runs. */
export interface RunningWorld<C extends DevCluster = DevCluster> {
  /** Resolves when everything works. */
  ready: Promise<ReadyWorld<C>>;
  /** Stops what has been started so far, newest first. */
  stop(): Promise<void>;
}

/** Starts the clusters, the Manager and an Agent a cluster. */
export function startWorld<C extends DevCluster, E extends Equipment>(
  kind: ClusterKind<C, E>,
  options: WorldOptions,
): RunningWorld<C> {
  const started: (() => Promise<void>)[] = [];
  const ready = start(kind, options, (stop) => started.push(stop));
  return {
    ready,
    async stop() {
      for (const stop of started.reverse()) await stop();
    },
  };
}

async function start<C extends DevCluster, E extends Equipment>(
  kind: ClusterKind<C, E>,
  options: WorldOptions,
  onStop: (stop: () => Promise<void>) => void,
): Promise<ReadyWorld<C>> {
  const { data, progress } = options;
  if (!(await isFree(options.port))) {
    throw new CommandFailure(`port ${options.port} is taken: stop what listens there, or name another with --port`);
  }
  const equipment = await kind.equip(progress, options.clusters);
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
  const managing = progress.step('Manager', () =>
    startManager(supervisor, data, { port: options.port, issuerUrl, issuerPort: ports.issuer ?? 0, tls }),
  );
  if (kind.needsIssuer) await managing;

  const startOne = async (name: string, index: number) => {
    const cluster = await progress.step(`cluster ${name}`, (say) =>
      kind.start(equipment, {
        name,
        folder: data.file('clusters', name),
        log: data.file('logs', `${name}.log`),
        oidc: { issuerUrl, caPem: pki.caPem, audience: clusterAudience(name) },
        say,
      }),
    );
    onStop(() => cluster.stop());
    progress.line(`  ${name}: ${cluster.parts}`);
    const entry = devFileCluster(data, cluster, `zone-${index + 1}`);
    await progress.step(`Agent of ${name}`, () =>
      startAgent(supervisor, data, {
        cluster: name,
        server: cluster.server,
        caPem: cluster.caPem,
        adminKubeconfig: cluster.adminKubeconfig,
        helm: equipment.helm,
        healthPort: ports[`agent-${name}`] ?? 0,
      }),
    );
    const manager = await managing;
    if (options.register) {
      await progress.step(`registration of ${name}`, (say) => registerCluster(manager, entry, say));
    }
    return { cluster, entry };
  };
  const charts = equipment.startCharts(ports.charts ?? 0).then((repository) => {
    onStop(() => repository.stop());
    return repository;
  });
  // Beside the clusters: a password's hash takes its time on purpose.
  const accounting = managing.then((running) => ensureAccount(running, data));
  const [manager, account, { url }, clusters] = await Promise.all([
    managing,
    accounting,
    charts,
    inTurns(names, kind.atOnce, startOne),
  ]);

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
    file: devFile(kind.world, manager, { account, issuerUrl, issuerCaFile: pki.caFile }, equipment, url, entries, pids),
    clusters: clusters.map(({ cluster }) => cluster),
  };
}

/** Works on so many items at once; like `Promise.all`, it fails with the first that does, and begins no other then. */
async function inTurns<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const queue = items.entries();
  const results: R[] = [];
  let failed = false;
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      results[index] = await work(item, index).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

function devFileCluster(data: DataFolder, cluster: DevCluster, zone: string): DevFileCluster {
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
  world: DevFile['world'],
  manager: DevManager,
  signIn: { account: DevAccount; issuerUrl: string; issuerCaFile: string },
  equipment: Equipment,
  helmRepositoryUrl: string,
  clusters: DevFileCluster[],
  pids: Record<string, number>,
): DevFile {
  return {
    managerUrl: manager.url,
    token: manager.token,
    tokenFile: manager.tokenFile,
    ...signIn,
    world,
    kubectl: equipment.kubectl,
    helmRepositoryUrl,
    clusters,
    pids,
  };
}
