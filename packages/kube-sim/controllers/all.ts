/** The controllers that a cluster has: those of kube-controller-manager as far as they are here, kube-scheduler and the kubelets. */
import type { LocalClientFor } from '../api/local-client.ts';
import { machinery, serviceAccountUser, type UserInfo } from '../auth/user.ts';
import type { Controller } from './controller.ts';

export interface BuiltInControllerOptions {
  /** Kubelets write as the node that a pod is on, not as one identity. */
  readonly clientFor: LocalClientFor;
  /** From scheduled to running, ms; 0 when left out. */
  readonly podStartMs?: number;
  /** From started to succeeded, of a Job's pod, ms; 0 when left out. */
  readonly podRunMs?: number;
  /** PEM for `kube-root-ca.crt`; there are no such ConfigMaps when left out. */
  readonly rootCa?: string;
  /** Events kept in a namespace, the newest; 100 when left out. With 0 the controllers write none. */
  readonly eventsPerNamespace?: number;
}

/** Whom a controller of {@link builtInControllers} acts as. */
export function controllerUser(name: string): UserInfo {
  return name === 'kube-scheduler' ? machinery('system:kube-scheduler') : serviceAccountUser('kube-system', name);
}

export function builtInControllers(_options: BuiltInControllerOptions): Controller[] {
  return [];
}
