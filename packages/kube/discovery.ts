/** What an API server serves. Source: Kubernetes API, `meta/v1.APIResourceList`. */
import type { KubeClient } from './client.ts';
import { isKubeError } from './error.ts';
import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

export interface ServedResource extends Resource {
  verbs: readonly string[];
  /** Of this resource, e.g. `status`, `log`, with the verbs of each. */
  subresources: Readonly<Record<string, readonly string[]>>;
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  group?: string;
  version?: string;
}

type Caller = Pick<KubeClient, 'request'>;

/**
 * The resources of one apiVersion (`v1`, `apps/v1`); empty when the server does not serve it, as before a CRD is installed.
 * @throws KubeError
 */
export async function servedResources(
  client: Caller,
  apiVersion: string,
  signal?: AbortSignal,
): Promise<ServedResource[]> {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const path =
    group === ''
      ? `/api/${encodeURIComponent(version)}`
      : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
  let entries: ApiResource[];
  try {
    entries = ((await client.request('GET', path, { signal })) as { resources?: ApiResource[] | null }).resources ?? [];
  } catch (error) {
    if (isKubeError(error, 'NotFound')) {
      return [];
    }
    throw error;
  }
  return entries
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({
      group,
      version,
      kind,
      plural: name,
      namespaced,
      verbs,
      subresources: subresourcesOf(entries, name),
    }));
}

function subresourcesOf(entries: ApiResource[], plural: string): Record<string, string[]> {
  const own = entries.filter(({ name }) => name.startsWith(`${plural}/`));
  return Object.fromEntries(own.map(({ name, verbs }) => [name.slice(plural.length + 1), verbs]));
}

/**
 * Finds the Resource of any manifest's kind by asking the server, and remembers what it found.
 * What was not found is asked for again, since its CRD may come any moment.
 */
export function createResourceFinder(
  client: Caller,
): (object: Pick<KubeObject, 'apiVersion' | 'kind'>, signal?: AbortSignal) => Promise<Resource | undefined> {
  const known = new Map<string, Resource>();
  return async ({ apiVersion, kind }, signal) => {
    const key = `${apiVersion}/${kind}`;
    if (!known.has(key)) {
      for (const resource of await servedResources(client, apiVersion, signal)) {
        known.set(`${apiVersion}/${resource.kind}`, resource);
      }
    }
    return known.get(key);
  };
}
