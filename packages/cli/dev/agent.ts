import { join } from 'node:path';
import { agentInstallation } from '@kubenova/domain/cluster-baseline.ts';
import { SYSTEM_NAMESPACE } from '@kubenova/domain/names.ts';
import { createKubeClient } from '@kubenova/kube/client.ts';
import { knownResource } from '@kubenova/kube/kinds/known.ts';
import { loadKubeconfigFile } from '@kubenova/kube/kubeconfig.ts';
import { requestServiceAccountToken } from '@kubenova/kube/service-account-token.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import { projectRoot } from '../project.ts';
import type { DataFolder } from './data-folder.ts';
import { lean } from './lean.ts';

export interface DevAgentOptions {
  cluster: string;
  server: string;
  caPem: string;
  /** Path of an administrator's kubeconfig; used to install the Agent, as `helm install` would. */
  adminKubeconfig: string;
  helm: string;
  healthPort: number;
}

/** How long the token of a development Agent lives, in seconds: longer than anyone leaves `dev` running. */
const TOKEN_SECONDS = 30 * 86_400;

/**
 * Installs an Agent's identity on a cluster, starts the Agent as that identity and waits until it is healthy.
 *
 * @throws Error with the last lines of its log when it ends or never gets healthy
 */
export async function startAgent(supervisor: Supervisor, data: DataFolder, options: DevAgentOptions): Promise<void> {
  const kubeconfig = data.file(`agent-${options.cluster}.kubeconfig`);
  writeKubeconfig(kubeconfig, options.cluster, {
    server: options.server,
    ca: options.caPem,
    credential: { kind: 'token', token: await installAgent(options) },
  });
  const program = await supervisor.start({
    name: `agent-${options.cluster}`,
    command: process.execPath,
    arguments: ['--disable-warning=ExperimentalWarning', join(projectRoot, 'packages', 'agent', 'main.ts')],
    graceMs: 10_000,
    environment: {
      ...lean,
      KUBENOVA_KUBECONFIG: kubeconfig,
      KUBENOVA_CLUSTER: options.cluster,
      KUBENOVA_HELM: options.helm,
      KUBENOVA_HEALTH_LISTEN: `127.0.0.1:${options.healthPort}`,
      KUBENOVA_CACHE_DIR: data.file(`agent-${options.cluster}`),
      // The chart repository of this world is on loopback.
      KUBENOVA_ALLOW_LOOPBACK_SOURCES: 'true',
    },
  });
  await waitFor({
    what: `the Agent of ${options.cluster} to be healthy`,
    timeoutMs: 60_000,
    giveUp: () => program.assertAlive(),
    look: async () => {
      const answer = await fetch(`http://127.0.0.1:${options.healthPort}/healthz`, {
        signal: AbortSignal.timeout(2_000),
      });
      return answer.ok ? true : undefined;
    },
  });
}

/** Applies what an Agent needs and answers a token of its ServiceAccount. */
async function installAgent(options: DevAgentOptions): Promise<string> {
  const client = createKubeClient(await loadKubeconfigFile(options.adminKubeconfig), { userAgent: 'kubenova-dev' });
  try {
    for (const object of agentInstallation()) {
      const resource = knownResource(object);
      if (resource === undefined) throw new Error(`packages/kube knows no ${object.apiVersion} ${object.kind}`);
      await client.apply(resource, object, { fieldManager: 'kubenova-dev', force: true });
    }
    const { token } = await requestServiceAccountToken(client, {
      namespace: SYSTEM_NAMESPACE,
      name: 'kubenova-agent',
      expirationSeconds: TOKEN_SECONDS,
    });
    return token;
  } finally {
    await client.close();
  }
}
