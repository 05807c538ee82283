import { readFileSync } from 'node:fs';
import { createClient, type KubeNovaClient } from '@kubenova/knapi/client.ts';
import type { Condition } from '@kubenova/knapi/schemas.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { CommandFailure } from '../output/failure.ts';
import type { DevFileCluster } from './data-folder.ts';

/**
 * Registers a cluster by the API call that a person would use, unless an earlier start did, and waits until every
 * condition is true.
 *
 * @param say told which conditions are not true yet
 * @throws CommandFailure with the Manager's problem, or with the conditions that stayed false
 */
export async function registerCluster(
  manager: { url: string; token: string },
  cluster: DevFileCluster,
  say: (detail: string) => void,
): Promise<void> {
  const client = createClient({ managerUrl: manager.url, token: manager.token });
  const known = await client.GET('/api/v1/clusters/{cluster}', { params: { path: { cluster: cluster.name } } });
  if (known.data === undefined) await create(client, cluster);
  else if (known.data.capsuleProxyUrl !== cluster.capsuleProxyUrl) await refresh(client, cluster);
  let pending: Condition[] = [];
  try {
    await waitFor({
      what: `cluster ${cluster.name} to be ready`,
      timeoutMs: 120_000,
      everyMs: 25,
      look: async () => {
        const { data } = await client.GET('/api/v1/clusters/{cluster}', {
          params: { path: { cluster: cluster.name } },
        });
        pending = (data?.status.conditions ?? []).filter((condition) => condition.status !== 'True');
        if (pending.length > 0) say(pending.map((condition) => condition.type).join(', '));
        return data?.status.phase === 'Ready' ? true : undefined;
      },
    });
  } catch (error) {
    const reasons = pending.map((condition) => `${condition.type}: ${condition.message}`).join('\n  ');
    throw new CommandFailure(`${(error as Error).message}\n  ${reasons}`);
  }
}

function body(cluster: DevFileCluster) {
  return {
    kubeconfig: readFileSync(cluster.kubeconfig).toString('base64'),
    capsuleProxyUrl: cluster.capsuleProxyUrl,
    capsuleProxyCa: readFileSync(cluster.capsuleProxyCaFile, 'utf8'),
  };
}

async function create(client: KubeNovaClient, cluster: DevFileCluster): Promise<void> {
  const { error } = await client.POST('/api/v1/clusters', {
    body: { name: cluster.name, zone: cluster.zone, connection: 'direct', ...body(cluster) },
  });
  if (error !== undefined) throw new CommandFailure(`registering ${cluster.name}: ${error.detail}`);
}

/** After a start on which a port was taken by something else the cluster has another address. */
async function refresh(client: KubeNovaClient, cluster: DevFileCluster): Promise<void> {
  const { error } = await client.PATCH('/api/v1/clusters/{cluster}', {
    params: { path: { cluster: cluster.name } },
    body: body(cluster),
  });
  if (error !== undefined) throw new CommandFailure(`updating ${cluster.name}: ${error.detail}`);
}
