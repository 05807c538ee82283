import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';

export function decode(_type: ResourceType, value: KubeObject): { object: KubeObject; unknownFields: string[] } {
  return { object: value, unknownFields: [] };
}
