/** What every namespace of a tenant is: in its Capsule Tenant, under Pod Security, with what the tenant's policies ask. */
import type { TenantIdentity } from './identity.ts';
import { CAPSULE_TENANT } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { podSecurityLabels } from './pod-security.ts';
import { namespaceObject } from './rbac-objects.ts';

/** What each namespace of a tenant carries beside what says whose it is. */
export interface NamespaceMetadata {
  /** In place of those that every namespace has, but for those that say whose it is. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export const PLAIN: NamespaceMetadata = { labels: {}, annotations: {} };

/** @param identity the labels that say whose the namespace is */
export function tenantNamespace(
  of: { namespace: string; tenant: TenantIdentity },
  identity: Record<string, string>,
  more: NamespaceMetadata,
): Manifest {
  const own = { ...identity, [CAPSULE_TENANT]: of.tenant.name };
  const annotations = Object.keys(more.annotations).length === 0 ? undefined : more.annotations;
  return namespaceObject(of.namespace, { ...own, ...podSecurityLabels(), ...more.labels, ...own }, annotations);
}
