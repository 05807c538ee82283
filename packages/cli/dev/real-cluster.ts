import { availableParallelism } from 'node:os';
import type { Binaries } from '../../../e2e/real/build.ts';
import { startChartRepository } from '../../../e2e/real/chart-repository.ts';
import type { AuditLevel } from '../../../e2e/real/stack/audit.ts';
import { type RealCluster, startRealCluster } from '../../../e2e/real/stack/cluster.ts';
import { trueProgramsOf } from '../../../e2e/real/stack/component-programs.ts';
import { CommandFailure } from '../output/failure.ts';
import { prepareRealBinaries } from './real-binaries.ts';
import type { ClusterKind, DevCluster, Equipment } from './world.ts';

/** A real control plane of a world. */
export type RealDevCluster = RealCluster & DevCluster;

interface RealEquipment extends Equipment {
  readonly binaries: Binaries;
}

/**
 * Real control planes, built from their Go modules.
 *
 * @param audit what the clusters' audit logs record; nothing unless said otherwise
 */
export function realClusters(audit: AuditLevel = 'off'): ClusterKind<RealDevCluster, RealEquipment> {
  return {
    world: 'real',
    // An API server that cannot reach its issuer when it starts tries again only after ten seconds.
    needsIssuer: true,
    // Six programs of a cluster start at once, each of them on more than one core if it gets them.
    atOnce: availableParallelism(),
    async equip(progress, clusters): Promise<RealEquipment> {
      requireRoomForProxies(clusters);
      const binaries = await prepareRealBinaries(progress);
      const { helm, kubectl, podinfoCharts } = binaries;
      const charts = [podinfoCharts.current, podinfoCharts.older];
      return { binaries, kubectl, helm, startCharts: (port) => startChartRepository({ helm, charts, port }) };
    },
    async start({ binaries }, { name, folder, oidc, say }) {
      const cluster = await startRealCluster({ name, dataDir: folder, binaries, oidc, audit, onProgress: say });
      if (cluster.capsuleProxy === undefined) throw new Error(`${name} was started without capsule-proxy`);
      const { capsule, capsuleProxy, kubevela } = cluster.components;
      const parts = `Kubernetes true, Capsule ${capsule}, capsule-proxy ${capsuleProxy}, KubeVela ${kubevela}`;
      return Object.assign(cluster, { capsuleProxy: cluster.capsuleProxy, parts });
    },
  };
}

/** The true capsule-proxy listens on port 8081 for its health, on every interface, and has no setting for it. */
function requireRoomForProxies(clusters: number): void {
  let proxy: string | undefined;
  try {
    proxy = trueProgramsOf().capsuleProxyBin;
  } catch (error) {
    throw new CommandFailure((error as Error).message);
  }
  if (proxy === undefined || clusters === 1) return;
  throw new CommandFailure(
    `KUBENOVA_CAPSULE_PROXY_BIN names the true capsule-proxy, which always listens on port 8081: only one cluster a machine can have it, not ${clusters}. Use --clusters 1, or unset the variable: then each cluster has the stand-in.`,
  );
}
