/** Which Application an object belongs to. Two labels say so; nothing else does. */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { appKey } from './application.ts';
import { label } from './vocabulary.ts';

/** `namespace/name` of the Application that made the object, or undefined when none did. */
export function ownerOf(object: KubeObject): string | undefined {
  const name = object.metadata.labels?.[label.appName];
  const namespace = object.metadata.labels?.[label.appNamespace];
  return name && namespace ? `${namespace}/${name}` : undefined;
}

/** Why this Application must not touch an existing object, in KubeVela's words; undefined when it may. */
export function ownershipProblem(live: KubeObject, app: KubeObject): string | undefined {
  const owner = ownerOf(live);
  const name = `${live.kind} ${live.metadata.namespace ?? ''}/${live.metadata.name}`;
  if (owner === undefined) return `${name} exists but not managed by any application now`;
  if (owner !== appKey(app)) return `existing object ${name} is managed by other application ${owner}`;
  return undefined;
}
