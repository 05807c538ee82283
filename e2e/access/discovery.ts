/**
 * Everything that the cluster serves, as it tells itself by aggregated discovery (Kubernetes' KEP-3352): each resource
 * and each subresource of every group and version, with the verbs that it takes.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  /** `pods`, or `pods/exec`. */
  readonly name: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
}

interface Discovered {
  readonly resource: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly responseKind?: { readonly kind: string };
  readonly verbs: readonly string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind?: { readonly kind: string };
    readonly verbs: readonly string[];
  }[];
}

interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly { readonly version: string; readonly resources?: readonly Discovered[] }[];
  }[];
}

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What is served in the version that the cluster prefers of each group; rights do not know versions. */
export async function discover(client: KubeClient): Promise<ServedResource[]> {
  const lists = await Promise.all(
    ['/api', '/apis'].map((path) => client.request('GET', path, { headers: { accept: ACCEPT } })),
  );
  const found = new Map<string, ServedResource>();
  for (const { items } of lists as GroupDiscoveryList[]) {
    for (const { metadata, versions } of items) {
      for (const { version, resources = [] } of versions) {
        for (const served of resources.flatMap((one) => withSubresources(metadata?.name ?? '', version, one))) {
          const key = keyOf(served);
          if (!found.has(key)) found.set(key, served);
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** `pods/log`, `deployments.apps`, `deployments.apps/scale`: as kubectl names a resource. */
export function keyOf({ group, name }: Pick<ServedResource, 'group' | 'name'>): string {
  const [resource = '', ...rest] = name.split('/');
  return [group === '' ? resource : `${resource}.${group}`, ...rest].join('/');
}

function withSubresources(group: string, version: string, found: Discovered): ServedResource[] {
  const namespaced = found.scope === 'Namespaced';
  const main = {
    group,
    version,
    name: found.resource,
    namespaced,
    kind: found.responseKind?.kind ?? '',
    verbs: found.verbs,
  };
  return [
    main,
    ...(found.subresources ?? []).map(({ subresource, responseKind, verbs }) => ({
      ...main,
      name: `${found.resource}/${subresource}`,
      kind: responseKind?.kind ?? '',
      verbs,
    })),
  ];
}
