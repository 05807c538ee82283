import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';

export interface UpdateOptions {
  readonly type: ResourceType;
  /** Undefined for a create. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  readonly manager: string;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** Writes `after.metadata.managedFields` for a create, update or patch. */
export function trackUpdate(options: UpdateOptions): void {
  const { before, after } = options;
  if (before?.metadata.managedFields) after.metadata.managedFields = before.metadata.managedFields;
}
