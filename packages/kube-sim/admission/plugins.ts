/** The admission plugins of a cluster, in the order in which the API server runs them. */
import type { Authorizer } from '../auth/authorizer.ts';
import type { Clock } from '../clock.ts';
import type { ResourceRegistry } from '../resources/resource-type.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin } from './admission.ts';

export interface AdmissionParts {
  readonly store: Store;
  readonly resources: ResourceRegistry;
  readonly clock: Clock;
  /** Asked by CEL's `authorizer`; without it policies that use it fail. */
  readonly authorizer?: Authorizer;
}

/** Every plugin's `mutate` runs before any plugin's `validate`, both in this order. */
export function createAdmission(_parts: AdmissionParts): readonly AdmissionPlugin[] {
  return [];
}
