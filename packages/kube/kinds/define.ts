import type { KubeObject } from '../object.ts';
import type { Resource } from '../resource.ts';

/** Makes the Resource of a namespaced kind. */
export function namespaced<T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  plural: string,
): Resource<T> {
  return { group, version, kind, plural, namespaced: true };
}

/** Makes the Resource of a cluster-scoped kind. */
export function clusterScoped<T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  plural: string,
): Resource<T> {
  return { group, version, kind, plural, namespaced: false };
}
