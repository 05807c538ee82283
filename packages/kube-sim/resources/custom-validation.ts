import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ResourceType } from './resource-type.ts';

export function validateCustom(_type: ResourceType, _object: KubeObject, _old: KubeObject | undefined): FieldError[] {
  return [];
}
