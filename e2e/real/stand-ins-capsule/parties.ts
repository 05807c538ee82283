/** Who speaks with Capsule, and the objects that most of the list is about. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { KubeError } from '@kubenova/kube/error.ts';
import type { Tenant } from '@kubenova/kube/kinds/capsule.ts';
import type { ConfigMap, Namespace } from '@kubenova/kube/kinds/core.ts';

export interface CapsuleParties {
  /** May impersonate everybody. */
  readonly admin: KubeClient;
  /** Among Capsule's administrators. */
  readonly manager: KubeClient;
  /** A person of the tenant `acme`, and the same with every right that RBAC can give. */
  readonly member: KubeClient;
  readonly mighty: KubeClient;
  tenantStatus(name: string): Promise<Tenant['status']>;
  /** Gives up as soon as something that the cluster is made of has ended. */
  eventually(what: string, look: () => Promise<unknown>): Promise<unknown>;
}

export const TENANT = 'capsule.clastix.io/tenant';
export const NODE_SELECTOR = 'scheduler.alpha.kubernetes.io/node-selector';
export const MASTERS = 'system:masters';

export function namespace(name: string, tenant?: string): Namespace {
  const labels: Record<string, string> = tenant === undefined ? {} : { [TENANT]: tenant };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function tenant(name: string, spec: object = {}): Tenant {
  const apiVersion = 'capsule.clastix.io/v1beta2';
  return { apiVersion, kind: 'Tenant', metadata: { name }, spec: { forceTenantPrefix: false, ...spec } };
}

export function configMap(namespace: string, name: string, metadata: Partial<ConfigMap['metadata']> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...metadata } };
}

export function readiness(status: Tenant['status']) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** In the words of whoever refused; undefined when nobody did. */
export async function refusal(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof KubeError && error.message.includes('denied the request')) {
      return error.message.slice(error.message.indexOf('denied the request: ') + 'denied the request: '.length);
    }
    throw error;
  }
}
