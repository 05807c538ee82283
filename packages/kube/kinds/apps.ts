/** Kinds of `apps/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';
import type { Condition, LabelSelector } from './meta.ts';
import type { PodTemplateSpec } from './pod.ts';

export interface Deployment extends KubeObject {
  spec?: {
    replicas?: number;
    selector: LabelSelector;
    template: PodTemplateSpec;
    strategy?: { type?: 'RollingUpdate' | 'Recreate'; rollingUpdate?: Record<string, number | string> };
    paused?: boolean;
    progressDeadlineSeconds?: number;
    revisionHistoryLimit?: number;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: Condition[];
  };
}
export const Deployment: Resource<Deployment> = namespaced('apps', 'v1', 'Deployment', 'deployments');

export interface StatefulSet extends KubeObject {
  spec?: {
    replicas?: number;
    serviceName?: string;
    selector: LabelSelector;
    template: PodTemplateSpec;
    volumeClaimTemplates?: Record<string, unknown>[];
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    conditions?: Condition[];
  };
}
export const StatefulSet: Resource<StatefulSet> = namespaced('apps', 'v1', 'StatefulSet', 'statefulsets');

export interface DaemonSet extends KubeObject {
  spec?: { selector: LabelSelector; template: PodTemplateSpec };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled?: number;
    currentNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberReady?: number;
    numberAvailable?: number;
    numberUnavailable?: number;
    conditions?: Condition[];
  };
}
export const DaemonSet: Resource<DaemonSet> = namespaced('apps', 'v1', 'DaemonSet', 'daemonsets');

export interface ReplicaSet extends KubeObject {
  spec?: { replicas?: number; selector: LabelSelector; template?: PodTemplateSpec };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}
export const ReplicaSet: Resource<ReplicaSet> = namespaced('apps', 'v1', 'ReplicaSet', 'replicasets');

export interface ControllerRevision extends KubeObject {
  revision: number;
  data?: unknown;
}
export const ControllerRevision: Resource<ControllerRevision> = namespaced(
  'apps',
  'v1',
  'ControllerRevision',
  'controllerrevisions',
);
