import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { ResourceType } from '../resource-type.ts';

export function validateCreate(_type: ResourceType, _object: KubeObject): FieldError[] {
  return [];
}

export function validateUpdate(
  _type: ResourceType,
  _object: KubeObject,
  _old: KubeObject,
  _subresource: string | undefined,
): FieldError[] {
  return [];
}

/** What the API server says in `Warning` headers although it takes the object. */
export function warningsOf(_type: ResourceType, _object: KubeObject): string[] {
  return [];
}
