/** The controller itself: what wakes it, and how it is started and stopped. */
import { createKubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection } from '@kubenova/kube/connection.ts';
import { createController } from '@kubenova/kube/controller/controller.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '@kubenova/kube/kinds/extension.ts';
import { startWebhookServer } from './admission/server.ts';
import { mutatingWebhooks, validatingWebhooks } from './admission/webhook-configurations.ts';
import { startClusterView } from './cluster-view.ts';
import { reconcileConfiguration } from './configuration.ts';
import { createTenantReconciler } from './tenant/reconcile.ts';

export interface CapsuleOptions {
  /** Speaks as `system:serviceaccount:capsule-system:capsule`, which may do everything. */
  readonly connection: KubeConnection;
  /** Where the webhooks listen. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM texts of the webhooks' server, and of who signed its certificate. */
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  /** Name of the CapsuleConfiguration; `default` unless said otherwise. */
  readonly configurationName?: string;
  readonly now?: () => Date;
  /** Told of what failed; it is tried again in any case. */
  readonly onError?: (where: string, error: unknown) => void;
}

export interface Capsule {
  /** Of the webhooks. */
  readonly port: number;
  /** Ends it; the webhooks stay registered, as those of the true one do. */
  close(): Promise<void>;
}

/** Many tenants change at once when a cluster starts, and each has some requests to make. */
const CONCURRENCY = 4;

/**
 * Starts it on a cluster that has the kinds of `manifests/`, and resolves when its webhooks stand before the namespaces.
 * @throws KubeError when the webhooks cannot be registered
 */
export async function startCapsule(options: CapsuleOptions): Promise<Capsule> {
  const {
    connection,
    host,
    configurationName = 'default',
    now = () => new Date(),
    onError = () => undefined,
  } = options;
  const abort = new AbortController();
  const client = createKubeClient(connection, { userAgent: 'kubenova-capsule-stand-in', maxConnections: 16 });
  const report = (where: string, error: unknown) => {
    if (!abort.signal.aborted) onError(where, error);
  };
  const view = startClusterView(client, {
    configurationName,
    signal: abort.signal,
    onError: (error) => report('informer', error),
  });
  const tenants = createController({
    name: 'tenant',
    concurrency: CONCURRENCY,
    reconcile: createTenantReconciler({ client, view, now }),
    onError: report,
  });
  const configuration = createController({
    name: 'configuration',
    concurrency: 1,
    reconcile: async (name) => void (await reconcileConfiguration(client, name, now)),
    onError: report,
  });
  const stop = async () => {
    abort.abort();
    await Promise.all([tenants.stop(), configuration.stop()]);
  };
  try {
    await view.synced;
    const server = await startWebhookServer({
      ...options,
      onError: (error) => report('webhook', error),
      facts: {
        configuration: view.configuration,
        findTenant: (name) => client.find(Tenant, { name }),
        namespace: view.namespace,
      },
    });
    const at = { url: `https://${host}:${server.port}`, ca: options.ca };
    try {
      await reconcileConfiguration(client, configurationName, now);
      const force = { fieldManager: 'capsule', force: true };
      await client.apply(MutatingWebhookConfiguration, mutatingWebhooks(at), force);
      await client.apply(ValidatingWebhookConfiguration, validatingWebhooks(at), force);
    } catch (error) {
      await server.close();
      throw error;
    }
    view.onTenants((name) => tenants.enqueue(name));
    view.onConfiguration(() => {
      configuration.enqueue(configurationName);
      for (const { metadata } of view.tenants()) tenants.enqueue(metadata.name);
    });
    tenants.start();
    configuration.start();
    return {
      port: server.port,
      async close() {
        await stop();
        await server.close();
        await client.close();
      },
    };
  } catch (error) {
    await stop();
    await client.close();
    throw error;
  }
}
