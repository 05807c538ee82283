import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Node } from '@kubenova/kube/kinds/core.ts';
import { asStack } from '@kubenova/testkit/apply.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import type { StackContext } from './context.ts';
import { componentKubeconfig } from './controllers.ts';

/** kwok's own sets of Stages that make nodes and pods live: what `kwokctl` takes by default. */
const stageSets = ['node/fast', 'node/heartbeat-with-lease', 'pod/fast'];

/** File in which every simulated container's log lines stand. */
export function podLogFile(context: StackContext): string {
  return path.join(context.dataDir, 'containers.log');
}

/**
 * Starts kwok, which plays the kubelet of every node: it makes pods Running and Ready, and serves
 * logs, exec, attach and port-forward at a port of its own. No container ever runs.
 */
export async function startKwok(context: StackContext): Promise<RunningProgram> {
  const config = path.join(context.dataDir, 'kwok.yaml');
  writeFileSync(config, kwokConfig(context));
  // It is every node at once: by this group KubeNova's admission policies let it end the pods of Apps, as kubelets do.
  const kubeconfig = await componentKubeconfig(context, 'kwok', 'kwok', ['system:masters', 'system:nodes']);
  const serving = await context.pki.server('kubelet');
  const port = context.ports.kubelet;
  return context.supervisor.start({
    name: 'kwok',
    command: context.binaries.kwok,
    arguments: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      '--manage-all-nodes',
      '--node-ip=127.0.0.1',
      `--node-port=${port}`,
      `--server-address=127.0.0.1:${port}`,
      '--node-lease-duration-seconds=40',
      `--tls-cert-file=${serving.certFile}`,
      `--tls-private-key-file=${serving.keyFile}`,
    ],
    environment: {
      KUBENOVA_EXEC_PROGRAM: path.join(import.meta.dirname, 'container-shell.sh'),
    },
  });
}

function kwokConfig(context: StackContext): string {
  const stages = stageSets.flatMap((set) => {
    const folder = path.join(context.binaries.kwokStages, set);
    return readdirSync(folder)
      .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
      .map((file) => readFileSync(path.join(folder, file), 'utf8'));
  });
  const logsFile = podLogFile(context);
  const endpoints = [
    { kind: 'ClusterLogs', spec: { logs: [{ logsFile, follow: true }] } },
    { kind: 'ClusterAttach', spec: { attaches: [{ logsFile }] } },
    { kind: 'ClusterExec', spec: { execs: [{ local: { workDir: context.dataDir } }] } },
    {
      kind: 'ClusterPortForward',
      spec: {
        forwards: [{ target: { address: '127.0.0.1', port: context.ports.podEndpoint } }],
      },
    },
  ].map(({ kind, spec }) =>
    JSON.stringify({
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind,
      metadata: { name: 'every-pod' },
      spec,
    }),
  );
  return [...stages, ...endpoints].join('\n---\n');
}

/**
 * Registers the simulated nodes and waits until they are Ready.
 *
 * @param count how many nodes, named `<cluster>-node-1` and so on
 */
export async function registerNodes(
  context: StackContext,
  count: number,
  kwok: RunningProgram,
): Promise<readonly string[]> {
  const { client } = context;
  const names = Array.from({ length: count }, (_, index) => `${context.name}-node-${index + 1}`);
  await Promise.all(
    names.map(async (name) => {
      const identity = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
      await client.apply(
        Node,
        {
          ...identity,
          metadata: {
            name,
            labels: {
              'kubernetes.io/hostname': name,
              'kubernetes.io/os': 'linux',
              'kubernetes.io/arch': 'amd64',
              'topology.kubernetes.io/zone': context.name,
            },
            annotations: { 'kwok.x-k8s.io/node': 'fake' },
          },
        },
        asStack,
      );
      const addresses = [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ];
      await client.apply(Node, { ...identity, status: { addresses } }, { ...asStack, subresource: 'status' });
      await waitFor({
        what: `the node ${name} to be Ready`,
        timeoutMs: 60_000,
        giveUp: () => kwok.assertAlive(),
        look: async () => isReady(await client.get(Node, { name })) || undefined,
      });
    }),
  );
  return names;
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}
