/**
 * A resource is what a URL of the Kubernetes API needs to know of a kind.
 * Source: Kubernetes API concepts, "Resource URIs".
 */
import type { KubeObject, ObjectRef } from './object.ts';

/** A served kind. `T` is the type of its objects, so that `client.get(Pod, …)` answers a `Pod`. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** API group, '' for core. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural as in URLs, e.g. `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: it only carries `T` for type inference. */
  readonly objectType?: T;
}

/** `v1` or `apps/v1`, as in an object's `apiVersion`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path of the collection, in one namespace or over all of them. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root =
    resource.group === ''
      ? `/api/${resource.version}`
      : `/apis/${encodeURIComponent(resource.group)}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

/**
 * The path of one object, or of one of its subresources.
 * @throws TypeError when a namespaced kind comes without a namespace, or the name is empty or a dot segment: such a URL would name the collection, and a delete would empty it.
 */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (ref.name === '' || ref.name === undefined) {
    throw new TypeError(`A ${resource.kind} needs a name.`);
  }
  if (resource.namespaced && (ref.namespace === undefined || ref.namespace === '')) {
    throw new TypeError(`${resource.kind} ${ref.name} needs a namespace.`);
  }
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** One part of a path. `.` and `..` survive encoding and would walk up the URL. */
function segment(name: string): string {
  if (name === '.' || name === '..') {
    throw new TypeError(`'${name}' is not a name.`);
  }
  return encodeURIComponent(name);
}
