import type { KubeObject } from '@kubenova/kube/object.ts';
import type { ResourceType } from '../../resources/resource-type.ts';

export interface TableOptions {
  readonly revision: string;
  readonly continue?: string;
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

export function toTable(_type: ResourceType, _entries: readonly KubeObject[], options: TableOptions): object {
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: options.revision }, rows: [] };
}
