/** The caches that an Agent works from, each holding no more than what its controllers look at. */
import { MANAGED_SELECTOR } from '@kubenova/domain/labels.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import { type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';
import { Application } from '@kubenova/kube/kinds/vela.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { applicationView } from './controllers/app/application-view.ts';
import { configMapView } from './controllers/app/config-map-view.ts';
import { tenantView } from './controllers/tenant/controller.ts';
import type { Logger } from './log.ts';

export interface Caches {
  /** Desired state, in the system namespace. */
  readonly configMaps: Informer<ConfigMap>;
  /** All Applications of KubeNova, with their specs in outline. */
  readonly applications: Informer<Application>;
  readonly namespaces: Informer<Namespace>;
  readonly tenants: Informer<Tenant>;
}

/** Begins to fill the caches; the signal ends them. */
export function startCaches(client: Pick<KubeClient, 'list' | 'watch'>, log: Logger, signal: AbortSignal): Caches {
  const cache = <T extends KubeObject>(resource: Resource<T>, transform: (object: T) => T, namespace?: string) =>
    startInformer(client, resource, {
      namespace,
      labelSelector: MANAGED_SELECTOR,
      transform,
      signal,
      onError: logSparsely(log, resource.kind),
    });
  return {
    configMaps: cache(ConfigMap, configMapView, SYSTEM_NAMESPACE),
    applications: cache(Application, applicationView),
    namespaces: cache(Namespace, namespaceView),
    tenants: cache(Tenant, tenantView),
  };
}

/** Resolves to true when all are filled, and to false when they were stopped before. */
export async function filled(...informers: { synced: Promise<void> }[]): Promise<boolean> {
  return await Promise.all(informers.map(({ synced }) => synced)).then(
    () => true,
    () => false,
  );
}

function namespaceView(namespace: Namespace): Namespace {
  const { name, uid, resourceVersion, labels, deletionTimestamp } = namespace.metadata;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid, resourceVersion, labels, deletionTimestamp } };
}

/** The first failure of a kind is told, then one in ten: a server that is away would fill the log. */
function logSparsely(log: Logger, kind: string): (error: unknown) => void {
  let count = 0;
  return (error) => {
    count += 1;
    const message = error instanceof Error ? error.message : String(error);
    const entry = { kind, reason: isKubeError(error) ? error.reason : 'Unknown', count };
    if (count % 10 === 1) log.warn(entry, message);
    else log.debug(entry, message);
  };
}
