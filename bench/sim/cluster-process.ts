/**
 * Simulated clusters in a process of their own, so that what they cost can be told from what measuring costs. It speaks
 * with its parent: `{"fill": n}` puts n app namespaces into each cluster, `{"usage": true}` asks what it took so far.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SimCluster, startSimCluster } from '@kubenova/kube-sim/cluster.ts';
import { kubernetesMachinery } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { openPki } from '@kubenova/testkit/pki.ts';
import { fillCluster } from './app-namespaces.ts';

export interface Ready {
  readonly servers: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Usage {
  /** Of user and system, since the process began. */
  readonly cpuMs: number;
  readonly residentMegabytes: number;
  /** In all clusters. */
  readonly objects: number;
}

type Order = { readonly fill: number } | { readonly usage: true } | { readonly stop: true };

const count = Number(process.argv[2] ?? 1);
const folder = mkdtempSync(path.join(tmpdir(), 'kubenova-bench-sim-'));
const pki = await openPki(folder, 'kubenova-bench');
const { cert, key } = await pki.server('kube-apiserver');
const admin = await pki.issue('admin', { commonName: 'bench', organizations: ['system:masters'], uses: ['client'] });
const clusters: SimCluster[] = [];
for (let index = 1; index <= count; index += 1) {
  const name = `zone-${index}`;
  // A world that has been left alone for an hour has no events.
  const machinery = kubernetesMachinery({ eventsPerNamespace: 0 });
  clusters.push(
    await startSimCluster({ name, tls: { cert, key, caPem: pki.caPem }, clientCaPem: pki.caPem, machinery }),
  );
}
rmSync(folder, { recursive: true, force: true });

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const objects = clusters.flatMap(({ store }) => store.storages().map((storage) => store.count(storage)));
  return {
    cpuMs: (user + system) / 1000,
    residentMegabytes: process.memoryUsage.rss() / 1e6,
    objects: objects.reduce((sum, each) => sum + each, 0),
  };
}

process.on('message', async (order: Order) => {
  if ('stop' in order) process.exit(0);
  if ('fill' in order) {
    for (const [index, cluster] of clusters.entries()) {
      await fillCluster(cluster, order.fill);
      process.send?.({ filled: index + 1 });
    }
  }
  process.send?.(usage());
});
process.on('disconnect', () => process.exit(0));
const ready: Ready = { servers: clusters.map(({ server }) => server), ca: pki.caPem, cert: admin.cert, key: admin.key };
process.send?.(ready);
