import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';

export type FieldPredicate = (object: KubeObject) => boolean;

export function parseFieldSelector(_type: ResourceType, _text: string): FieldPredicate {
  return () => true;
}
