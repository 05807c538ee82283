/** The types that the stand-in can render. */
import { cronTask } from '../components/cron-task.ts';
import { daemon } from '../components/daemon.ts';
import { k8sObjects } from '../components/k8s-objects.ts';
import { statefulset } from '../components/statefulset.ts';
import { task } from '../components/task.ts';
import { webservice } from '../components/webservice.ts';
import { worker } from '../components/worker.ts';
import { env } from '../traits/env.ts';
import { gateway } from '../traits/gateway.ts';
import { annotations, labels } from '../traits/metadata.ts';
import { resource } from '../traits/resource.ts';
import { scaler } from '../traits/scaler.ts';
import { storage } from '../traits/storage.ts';
import type { ComponentType, TraitType } from './definition.ts';

export const componentTypes: Readonly<Record<string, ComponentType>> = {
  webservice,
  worker,
  statefulset,
  daemon,
  task,
  'cron-task': cronTask,
  'k8s-objects': k8sObjects,
};

export const traitTypes: Readonly<Record<string, TraitType>> = {
  scaler,
  gateway,
  env,
  labels,
  annotations,
  resource,
  storage,
};
