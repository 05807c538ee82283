/**
 * Reads a list of any length in constant memory: each page is folded into a value and dropped. A list that expires on the
 * way starts over, and so does the value, so that nothing is counted twice.
 */
import type { KubeClient } from './client.ts';
import { isKubeError, KubeError } from './error.ts';
import { collectionPath, type Resource } from './resource.ts';

export interface FoldOptions {
  /** E.g. `status.phase!=Succeeded`. */
  fieldSelector?: string;
  /** Only the metadata of the objects, for kinds whose content is large and of no interest. */
  metadataOnly?: boolean;
  /** Objects a page; 500 by default. A server may answer more, or all of them. */
  limit?: number;
  signal: AbortSignal;
}

const RESTARTS = 3;
/** Kubernetes API concepts, "Alternate representations of resources"; a server that has only the whole object sends that. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/**
 * @param start makes the value to begin with
 * @param add takes an object, as it came, into the value
 * @throws KubeError
 */
export async function foldPages<Value>(
  kube: Pick<KubeClient, 'request'>,
  resource: Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced' | 'kind'>,
  options: FoldOptions,
  start: () => Value,
  add: (value: Value, object: unknown) => void,
): Promise<Value> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await foldOnce(kube, resource, options, start(), add);
    } catch (error) {
      if (!isKubeError(error, 'Gone') || restarts === RESTARTS) throw error;
    }
  }
}

async function foldOnce<Value>(
  kube: Pick<KubeClient, 'request'>,
  resource: Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced' | 'kind'>,
  { fieldSelector, metadataOnly = false, limit = 500, signal }: FoldOptions,
  value: Value,
  add: (value: Value, object: unknown) => void,
): Promise<Value> {
  const path = collectionPath(resource, undefined);
  let next: string | undefined;
  do {
    const page = (await kube.request('GET', path, {
      query: { fieldSelector, limit, continue: next },
      ...(metadataOnly ? { headers: { accept: METADATA_ONLY } } : {}),
      signal,
    })) as { metadata?: { continue?: string }; items?: unknown[] | null } | undefined;
    if (typeof page !== 'object' || page === null || page.items === undefined) {
      throw new KubeError('Protocol', `GET ${path}: the answer is not a Kubernetes list`);
    }
    for (const object of page.items ?? []) add(value, object);
    next = page.metadata?.continue;
  } while (next !== undefined && next !== '');
  return value;
}
