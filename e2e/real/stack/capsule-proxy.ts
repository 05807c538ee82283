import { request } from 'node:https';
import path from 'node:path';
import { requestServiceAccountToken } from '@kubenova/kube/service-account-token.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { installDefinitions, readManifests } from '@kubenova/testkit/definitions.ts';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { StoredKeyPair } from '@kubenova/testkit/pki.ts';
import type { Program, RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import { capsuleNamespace } from './capsule.ts';
import { type ComponentKind, standInProgram, type TruePrograms } from './component-programs.ts';
import type { StackContext } from './context.ts';

/** Where people's kubeconfigs point. */
export interface CapsuleProxy {
  readonly url: string;
  /** Signs the certificate that the proxy shows. */
  readonly caPem: string;
  readonly kind: Exclude<ComponentKind, 'off'>;
}

const account = 'capsule-proxy';

/** A year, so that no token expires under a cluster that is left running. */
const tokenSeconds = 365 * 86_400;

/**
 * Starts the true capsule-proxy or its stand-in and waits until it answers. Both have the same
 * identity: the ServiceAccount `capsule-system/capsule-proxy`, cluster-admin as in the chart of the
 * true one, by a bearer token (a client certificate makes the true one crash).
 */
export async function startCapsuleProxy(context: StackContext, programs: TruePrograms): Promise<CapsuleProxy> {
  const { client, pki, ports } = context;
  await context.apply(
    [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: capsuleNamespace } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: account },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'cluster-admin',
        },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: capsuleNamespace }],
      },
    ],
    [
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: account, namespace: capsuleNamespace },
      },
    ],
  );
  const kubeconfigFile = path.join(context.dataDir, 'kubeconfigs', 'capsule-proxy.json');
  const { token } = await requestServiceAccountToken(client, {
    namespace: capsuleNamespace,
    name: account,
    expirationSeconds: tokenSeconds,
  });
  writeKubeconfig(kubeconfigFile, context.name, context.connectionOf({ kind: 'token', token }));
  const { capsuleProxyBin, componentManifests } = programs;
  if (capsuleProxyBin && componentManifests) {
    const folder = path.join(componentManifests, 'capsule-proxy', 'crds');
    await installDefinitions(context, readManifests(folder));
  }
  const serving = await pki.server('capsule-proxy');
  const program = await context.supervisor.start(
    capsuleProxyBin
      ? trueProgram(context, capsuleProxyBin, kubeconfigFile, serving)
      : standIn(context, kubeconfigFile, serving),
  );
  const url = `https://127.0.0.1:${ports.capsuleProxy}`;
  await waitForAnswer(context, program, url);
  return { url, caPem: pki.caPem, kind: capsuleProxyBin ? 'true' : 'stand-in' };
}

function trueProgram(context: StackContext, command: string, kubeconfigFile: string, serving: StoredKeyPair): Program {
  return {
    name: 'capsule-proxy',
    command,
    arguments: [
      `--listening-port=${context.ports.capsuleProxy}`,
      '--enable-ssl',
      `--ssl-cert-path=${serving.certFile}`,
      `--ssl-key-path=${serving.keyFile}`,
      '--enable-reflector=true',
      '--oidc-username-claim=sub',
      `--metrics-addr=127.0.0.1:${context.ports.capsuleProxyMetrics}`,
      '--client-connection-qps=200',
      '--client-connection-burst=400',
    ],
    environment: { NAMESPACE: capsuleNamespace, KUBECONFIG: kubeconfigFile },
  };
}

function standIn(context: StackContext, kubeconfigFile: string, serving: StoredKeyPair): Program {
  return {
    name: 'capsule-proxy',
    command: process.execPath,
    arguments: [
      standInProgram('capsule-proxy'),
      '--kubeconfig',
      kubeconfigFile,
      '--listen',
      `127.0.0.1:${context.ports.capsuleProxy}`,
      '--tls-cert',
      serving.certFile,
      '--tls-key',
      serving.keyFile,
    ],
  };
}

/** Any HTTP answer will do: without a credential the proxy refuses, and that shows that it works. */
async function waitForAnswer(context: StackContext, program: RunningProgram, url: string): Promise<void> {
  await waitFor({
    what: `capsule-proxy of ${context.name} to answer at ${url}`,
    timeoutMs: 60_000,
    giveUp: () => program.assertAlive(),
    look: () =>
      new Promise<true>((resolve, reject) => {
        const call = request(new URL('/version', url), { ca: context.pki.caPem, agent: false }, (answer) => {
          answer.resume();
          resolve(true);
        });
        call.once('error', reject);
        call.end();
      }),
  });
}
