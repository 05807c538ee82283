/** Kinds of `metrics.k8s.io/v1beta1`, which metrics-server and its like serve. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';

/** What the containers of a pod used in the window before `timestamp`. */
export interface PodMetrics extends KubeObject {
  timestamp?: string;
  window?: string;
  containers?: { name: string; usage: Record<string, string> }[];
}
export const PodMetrics: Resource<PodMetrics> = namespaced('metrics.k8s.io', 'v1beta1', 'PodMetrics', 'pods');
