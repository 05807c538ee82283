/**
 * Everything that works on clusters, wired up: queue, workers, connections, watches. Any number of replicas may run it
 * on one database; a key runs on one of them at a time.
 */
import type { TokenIssuer } from '../clusters/issuer-probe.ts';
import { createClusterRegistry } from '../clusters/registry.ts';
import { watchCluster } from '../clusters/watcher.ts';
import type { Store } from '../store/connect.ts';
import { listClusterRefs } from '../store/status/clusters.ts';
import { reconcileApp } from './app.ts';
import { reconcileCluster, type ThoroughLooks } from './cluster.ts';
import type { ReconcileContext, Sealing } from './context.ts';
import { errorText } from './error-text.ts';
import { gatherHints } from './hints.ts';
import { parseReconcileKey, type ReconcileKey } from './key.ts';
import { reconcilePlacement } from './placement.ts';
import { enqueue, enqueueCluster, enqueueExpired } from './queue.ts';
import { reconcileSandbox } from './sandbox.ts';
import { sampleUsage } from './usage.ts';
import { type QueueLog, type RunResult, startQueue } from './worker.ts';

export interface ReconcilingParts {
  services: { sealer: Sealing; issuer?: TokenIssuer };
  store: Pick<Store, 'db' | 'pool'>;
  logger: QueueLog;
  now?: () => Date;
}

export interface Reconciling {
  /** Lets what runs come to an end, for at most `graceMs`, and closes every connection to a cluster. */
  stop(graceMs?: number): Promise<void>;
}

/** How often the connections are held against the rows; a cluster that another replica registered is then watched too. */
const SYNC_MS = 15_000;

/** How often sandboxes are looked for whose end has passed unnoticed, and how many are taken up each time. */
const EXPIRED_EVERY_MS = 5_000;
const EXPIRED_AT_ONCE = 200;

export async function startReconciling({ services, store, logger, now }: ReconcilingParts): Promise<Reconciling> {
  const { db, pool } = store;
  const complain = (what: string) => (error: unknown) => logger.warn({ error: errorText(error) }, what);
  const hints = gatherHints(db, complain('hints were lost; the next full scan makes up for them'));
  const clusters = createClusterRegistry({
    db,
    sealing: services.sealer,
    onOpen: (cluster, kube) =>
      watchCluster(
        kube,
        (hint, options) => hints.add(cluster.id, hint, options),
        (error) => logger.debug({ cluster: cluster.name, error: errorText(error) }, 'a watch failed and is resumed'),
      ),
    onLost: ({ id }) => {
      enqueue(db, `cluster:${id}`, { preserveRunAt: true }).catch(complain('a key was not enqueued'));
    },
    onBack: ({ id, name }) => {
      logger.debug({ cluster: name }, 'the cluster answers again');
      enqueueCluster(db, id).catch(complain('keys were not enqueued; the next full scan makes up for it'));
    },
  });
  const looks: ThoroughLooks = new Map();
  const context: ReconcileContext = {
    db,
    clusters,
    sealing: services.sealer,
    ...(services.issuer === undefined ? {} : { issuer: services.issuer }),
    log: logger,
    repairs: new Map(),
    now: now ?? (() => new Date()),
    suspect(clusterId) {
      looks.delete(clusterId);
      enqueue(db, `cluster:${clusterId}`, { preserveRunAt: true }).catch(complain('a key was not enqueued'));
    },
  };

  async function reconcile(key: ReconcileKey, signal: AbortSignal): Promise<RunResult> {
    const parsed = parseReconcileKey(key);
    switch (parsed?.kind) {
      case 'cluster':
        return reconcileCluster(context, parsed.id, signal, looks);
      case 'placement':
        return reconcilePlacement(context, parsed.id, signal);
      case 'app':
        return reconcileApp(context, parsed.id, signal);
      case 'sandbox':
        return reconcileSandbox(context, parsed.id, signal);
      case 'usage':
        return sampleUsage(context, parsed.id, signal);
      case undefined:
        return 'gone';
    }
  }

  const queue = await startQueue({ pool, reconcile, log: logger });
  const sync = () => clusters.sync().catch(complain('clusters could not be read'));
  await sync();
  for (const { id } of await listClusterRefs(db)) await enqueue(db, `cluster:${id}`, { preserveRunAt: true });
  const syncing = setInterval(sync, SYNC_MS);
  const expiring = setInterval(
    () => void enqueueExpired(db, EXPIRED_AT_ONCE).catch(complain('expired sandboxes were not enqueued')),
    EXPIRED_EVERY_MS,
  );

  return {
    async stop(graceMs) {
      clearInterval(syncing);
      clearInterval(expiring);
      await queue.stop(graceMs);
      await clusters.close();
      await hints.close();
    },
  };
}
