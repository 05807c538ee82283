import path from 'node:path';
import { writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import type { StackContext } from './context.ts';

/** Writes a kubeconfig for one of the cluster's own programs and gives its path. */
export async function componentKubeconfig(
  context: StackContext,
  name: string,
  user: string,
  groups: readonly string[] = [],
): Promise<string> {
  const file = path.join(context.dataDir, 'kubeconfigs', `${name}.json`);
  const credential = await context.pki.client(`client-${name}`, user, groups);
  writeKubeconfig(file, context.name, context.connectionOf(credential));
  return file;
}

/** Starts kube-controller-manager, alone and therefore without an election. */
export async function startControllerManager(context: StackContext): Promise<RunningProgram> {
  const user = 'system:kube-controller-manager';
  return context.supervisor.start({
    name: 'kube-controller-manager',
    command: context.binaries.kubeControllerManager,
    arguments: [
      `--kubeconfig=${await componentKubeconfig(context, 'kube-controller-manager', user)}`,
      `--service-account-private-key-file=${context.pki.serviceAccountKeyFile}`,
      `--root-ca-file=${context.pki.caFile}`,
      '--use-service-account-credentials',
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      '--profiling=false',
    ],
  });
}

/** Starts kube-scheduler, alone and therefore without an election. */
export async function startScheduler(context: StackContext): Promise<RunningProgram> {
  const user = 'system:kube-scheduler';
  return context.supervisor.start({
    name: 'kube-scheduler',
    command: context.binaries.kubeScheduler,
    arguments: [
      `--kubeconfig=${await componentKubeconfig(context, 'kube-scheduler', user)}`,
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      '--profiling=false',
    ],
  });
}
