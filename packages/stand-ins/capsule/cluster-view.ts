/** What Capsule follows of a cluster, each by an informer, and how things belong to tenants. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { type Informer, startInformer } from '@kubenova/kube/informer.ts';
import { CapsuleConfiguration, Tenant } from '@kubenova/kube/kinds/capsule.ts';
import { Namespace } from '@kubenova/kube/kinds/core.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { Resource } from '@kubenova/kube/resource.ts';
import { isTenantReference, tenantReferences } from './tenant/namespace-metadata.ts';
import { REPLICATED } from './tenant/replicas.ts';
import { CONTROLLER, label } from './vocabulary.ts';

export interface ClusterView {
  readonly synced: Promise<void>;
  configuration(): CapsuleConfiguration | undefined;
  tenants(): Tenant[];
  namespace(name: string): Namespace | undefined;
  namespacesOf(tenant: Tenant): Namespace[];
  replica(resource: Resource, namespace: string, name: string): KubeObject | undefined;
  replicasIn(resource: Resource, namespace: string): KubeObject[];
  /** Called with the names of tenants whose world has changed. */
  onTenants(handler: (name: string) => void): void;
  onConfiguration(handler: () => void): void;
}

export interface ClusterViewOptions {
  readonly configurationName: string;
  readonly signal: AbortSignal;
  onError(error: unknown): void;
}

export function startClusterView(client: KubeClient, options: ClusterViewOptions): ClusterView {
  const { configurationName, signal, onError } = options;
  const shared = { signal, onError };
  const configurations = startInformer(client, CapsuleConfiguration, {
    ...shared,
    fieldSelector: `metadata.name=${configurationName}`,
  });
  const tenants = startInformer(client, Tenant, shared);
  const namespaces = startInformer(client, Namespace, shared);
  const labelSelector = `${label.controlledBy}=${CONTROLLER}`;
  const replicas = new Map<Resource, Informer<KubeObject>>(
    REPLICATED.map((resource) => [resource, startInformer(client, resource, { ...shared, labelSelector })]),
  );
  const all = [configurations, tenants, namespaces, ...replicas.values()];
  return {
    synced: Promise.all(all.map((informer) => informer.synced)).then(() => undefined),
    configuration: () => configurations.get(undefined, configurationName),
    tenants: () => tenants.list(),
    namespace: (name) => namespaces.get(undefined, name),
    namespacesOf: ({ metadata: { uid } }) =>
      namespaces.list().filter((namespace) => tenantReferences(namespace).some((owner) => owner.uid === uid)),
    replica: (resource, namespace, name) => replicas.get(resource)?.get(namespace, name),
    replicasIn: (resource, namespace) => replicas.get(resource)?.list(namespace) ?? [],
    onTenants(handler) {
      tenants.onChange(({ object: { metadata }, previous }) => {
        // A change of the status alone is Capsule's own.
        const before = previous?.metadata;
        const news = metadata.generation !== before?.generation;
        if (news || metadata.deletionTimestamp !== before?.deletionTimestamp) handler(metadata.name);
      });
      const owned = ({ object, previous }: { object: KubeObject; previous?: KubeObject }) => {
        const owners = [object, previous].flatMap((one) => one?.metadata.ownerReferences ?? []);
        for (const name of new Set(owners.filter(isTenantReference).map((owner) => owner.name))) handler(name);
      };
      namespaces.onChange(owned);
      for (const informer of replicas.values()) informer.onChange(owned);
    },
    onConfiguration: (handler) => void configurations.onChange(handler),
  };
}
