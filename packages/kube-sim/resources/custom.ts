import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError } from '../api/field-error.ts';
import type { ResourceType } from './resource-type.ts';

/** The served versions of what a CustomResourceDefinition defines. */
export function typesOfDefinition(_crd: KubeObject): ResourceType[] {
  return [];
}

export function validateDefinition(_crd: KubeObject): FieldError[] {
  return [];
}
