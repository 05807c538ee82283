/** Kinds of `batch/v1`. */
import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';
import { namespaced } from './define.ts';
import type { Condition, LabelSelector } from './meta.ts';
import type { PodTemplateSpec } from './pod.ts';

export interface JobSpec {
  parallelism?: number;
  completions?: number;
  backoffLimit?: number;
  ttlSecondsAfterFinished?: number;
  suspend?: boolean;
  selector?: LabelSelector;
  template: PodTemplateSpec;
}

export interface Job extends KubeObject {
  spec?: JobSpec;
  status?: {
    active?: number;
    succeeded?: number;
    failed?: number;
    startTime?: string;
    completionTime?: string;
    conditions?: Condition[];
  };
}
export const Job: Resource<Job> = namespaced('batch', 'v1', 'Job', 'jobs');

export interface CronJob extends KubeObject {
  spec?: { schedule: string; suspend?: boolean; timeZone?: string; jobTemplate: { spec: JobSpec } };
  status?: { active?: unknown[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
}
export const CronJob: Resource<CronJob> = namespaced('batch', 'v1', 'CronJob', 'cronjobs');
