/**
 * The namespaced kinds whose lists over all namespaces are narrowed: those with get, list and watch, in the version that
 * the server prefers. Asked once at the start, as capsule-proxy does: what is installed later is passed on as it is.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';
import { isKubeError } from '@kubenova/kube/error.ts';

interface ServedResource {
  name: string;
  namespaced: boolean;
  verbs: string[];
}

export type NamespacedKinds = ReadonlySet<string>;

export function kindKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

export async function discoverNamespacedKinds(client: KubeClient): Promise<NamespacedKinds> {
  const groups = (await client.request('GET', '/apis')) as {
    groups?: { name: string; preferredVersion: { version: string } }[];
  };
  const served = [
    { group: '', version: 'v1', path: '/api/v1' },
    ...(groups.groups ?? []).map(({ name, preferredVersion: { version } }) => ({
      group: name,
      version,
      path: `/apis/${name}/${version}`,
    })),
  ];
  const kinds = new Set<string>();
  await Promise.all(
    served.map(async ({ group, version, path }) => {
      for (const { name, namespaced, verbs } of await resourcesAt(client, path)) {
        const readable = ['get', 'list', 'watch'].every((verb) => verbs.includes(verb));
        if (namespaced && readable && !name.includes('/')) kinds.add(kindKey(group, version, name));
      }
    }),
  );
  return kinds;
}

/** A group whose definitions are just being installed or removed is listed a moment longer than it is served. */
async function resourcesAt(client: KubeClient, path: string): Promise<ServedResource[]> {
  try {
    const list = (await client.request('GET', path)) as { resources?: ServedResource[] };
    return list.resources ?? [];
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}
