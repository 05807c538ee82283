import type { KubeObject } from '@kubenova/kube/object.ts';
import type { FieldError } from '../api/field-error.ts';

export function validateDefinition(_crd: KubeObject): FieldError[] {
  return [];
}
