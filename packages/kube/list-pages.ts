/** Walks the pages of a list. Source: Kubernetes API concepts, "Retrieving large results sets in chunks". */
import type { ListOptions, ObjectList } from './client.ts';
import { KubeError } from './error.ts';
import type { KubeObject } from './object.ts';
import { apiVersionOf, collectionPath, type Resource } from './resource.ts';
import type { TransportRequest } from './transport.ts';

/** @throws KubeError `Gone` when the list expired on the way and has to start over */
export async function listPages<T extends KubeObject>(
  json: (request: TransportRequest) => Promise<unknown>,
  resource: Resource<T>,
  options: ListOptions<T>,
): Promise<ObjectList<T>> {
  const { namespace, labelSelector, fieldSelector, limit = 500, signal, transform } = options;
  const path = collectionPath(resource, namespace);
  const apiVersion = apiVersionOf(resource);
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const page = (await json({
      method: 'GET',
      path,
      query: { labelSelector, fieldSelector, limit, continue: next },
      signal,
      repeatable: true,
    })) as { metadata?: { resourceVersion?: string; continue?: string }; items?: T[] | null } | undefined;
    if (typeof page !== 'object' || page === null || page.metadata === undefined || page.items === undefined) {
      throw new KubeError('Protocol', `GET ${path}: the answer is not a Kubernetes list`);
    }
    for (const item of page.items ?? []) {
      // Lists of built-in kinds leave these out of their items.
      item.apiVersion ??= apiVersion;
      item.kind ??= resource.kind;
      items.push(transform === undefined ? item : transform(item));
    }
    next = page.metadata.continue;
    if (next === undefined || next === '') {
      return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    }
  }
}
