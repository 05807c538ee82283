/**
 * The controllers that a cluster has: those of kube-controller-manager as far as they are here, kube-scheduler and the
 * kubelets. There is no HorizontalPodAutoscaler controller, since nothing has a load.
 */
import type { KubeObject } from '@kubenova/kube/object.ts';
import type { LocalClientFor } from '@kubenova/kube-sim/api/local-client.ts';
import { machinery, serviceAccountUser, type UserInfo } from '@kubenova/kube-sim/auth/user.ts';
import { disruptionController, resourceQuotaController } from './budgets.ts';
import { clusterRoleAggregation } from './cluster-role-aggregation.ts';
import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job.ts';
import { daemonSetController } from './daemon-set.ts';
import { definitionsController } from './definitions.ts';
import { deploymentController } from './deployment.ts';
import { endpointController } from './endpoints.ts';
import { createEmit, eventExpiry } from './events.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job.ts';
import { kubelets } from './kubelet.ts';
import { namespaceController, rootCaPublisher, serviceAccountController } from './namespace.ts';
import { replicaSetController } from './replica-set.ts';
import { scheduler } from './scheduler.ts';
import { secretTokens } from './secret-tokens.ts';
import { statefulSetController } from './stateful-set.ts';
import { volumeBinder } from './volumes.ts';

export interface BuiltInControllerOptions {
  /** Kubelets write as the node that a pod is on, not as one identity. */
  readonly clientFor: LocalClientFor;
  /** From scheduled to running, ms; 0 when left out. */
  readonly podStartMs?: number;
  /** From running to succeeded, of the pods of Jobs and of Helm's hooks, ms; 0 when left out. */
  readonly podRunMs?: number;
  /** PEM for `kube-root-ca.crt`; there are no such ConfigMaps when left out. */
  readonly rootCa?: string;
  /** Makes the token of an account that lies in a Secret; such Secrets stay empty when left out. */
  readonly signForSecret?: (account: KubeObject, secret: string) => Promise<string>;
  /** Events kept in a namespace, the newest; 100 when left out. With 0 the controllers write none. */
  readonly eventsPerNamespace?: number;
}

/** Whom a controller of {@link builtInControllers} acts as. */
export function controllerUser(name: string): UserInfo {
  return name === 'kube-scheduler' ? machinery('system:kube-scheduler') : serviceAccountUser('kube-system', name);
}

export function builtInControllers(options: BuiltInControllerOptions): Controller[] {
  const { clientFor, podStartMs = 0, podRunMs = 0, rootCa, signForSecret, eventsPerNamespace = 100 } = options;
  const emit = (component: string) => createEmit(component, eventsPerNamespace);
  return [
    definitionsController,
    clusterRoleAggregation,
    namespaceController,
    serviceAccountController,
    ...(rootCa === undefined ? [] : [rootCaPublisher(rootCa)]),
    ...(signForSecret === undefined ? [] : [secretTokens(signForSecret, rootCa)]),
    garbageCollector,
    deploymentController(emit('deployment-controller')),
    replicaSetController(emit('replicaset-controller')),
    statefulSetController(emit('statefulset-controller')),
    daemonSetController(emit('daemonset-controller')),
    jobController(emit('job-controller')),
    cronJobController(emit('cronjob-controller')),
    scheduler(emit('default-scheduler')),
    kubelets(emit('kubelet'), clientFor, podStartMs, podRunMs),
    volumeBinder,
    endpointController,
    resourceQuotaController,
    disruptionController,
    eventExpiry(eventsPerNamespace),
  ];
}
