import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection, KubeCredential } from '@kubenova/kube/connection.ts';
import { type Apply, createApply } from '@kubenova/testkit/apply.ts';
import type { KeyPair } from '@kubenova/testkit/certificates.ts';
import { choosePorts, releasePorts } from '@kubenova/testkit/ports.ts';
import { isAlive } from '@kubenova/testkit/process/is-alive.ts';
import { Supervisor } from '@kubenova/testkit/process/supervisor.ts';
import type { Binaries } from '../build.ts';
import { type ClusterPki, openClusterPki } from './cluster-pki.ts';

/** The ports of one cluster, all on 127.0.0.1. */
const portNames = [
  'etcdClient',
  'etcdPeer',
  'apiServer',
  'kubelet',
  'capsuleWebhook',
  'capsuleMetrics',
  'capsuleProxy',
  'capsuleProxyMetrics',
  'velaMetrics',
  'velaHealth',
  'podEndpoint',
] as const;

/** What the starters of a cluster's programs share. */
export interface StackContext {
  readonly name: string;
  /** Folder of everything that the cluster keeps. */
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly ports: Readonly<Record<(typeof portNames)[number], number>>;
  readonly pki: ClusterPki;
  readonly supervisor: Supervisor;
  /** URL of the API server. */
  readonly server: string;
  /** Speaks as an administrator of the cluster. */
  readonly client: KubeClient;
  /** Applies as that administrator. */
  readonly apply: Apply;
  /** How somebody else reaches the API server. */
  connectionOf(credential: KubeCredential | KeyPair): KubeConnection;
}

/** What it takes to open a cluster's data folder. */
export interface ContextOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly binaries: Binaries;
}

/**
 * Opens a cluster's data folder, or makes it, and takes it for this process.
 *
 * @throws Error when the name is no DNS label, or another process runs a cluster on the folder
 */
export async function openContext(options: ContextOptions): Promise<StackContext> {
  if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(options.name)) {
    throw new Error(`${options.name} cannot name a cluster: use up to 42 of a-z, 0-9 and "-".`);
  }
  const dataDir = path.resolve(options.dataDir);
  mkdirSync(path.join(dataDir, 'kubeconfigs'), { recursive: true, mode: 0o700 });
  takeFolder(dataDir);
  const ports = await choosePorts(portNames, path.join(dataDir, 'ports.json'));
  const pki = await openClusterPki(path.join(dataDir, 'pki'), options.name);
  const server = `https://127.0.0.1:${ports.apiServer}`;
  const connectionOf = (credential: KubeCredential | KeyPair): KubeConnection => ({
    server,
    ca: pki.caPem,
    credential: 'kind' in credential ? credential : { kind: 'certificate', cert: credential.cert, key: credential.key },
  });
  const admin = await pki.client('stack', 'kubenova-stack', ['system:masters']);
  const client = createKubeClient(connectionOf(admin), { userAgent: 'kubenova-stack', requestTimeoutMs: 30_000 });
  return {
    name: options.name,
    dataDir,
    binaries: options.binaries,
    ports,
    pki,
    supervisor: new Supervisor(path.join(dataDir, 'logs')),
    server,
    client,
    apply: createApply(client),
    connectionOf,
  };
}

/** Stops every program of the cluster and gives its ports and its folder back. */
export async function closeContext(context: StackContext): Promise<void> {
  await context.supervisor.close(['kube-apiserver', 'etcd']);
  await context.client.close();
  releasePorts(context.ports);
  rmSync(ownerFile(context.dataDir), { force: true });
}

function ownerFile(dataDir: string): string {
  return path.join(dataDir, 'owner.pid');
}

function takeFolder(dataDir: string): void {
  const file = ownerFile(dataDir);
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(readFileSync(file, 'utf8'));
  if (isAlive(owner)) {
    throw new Error(`A cluster of process ${owner} runs on ${dataDir}: stop it or name another folder.`);
  }
  writeFileSync(file, String(process.pid));
}
