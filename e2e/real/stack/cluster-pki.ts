import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openPki, type Pki, type StoredKeyPair } from '@kubenova/testkit/pki.ts';

/** The keys and certificates of one cluster: those of any world, and what Kubernetes needs beyond them. */
export interface ClusterPki extends Pki {
  /** Signs ServiceAccount tokens. */
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  /** A client certificate for a user in groups. */
  client(file: string, user: string, groups?: readonly string[]): Promise<StoredKeyPair>;
  /** A client certificate that speaks as a ServiceAccount, for programs that would run in a pod. */
  serviceAccountClient(file: string, namespace: string, name: string): Promise<StoredKeyPair>;
}

/** Opens the keys of a cluster, or makes them when the folder has none yet. */
export async function openClusterPki(folder: string, clusterName: string): Promise<ClusterPki> {
  const pki = await openPki(folder, `kubenova-real ${clusterName}`);
  const serviceAccountKeyFile = path.join(folder, 'service-account.key');
  const serviceAccountPublicKeyFile = path.join(folder, 'service-account.pub');
  if (!existsSync(serviceAccountKeyFile)) {
    // RSA, since every verifier of ServiceAccount tokens knows RS256.
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(serviceAccountKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  const publicKey = createPublicKey(createPrivateKey(readFileSync(serviceAccountKeyFile)));
  writeFileSync(serviceAccountPublicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const client = (file: string, user: string, groups: readonly string[] = []) =>
    pki.issue(file, { commonName: user, organizations: groups, uses: ['client'] });
  return {
    ...pki,
    serviceAccountKeyFile,
    serviceAccountPublicKeyFile,
    client,
    serviceAccountClient: (file, namespace, name) =>
      client(file, `system:serviceaccount:${namespace}:${name}`, [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
      ]),
  };
}
