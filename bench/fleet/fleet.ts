/** Many simulated clusters and a Manager that has them all, for benchmarks of what one change comes to on each. */
import { type ChildProcess, fork } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { choosePorts } from '@kubenova/testkit/ports.ts';
import { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import { openDataFolder } from '../../packages/cli/dev/data-folder.ts';
import { startManager } from '../../packages/cli/dev/manager.ts';
import { registerCluster } from '../../packages/cli/dev/registration.ts';
import type { FleetCluster, FleetMessage } from './fleet-process.ts';

/** A Capsule Tenant of a cluster got a quota of so many pods; `at` in milliseconds since 1970, as all processes count. */
export interface Arrival {
  cluster: string;
  pods: string;
  at: number;
}

export interface Fleet {
  readonly api: KubeNovaClient;
  /** Names of the clusters. */
  readonly clusters: readonly string[];
  /** Called for every arrival from now on. */
  onArrival(listener: (arrival: Arrival) => void): void;
  stop(): Promise<void>;
}

/** Registrations side by side. */
const AT_ONCE = 8;

/** Starts so many clusters in one process and a Manager, and registers them. */
export async function startFleet(count: number, say: (detail: string) => void): Promise<Fleet> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-bench-'));
  chmodSync(folder, 0o711);
  const data = openDataFolder(folder);
  const supervisor = new Supervisor(data.file('logs'));
  const program = path.join(import.meta.dirname, 'fleet-process.ts');
  const child = fork(program, [data.file('clusters'), String(count)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const stop = async () => {
    child.disconnect();
    await supervisor.close([]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ports = await choosePorts(['manager', 'issuer'], data.file('ports.json'));
    const pki = await openPki(data.file('pki'), 'kubenova-bench');
    const manager = await startManager(supervisor, data, {
      port: ports.manager,
      issuerUrl: `https://127.0.0.1:${ports.issuer}`,
      issuerPort: ports.issuer,
      tls: await pki.server('issuer'),
    });
    const clusters = await ready(child, (started) => say(`${started} of ${count} clusters run`));
    let registered = 0;
    const queue = clusters.values();
    const register = async () => {
      for (const { name, kubeconfig, capsuleProxyUrl, capsuleProxyCaFile } of queue) {
        const entry = { name, zone: name, kubeconfig, capsuleProxyUrl, capsuleProxyCaFile };
        await registerCluster(manager, entry, () => undefined);
        registered += 1;
        if (registered % 10 === 0) say(`${registered} of ${count} clusters are registered`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, register));
    return {
      api: createClient({ managerUrl: manager.url, token: readFileSync(manager.tokenFile, 'utf8').trim() }),
      clusters: clusters.map(({ name }) => name),
      onArrival(listener) {
        child.on('message', (message: FleetMessage) => 'arrival' in message && listener(message.arrival));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ready(child: ChildProcess, onStarted: (clusters: number) => void): Promise<readonly FleetCluster[]> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FleetMessage) => {
      if ('started' in message && message.started % 10 === 0) onStarted(message.started);
      if ('ready' in message) resolve(message.ready);
    });
    child.once('exit', (code) => reject(new Error(`the simulated clusters ended with ${code}`)));
  });
}
