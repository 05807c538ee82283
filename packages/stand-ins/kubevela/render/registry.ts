/** The types that the stand-in can render. */
import { k8sObjects } from '../components/k8s-objects.ts';
import { webservice } from '../components/webservice.ts';
import { worker } from '../components/worker.ts';
import { gateway } from '../traits/gateway.ts';
import { scaler } from '../traits/scaler.ts';
import type { ComponentType, TraitType } from './definition.ts';

export const componentTypes: Readonly<Record<string, ComponentType>> = {
  webservice,
  worker,
  'k8s-objects': k8sObjects,
};

export const traitTypes: Readonly<Record<string, TraitType>> = { scaler, gateway };
