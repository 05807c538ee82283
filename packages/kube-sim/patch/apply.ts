import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { applyMergePatch } from './merge-patch.ts';

export interface ApplyOptions {
  readonly type: ResourceType;
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** Server-side apply; neither object that comes in is changed. */
export function serverSideApply({ live, applied }: ApplyOptions): KubeObject {
  return applyMergePatch(live ?? {}, applied) as KubeObject;
}
