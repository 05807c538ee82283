/**
 * Kubernetes objects as `k8s-objects` components. KubeVela checks a component as one dry run and applies its objects ten
 * at a time, so few components are fast; a component is kept small enough that one request never comes near a limit.
 * Everything lies in one Application in the end, and etcd takes at most 1.5 MiB of it, twice: the ApplicationRevision
 * repeats it, and the ResourceTracker repeats the objects.
 */
import type { Manifest } from '../manifest.ts';
import { componentName, type VelaComponent } from './component.ts';

/** How many bytes of JSON one component may have. */
export const MAX_COMPONENT_BYTES = 256_000;
/** How many bytes of JSON the components of an Application may have together. */
export const MAX_APPLICATION_BYTES = 900_000;

/** The objects in their order, split over as many components as their size needs. */
export function objectComponents(app: string, objects: readonly Manifest[]): VelaComponent[] {
  const groups: Manifest[][] = [];
  let size = 0;
  for (const object of objects) {
    const bytes = Buffer.byteLength(JSON.stringify(object));
    const current = groups.at(-1);
    if (current === undefined || size + bytes > MAX_COMPONENT_BYTES) {
      groups.push([object]);
      size = bytes;
    } else {
      current.push(object);
      size += bytes;
    }
  }
  const name = componentName(app);
  return groups.map((group, index) => ({
    name: index === 0 ? name : `${name}-${index + 1}`,
    type: 'k8s-objects',
    properties: { objects: group },
    traits: [],
  }));
}
