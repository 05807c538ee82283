/** From `apiVersion` and `kind` to what a URL needs, by the server's own discovery. */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';
import type { Resource } from '@kubenova/kube/resource.ts';

/** The server serves no such kind. */
export class NoMatchError extends Error {
  override readonly name = 'NoMatchError';
}

export interface RestMapper {
  /** @throws NoMatchError; a kind that was not there is asked for again at the next call. */
  resourceFor(apiVersion: string, kind: string): Promise<Resource>;
}

interface ServedResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

export function createRestMapper(client: KubeClient): RestMapper {
  const groups = new Map<string, Promise<Map<string, Resource>>>();

  async function discover(apiVersion: string): Promise<Map<string, Resource>> {
    const [first, second] = apiVersion.split('/');
    const group = second === undefined ? '' : (first ?? '');
    const version = second ?? first ?? '';
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const found = new Map<string, Resource>();
    try {
      const list = (await client.request('GET', path)) as { resources?: ServedResource[] };
      for (const { name, kind, namespaced } of list.resources ?? []) {
        if (!name.includes('/')) found.set(kind, { group, version, kind, plural: name, namespaced });
      }
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
    return found;
  }

  function known(apiVersion: string): Promise<Map<string, Resource>> {
    const before = groups.get(apiVersion);
    if (before) return before;
    const asked = discover(apiVersion);
    groups.set(apiVersion, asked);
    asked.catch(() => groups.delete(apiVersion));
    return asked;
  }

  return {
    async resourceFor(apiVersion, kind) {
      const resource = (await known(apiVersion)).get(kind);
      if (resource) return resource;
      // It may have been installed since.
      groups.delete(apiVersion);
      const again = (await known(apiVersion)).get(kind);
      if (!again) throw new NoMatchError(`no matches for kind "${kind}" in version "${apiVersion}"`);
      return again;
    },
  };
}
