/**
 * What each policy of the catalogue has to let through and what it has to refuse, in every form in which a tenant could
 * ask for it. The lists say what a person of a tenant would try; `../forms.ts` turns a container and a pod into
 * everything that can carry one.
 */
import type { Attack } from './attack.ts';
import { imageAttacks } from './images.ts';
import { podAttacks } from './pods.ts';
import { serviceAttacks } from './services.ts';
import { storageAttacks } from './storage.ts';
import { workloadAttacks } from './workloads.ts';

export const attacks: readonly Attack[] = [
  ...imageAttacks,
  ...podAttacks,
  ...workloadAttacks,
  ...serviceAttacks,
  ...storageAttacks,
];
