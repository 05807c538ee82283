/**
 * A whole simulated cluster: the simulator, and beside it, on its API alone, the stand-ins for Capsule, capsule-proxy and
 * KubeVela with the identities and rights that the true programs have on a real one. It lives in this process.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { velaCoreInstallation } from '@kubenova/domain/cluster-baseline.ts';
import { serviceAccountUser, VELA_NAMESPACE } from '@kubenova/domain/names.ts';
import { createKubeClient, type KubeClient } from '@kubenova/kube/client.ts';
import type { KubeConnection, KubeCredential } from '@kubenova/kube/connection.ts';
import type { KubeObject } from '@kubenova/kube/object.ts';
import { type SimCluster, type SimClusterOptions, startSimCluster } from '@kubenova/kube-sim/cluster.ts';
import { startCapsule } from '@kubenova/stand-ins/capsule/capsule.ts';
import { startCapsuleProxy } from '@kubenova/stand-ins/capsule-proxy/proxy.ts';
import { kubernetesMachinery, type MachineryOptions } from '@kubenova/stand-ins/kubernetes/machinery.ts';
import { startVelaCore } from '@kubenova/stand-ins/kubevela/controller/vela-core.ts';
import { createApply } from './apply.ts';
import { clearCapsuleWebhooks } from './capsule-webhooks.ts';
import type { KeyPair } from './certificates.ts';
import { installDefinitions, readManifests } from './definitions.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { openPki } from './pki.ts';
import { choosePorts, releasePorts } from './ports.ts';

export interface FullSimOptions extends Pick<SimClusterOptions, 'name' | 'clock' | 'oidc' | 'interceptor' | 'nodes'> {
  /** Keeps keys, ports, kubeconfigs and, with `durable`, the cluster itself. */
  readonly folder: string;
  /** Whether a later start on the same folder finds the cluster as it was left. */
  readonly durable?: boolean;
  readonly machinery?: MachineryOptions;
  readonly onError?: (where: string, error: unknown) => void;
}

export interface FullSimCluster {
  readonly name: string;
  readonly sim: SimCluster;
  readonly server: string;
  readonly caPem: string;
  /** Path of a kubeconfig with all rights (`system:masters`). */
  readonly adminKubeconfig: string;
  /** Speaks as that administrator. */
  readonly admin: KubeClient;
  readonly capsuleProxy: { readonly url: string; readonly caPem: string };
  /** How a user in groups reaches it, by a client certificate. */
  connectionOf(
    user: string,
    groups: readonly string[],
    through?: 'API server' | 'capsule-proxy',
  ): Promise<KubeConnection>;
  stop(): Promise<void>;
}

const CAPSULE_NAMESPACE = 'capsule-system';
/** As KubeVela's chart names it. */
const VELA_ACCOUNT = 'kubevela-vela-core';
const standIns = path.join(import.meta.dirname, '..', 'stand-ins');

/** Starts it and resolves when all of it works. */
export async function startFullSimCluster(options: FullSimOptions): Promise<FullSimCluster> {
  const { name, folder, onError = () => undefined } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports = await choosePorts(['apiServer', 'capsuleWebhook', 'capsuleProxy'], path.join(folder, 'ports.json'));
  const pki = await openPki(path.join(folder, 'pki'), `kubenova-sim ${name}`);
  const serving = await pki.server('kube-apiserver', ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']);
  const sim = await startSimCluster({
    ...options,
    machinery: kubernetesMachinery(options.machinery),
    port: ports.apiServer,
    tls: { cert: serving.cert, key: serving.key, caPem: pki.caPem },
    clientCaPem: pki.caPem,
    serviceAccountKeyPem: serviceAccountKey(path.join(folder, 'service-account.key')),
    ...(options.durable && { journalFile: path.join(folder, 'journal') }),
    onError,
  });
  const connectionTo = (credential: KubeCredential | KeyPair): KubeConnection => ({
    server: sim.server,
    ca: pki.caPem,
    credential: 'kind' in credential ? credential : { kind: 'certificate', cert: credential.cert, key: credential.key },
  });
  const certified = (file: string, commonName: string, organizations: readonly string[] = []) =>
    pki.issue(file, { commonName, organizations, uses: ['client'] }).then(connectionTo);
  const account = (namespace: string, account: string) =>
    certified(`client-${account}`, serviceAccountUser(namespace, account), [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
    ]);

  const adminConnection = await certified('admin', 'kubenova-admin', ['system:masters']);
  const adminKubeconfig = path.join(folder, 'admin.kubeconfig');
  writeKubeconfig(adminKubeconfig, name, adminConnection);
  const admin = createKubeClient(adminConnection, { userAgent: 'kubenova-sim' });
  const started: (() => Promise<void>)[] = [() => sim.stop(), () => admin.close()];
  const stop = async () => {
    for (const each of started.reverse()) await each();
    releasePorts(ports);
  };
  try {
    await clearCapsuleWebhooks(admin);
    await installParts(admin);
    const proxyAccount = await account(CAPSULE_NAMESPACE, 'capsule-proxy');
    const velaClient = createKubeClient(await account(VELA_NAMESPACE, VELA_ACCOUNT), { maxConnections: 32 });
    const vela = startVelaCore(velaClient, { onError });
    started.push(async () => {
      await vela.stop();
      await velaClient.close();
    });
    const webhook = await pki.server('capsule-webhook');
    const capsule = await startCapsule({
      connection: await account(CAPSULE_NAMESPACE, 'capsule'),
      host: '127.0.0.1',
      port: ports.capsuleWebhook,
      certificate: webhook.cert,
      key: webhook.key,
      ca: pki.caPem,
      onError,
    });
    started.push(() => capsule.close());
    const proxyServing = await pki.server('capsule-proxy');
    const proxy = await startCapsuleProxy({
      connection: proxyAccount,
      host: '127.0.0.1',
      port: ports.capsuleProxy,
      certificate: proxyServing.cert,
      key: proxyServing.key,
      onError: (error) => onError('capsule-proxy', error),
    });
    started.push(() => proxy.close());
    await vela.synced;
  } catch (error) {
    await stop();
    throw error;
  }
  const proxyUrl = `https://127.0.0.1:${ports.capsuleProxy}`;
  return {
    name,
    sim,
    server: sim.server,
    caPem: pki.caPem,
    adminKubeconfig,
    admin,
    capsuleProxy: { url: proxyUrl, caPem: pki.caPem },
    async connectionOf(user, groups, through = 'API server') {
      const who = createHash('sha256').update(JSON.stringify([user, groups]));
      const connection = await certified(`user-${who.digest('hex').slice(0, 16)}`, user, groups);
      return through === 'API server' ? connection : { ...connection, server: proxyUrl };
    },
    stop,
  };
}

/** What the parts beside the API server need of it: kinds, definitions, and rights as their charts give them. */
async function installParts(admin: KubeClient): Promise<void> {
  const apply = createApply(admin);
  const manifests = ['capsule', 'kubevela'].flatMap((part) => readManifests(path.join(standIns, part, 'manifests')));
  const isDefinition = ({ kind }: KubeObject) => kind === 'CustomResourceDefinition';
  const isNamespace = ({ kind }: KubeObject) => kind === 'Namespace';
  await apply(manifests.filter(isNamespace));
  await Promise.all([
    installDefinitions({ client: admin, apply }, manifests.filter(isDefinition)),
    apply(velaCoreInstallation(), clusterAdministrator('capsule-proxy')),
  ]);
  await apply(manifests.filter((object) => !isDefinition(object) && !isNamespace(object)));
}

/** capsule-proxy is an administrator by its chart, as Capsule is by the manifests of its stand-in. */
function clusterAdministrator(name: string): KubeObject[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: CAPSULE_NAMESPACE } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace: CAPSULE_NAMESPACE }],
    },
  ];
}

/** RSA, since every verifier of ServiceAccount tokens knows RS256; kept, so that tokens outlive a restart. */
function serviceAccountKey(file: string): string {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
