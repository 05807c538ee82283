import path from 'node:path';
import type { StoredKeyPair } from '@kubenova/testkit/pki.ts';
import type { RunningProgram } from '@kubenova/testkit/process/supervisor.ts';
import type { StackContext } from './context.ts';

/** The certificate with which the API server and etcd itself speak to etcd. */
export function etcdClientCertificate(context: StackContext): Promise<StoredKeyPair> {
  return context.pki.server('etcd', [], true);
}

/** URL under which the API server reaches etcd. */
export function etcdUrl(context: StackContext): string {
  return `https://127.0.0.1:${context.ports.etcdClient}`;
}

/**
 * Starts etcd with mutual TLS, since anyone on the machine could read and write the cluster through
 * an open port. The API server waits for it by itself.
 */
export async function startEtcd(context: StackContext): Promise<RunningProgram> {
  const { certFile, keyFile } = await etcdClientCertificate(context);
  const { caFile } = context.pki;
  const client = etcdUrl(context);
  const peer = `https://127.0.0.1:${context.ports.etcdPeer}`;
  return context.supervisor.start({
    name: 'etcd',
    command: context.binaries.etcd,
    arguments: [
      `--name=${context.name}`,
      `--data-dir=${path.join(context.dataDir, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      // The name of the member, not its peer address, is what a restart is known by.
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${context.name}=${peer}`,
      `--cert-file=${certFile}`,
      `--key-file=${keyFile}`,
      `--trusted-ca-file=${caFile}`,
      '--client-cert-auth',
      `--peer-cert-file=${certFile}`,
      `--peer-key-file=${keyFile}`,
      `--peer-trusted-ca-file=${caFile}`,
      '--peer-client-cert-auth',
      // A test world may lose its last second when the whole machine fails, and is three times
      // faster for it; a program that is merely killed loses nothing.
      '--unsafe-no-fsync',
      '--auto-compaction-retention=10m',
      '--log-level=warn',
    ],
  });
}
