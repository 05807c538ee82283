import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '@kubenova/testkit/condition.ts';
import type { RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import { type AuditLevel, auditPolicy } from './audit.ts';
import type { StackContext } from './context.ts';
import { etcdClientCertificate, etcdUrl } from './etcd.ts';

/** What differs from one start of the API server to the next. */
export interface ApiServerOptions {
  /** File of the structured authentication configuration. */
  readonly authenticationFile: string;
  readonly audit: AuditLevel;
  /** Where the audit log goes. */
  readonly auditLog: string;
  readonly allowPrivileged: boolean;
}

/** Starts the API server and waits until it is ready to serve. */
export async function startApiServer(context: StackContext, options: ApiServerOptions): Promise<RunningProgram> {
  const program = await context.supervisor.start({
    name: 'kube-apiserver',
    command: context.binaries.kubeApiserver,
    arguments: await apiServerArguments(context, options),
    // It waits for open watches; without a limit the next start would find the port taken.
    graceMs: 3000,
  });
  await waitFor({
    what: `the API server of ${context.name} to be ready`,
    timeoutMs: 120_000,
    giveUp: () => program.assertAlive(),
    look: async () => (await context.client.request('GET', '/readyz')) === 'ok' || undefined,
  });
  return program;
}

async function apiServerArguments(context: StackContext, options: ApiServerOptions): Promise<readonly string[]> {
  const { pki, ports } = context;
  const etcd = await etcdClientCertificate(context);
  const serving = await pki.server('kube-apiserver', ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']);
  const kubelet = await pki.client('kubelet-client', 'kube-apiserver-kubelet-client', ['system:masters']);
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.apiServer}`,
    '--advertise-address=127.0.0.1',
    // A loopback address is no valid endpoint of the Service "kubernetes".
    '--endpoint-reconciler-type=none',
    `--etcd-servers=${etcdUrl(context)}`,
    `--etcd-cafile=${pki.caFile}`,
    `--etcd-certfile=${etcd.certFile}`,
    `--etcd-keyfile=${etcd.keyFile}`,
    `--tls-cert-file=${serving.certFile}`,
    `--tls-private-key-file=${serving.keyFile}`,
    `--client-ca-file=${pki.caFile}`,
    '--authorization-mode=Node,RBAC',
    `--authentication-config=${options.authenticationFile}`,
    // PodNodeSelector makes the node selector of a Capsule Tenant act.
    '--enable-admission-plugins=NodeRestriction,PodNodeSelector',
    `--kubelet-client-certificate=${kubelet.certFile}`,
    `--kubelet-client-key=${kubelet.keyFile}`,
    `--kubelet-certificate-authority=${pki.caFile}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${pki.serviceAccountKeyFile}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--profiling=false',
    `--allow-privileged=${options.allowPrivileged}`,
    ...auditArguments(context, options),
  ];
}

function auditArguments(context: StackContext, options: ApiServerOptions): readonly string[] {
  if (options.audit === 'off') return [];
  const policy = path.join(context.dataDir, 'audit-policy.json');
  writeFileSync(policy, auditPolicy(options.audit));
  return [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${options.auditLog}`,
    // One file only: whoever counts writes reads it from the beginning.
    '--audit-log-maxsize=0',
  ];
}
