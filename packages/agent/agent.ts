/**
 * The Agent as a whole: takes part in the election, and while it leads keeps three caches and runs its controllers.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { baseLabels, MANAGED_SELECTOR } from '@kubenova/domain/labels.ts';
import { AGENT_LEASE, SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import type { Controller } from '@kubenova/kube/controller/controller.ts';
import { runWithLease } from '@kubenova/kube/controller/leader-election.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import type { AgentConfig } from './config.ts';
import { applicationView } from './controllers/app/application-view.ts';
import { configMapView } from './controllers/app/config-map-view.ts';
import { createAppController } from './controllers/app/controller.ts';
import { createHeartbeatController } from './controllers/heartbeat/controller.ts';
import { createTenantController, tenantView } from './controllers/tenant/controller.ts';
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
  /** Told when the caches are filled and the controllers run, and when they stop. */
  readonly onReady?: (ready: boolean) => void;
  readonly leaseDurationMs?: number;
  readonly renewMs?: number;
}

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

/** Caches first, then controllers, so that nobody takes an empty cache for an empty cluster. */
async function lead(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const { client, config, log, metrics } = options;
  const informer = <T extends KubeObject>(
    resource: Resource<T>,
    settings: { namespace?: string; labelSelector?: string; transform: (object: T) => T },
  ): Informer<T> => startInformer(client, resource, { ...settings, signal, onError: informerFailure(log, resource) });
  const configMaps = informer(ConfigMap, {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: MANAGED_SELECTOR,
    transform: configMapView,
  });
  const applications = informer(Application, { labelSelector: MANAGED_SELECTOR, transform: applicationView });
  const namespaces = informer(Namespace, { labelSelector: MANAGED_SELECTOR, transform: namespaceView });
  const tenants = informer(Tenant, { labelSelector: MANAGED_SELECTOR, transform: tenantView });
  const resolver = createSourceResolver({ ...config, client, now: Date.now });
  const memory = new Map();
  const helm = helmVersion(config.helm);
  const heartbeat = createHeartbeatController({
    client,
    version: AGENT_VERSION,
    started: new Date(),
    helmVersion: () => helm,
    metrics,
    log,
  });
  const running: Controller[] = [heartbeat];
  heartbeat.start();
  // A cluster without Capsule must not keep its Apps waiting, nor one without KubeVela its tenants.
  const start = async (informers: Informer<never>[], create: () => Controller, onStarted: () => void) => {
    const filled = await Promise.all(informers.map(({ synced }) => synced)).then(
      () => true,
      () => false,
    );
    if (!filled || signal.aborted) return;
    const controller = create();
    running.push(controller);
    controller.start();
    onStarted();
  };
  const started = Promise.all([
    start(
      [configMaps, applications, namespaces] as unknown as Informer<never>[],
      () => {
        const context = {
          client,
          configMaps,
          applications,
          namespaces,
          resolver,
          memory,
          metrics,
          log,
          now: () => new Date(),
          random: Math.random,
        };
        return createAppController(context);
      },
      () => options.onReady?.(true),
    ),
    start(
      [configMaps, tenants] as unknown as Informer<never>[],
      () => createTenantController({ client, configMaps, tenants, metrics, log }),
      () => undefined,
    ),
  ]);
  const counting = configMaps.onChange(() =>
    metrics.apps.set(configMaps.list().filter(({ metadata }) => metadata.name.startsWith('app-')).length),
  );
  await aborted(signal);
  await started;
  counting();
  options.onReady?.(false);
  await Promise.all(running.map((controller) => controller.stop()));
  for (const { stop } of [configMaps, applications, namespaces, tenants]) stop();
  await resolver.close();
}

function namespaceView(namespace: Namespace): Namespace {
  const { name, uid, resourceVersion, labels, deletionTimestamp } = namespace.metadata;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid, resourceVersion, labels, deletionTimestamp } };
}

/** The first failure of a kind is told, then one in ten: a server that is away would fill the log. */
function informerFailure(log: Logger, resource: Resource<never> | Resource): (error: unknown) => void {
  let count = 0;
  return (error) => {
    count += 1;
    const message = error instanceof Error ? error.message : String(error);
    const entry = { kind: resource.kind, reason: isKubeError(error) ? error.reason : 'Unknown', count };
    if (count % 10 === 1) log.warn(entry, message);
    else log.debug(entry, message);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
