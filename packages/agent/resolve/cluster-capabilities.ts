/**
 * What the cluster can do, as charts ask for it (`.Capabilities`): its version and the kinds it serves. helm itself
 * assumes an old Kubernetes when it renders without a cluster, and charts refuse that or pick old API versions.
 */
import type { KubeClient } from '@kubenova/kube/client.ts';

export interface ClusterCapabilities {
  /** `v1.37.2` */
  readonly kubernetesVersion: string;
  /** `apps/v1` and `apps/v1/Deployment`, sorted; both forms are what charts ask for. */
  readonly apiVersions: readonly string[];
}

interface DiscoveryList {
  items?: {
    metadata?: { name?: string };
    versions?: { version?: string; resources?: { responseKind?: { kind?: string } }[] }[];
  }[];
}

/** Aggregated discovery: all kinds in two answers. `v2` since Kubernetes 1.30, `v2beta1` since 1.26. */
const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/**
 * Asks the API server.
 *
 * @throws KubeError
 */
export async function readCapabilities(client: KubeClient, signal?: AbortSignal): Promise<ClusterCapabilities> {
  const ask = (path: string) => client.request('GET', path, { headers: { accept: AGGREGATED }, signal });
  const [version, core, groups] = await Promise.all([
    client.request('GET', '/version', { signal }),
    ask('/api'),
    ask('/apis'),
  ]);
  const { gitVersion } = version as { gitVersion?: string };
  return {
    kubernetesVersion: gitVersion ?? 'v0.0.0',
    apiVersions: [
      ...new Set([...apiVersionsOf(core as DiscoveryList), ...apiVersionsOf(groups as DiscoveryList)]),
    ].sort(),
  };
}

/** The names in one discovery answer; exported for its test. */
export function apiVersionsOf(list: DiscoveryList): string[] {
  return (list.items ?? []).flatMap((group) =>
    (group.versions ?? []).flatMap(({ version, resources }) => {
      const prefix = group.metadata?.name ? `${group.metadata.name}/${version}` : `${version}`;
      const kinds = (resources ?? [])
        .map(({ responseKind }) => responseKind?.kind)
        .filter((kind) => kind !== undefined && kind !== '');
      return [prefix, ...kinds.map((kind) => `${prefix}/${kind}`)];
    }),
  );
}

/**
 * Remembers the answer, since one rendering after another asks for it. A kind that was installed meanwhile is seen
 * after `maxAgeMs`, or at once after `forget`.
 */
export function cachedCapabilities(client: KubeClient, now: () => number, maxAgeMs = 300_000) {
  let known: { at: number; value: Promise<ClusterCapabilities> } | undefined;
  return {
    async get(): Promise<ClusterCapabilities> {
      if (known === undefined || now() - known.at > maxAgeMs) {
        const value = readCapabilities(client);
        known = { at: now(), value };
        value.catch(() => {
          if (known?.value === value) known = undefined;
        });
      }
      return await known.value;
    },
    forget() {
      known = undefined;
    },
  };
}
