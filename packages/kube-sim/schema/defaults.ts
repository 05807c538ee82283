import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';

/** Fills in what the API server fills in, in place. */
export function applyDefaults(_type: ResourceType, _object: KubeObject): void {}
