/**
 * The Agent as a whole: takes part in the election, and while it leads keeps its caches and runs its controllers.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { baseLabels } from '@kubenova/domain/labels.ts';
import { AGENT_LEASE, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { Controller } from '@kubenova/kube/controller/controller.ts';
import { runWithLease } from '@kubenova/kube/controller/leader-election.ts';
import { type Caches, filled, startCaches } from './caches.ts';
import type { AgentConfig } from './config.ts';
import type { AppMemory } from './controllers/app/app-memory.ts';
import { createAppController } from './controllers/app/controller.ts';
import { createHeartbeatController } from './controllers/heartbeat/controller.ts';
import { createTenantController } from './controllers/tenant/controller.ts';
import { helmVersion } from './helm-version.ts';
import type { Logger } from './log.ts';
import type { AgentMetrics } from './metrics.ts';
import { createSourceResolver } from './resolve/resolve-source.ts';
import { AGENT_VERSION } from './version.ts';

export interface AgentOptions {
  readonly client: KubeClient;
  readonly config: Pick<AgentConfig, 'helm' | 'cacheFolder' | 'addressPolicy'>;
  readonly log: Logger;
  readonly metrics: AgentMetrics;
  /** Ends the Agent. */
  readonly signal: AbortSignal;
  /** Told when this Agent begins to lead, and when it ends. */
  readonly onLeading?: (leading: boolean) => void;
  /** Told when the caches are filled and Apps are looked after, and when that ends. */
  readonly onReady?: (ready: boolean) => void;
  readonly leaseDurationMs?: number;
  readonly renewMs?: number;
}

/** How long the Apps wait for KubeVela's kinds to be served before they are told that these are missing. */
const PATIENCE_MS = 5_000;

/** Runs the Agent until the signal aborts; resolves when everything has stopped and the Lease is released. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { client, log, metrics, signal } = options;
  const identity = `${hostname()}-${randomUUID().slice(0, 8)}`;
  let leading: Promise<void> | undefined;
  await runWithLease(client, {
    namespace: SYSTEM_NAMESPACE,
    name: AGENT_LEASE,
    identity,
    leaseDurationMs: options.leaseDurationMs,
    renewMs: options.renewMs,
    labels: baseLabels(),
    signal,
    onStarted: (leadership) => {
      log.info({ identity }, 'leads');
      metrics.leader.set(1);
      options.onLeading?.(true);
      leading = lead(options, leadership);
      return leading;
    },
    onStopped: async () => {
      await leading;
      metrics.leader.set(0);
      options.onLeading?.(false);
      log.info({ identity }, 'leads no longer');
    },
    onError: (error) => log.warn({ err: error }, 'the Lease could not be renewed'),
  });
}

/** Looks after the cluster until the signal aborts, and ends only when nothing of it runs any more. */
async function lead(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { client, config, log, metrics } = options;
  const resolver = createSourceResolver({ ...config, client, now: Date.now });
  const caches = startCaches(client, log, signal);
  const helm = helmVersion(config.helm);
  const controllers: Controller[] = [];
  const start = (controller: Controller) => {
    controllers.push(controller);
    controller.start();
  };
  start(
    createHeartbeatController({
      client,
      version: AGENT_VERSION,
      started: new Date(),
      helmVersion: () => helm,
      metrics,
      log,
    }),
  );
  // A cluster without Capsule must not keep its Apps waiting, nor one without KubeVela its tenants.
  const starting = Promise.all([
    startApps(options, caches, resolver, start, signal),
    filled(caches.configMaps, caches.tenants).then((ok) => {
      if (ok && !signal.aborted)
        start(createTenantController({ client, ...caches, memory: new Map(), now: () => new Date(), metrics, log }));
    }),
  ]);
  await aborted(signal);
  await starting;
  options.onReady?.(false);
  await Promise.all(controllers.map((controller) => controller.stop()));
  await resolver.close();
}

/** Caches first, then the controller, so that nobody takes an empty cache for an empty cluster. */
async function startApps(
  options: AgentOptions,
  caches: Caches,
  resolver: ReturnType<typeof createSourceResolver>,
  start: (controller: Controller) => void,
  signal: AbortSignal,
): Promise<void> {
  const { client, log, metrics } = options;
  const { configMaps, applications, namespaces } = caches;
  let served = false;
  const applicationsFilled = filled(applications).then((ok) => {
    served = ok;
  });
  if (!(await filled(configMaps, namespaces))) return;
  await Promise.race([applicationsFilled, sleep(PATIENCE_MS, undefined, { signal }).catch(() => undefined)]);
  if (signal.aborted) return;
  configMaps.onChange(() =>
    metrics.apps.set(configMaps.list().filter(({ metadata }) => metadata.name.startsWith('app-')).length),
  );
  start(
    createAppController({
      client,
      configMaps,
      applications,
      namespaces,
      servesApplications: () => served,
      resolver,
      memory: new Map<string, AppMemory>(),
      metrics,
      log,
      now: () => new Date(),
      random: Math.random,
    }),
  );
  options.onReady?.(true);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
