/** What a tenant's namespaces carry. Pure. */
import type { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { KubeObject, OwnerReference } from '@kubenova/kube/object.ts';
import { API_VERSION, GROUP, label, NODE_SELECTOR_ANNOTATION } from '../vocabulary.ts';

export interface ManagedMetadata {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** What the tenant's spec says of its namespaces, besides whose they are. */
export function managedMetadata({ spec = {} }: Tenant): ManagedMetadata {
  const { nodeSelector } = spec;
  const selector = Object.entries(nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    labels: spec.cordoned ? { [label.cordoned]: 'true' } : {},
    annotations: nodeSelector ? { [NODE_SELECTOR_ANNOTATION]: selector.sort().join(',') } : {},
  };
}

export function tenantReference({ metadata }: Tenant): OwnerReference {
  return { apiVersion: API_VERSION, kind: 'Tenant', name: metadata.name, uid: metadata.uid ?? '' };
}

export const isTenantReference = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === 'Tenant' && apiVersion.split('/')[0] === GROUP;

export const tenantReferences = ({ metadata }: KubeObject): OwnerReference[] =>
  (metadata.ownerReferences ?? []).filter(isTenantReference);

export const tenantLabel = ({ metadata }: KubeObject): string => metadata.labels?.[label.tenant] ?? '';

/** Whether a namespace says in any way that it is a tenant's. */
export const namesTenant = (namespace: KubeObject): boolean =>
  tenantLabel(namespace) !== '' || tenantReferences(namespace).length > 0;
