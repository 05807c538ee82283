import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CertificateRequest, createAuthority, issueCertificate, type KeyPair } from './certificate.ts';

/** A certificate that lies on the disk, for the programs that read it from there. */
export interface StoredKeyPair extends KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The keys and certificates of one cluster, all under one folder and signed by one authority. */
export interface Pki {
  readonly folder: string;
  readonly caPem: string;
  readonly caFile: string;
  /** Signs ServiceAccount tokens. */
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  /** A certificate under a file name; made once and then read back. */
  issue(file: string, request: CertificateRequest): StoredKeyPair;
  /** A client certificate for a user in groups. */
  client(file: string, user: string, groups?: readonly string[]): StoredKeyPair;
  /** A client certificate that speaks as a ServiceAccount, for programs that would run in a pod. */
  serviceAccountClient(file: string, namespace: string, name: string): StoredKeyPair;
  /** A certificate for a server on loopback, which is a client as well where `both` is set. */
  server(file: string, dnsNames?: readonly string[], both?: boolean): StoredKeyPair;
}

/** Opens the keys of a cluster, or makes them when the folder has none yet. */
export function openPki(folder: string, clusterName: string): Pki {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = stored(folder, 'ca', () => createAuthority(`kubenova-real ${clusterName}`));
  const serviceAccountKeyFile = path.join(folder, 'service-account.key');
  const serviceAccountPublicKeyFile = path.join(folder, 'service-account.pub');
  if (!existsSync(serviceAccountKeyFile)) {
    // RSA, since every verifier of ServiceAccount tokens knows RS256.
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeSecret(serviceAccountKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const publicKey = createPublicKey(createPrivateKey(readFileSync(serviceAccountKeyFile)));
  writeFileSync(serviceAccountPublicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const issue = (file: string, request: CertificateRequest) =>
    stored(folder, file, () => issueCertificate(authority, request));
  const client = (file: string, user: string, groups: readonly string[] = []) =>
    issue(file, { commonName: user, organizations: groups, uses: ['client'] });
  return {
    folder,
    caPem: authority.certPem,
    caFile: authority.certFile,
    serviceAccountKeyFile,
    serviceAccountPublicKeyFile,
    issue,
    client,
    serviceAccountClient: (file, namespace, name) =>
      client(file, `system:serviceaccount:${namespace}:${name}`, [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
      ]),
    server: (file, dnsNames = [], both = false) =>
      issue(file, {
        commonName: file,
        dnsNames: ['localhost', ...dnsNames],
        ips: ['127.0.0.1'],
        uses: both ? ['server', 'client'] : ['server'],
      }),
  };
}

function stored(folder: string, name: string, make: () => KeyPair): StoredKeyPair {
  const certFile = path.join(folder, `${name}.crt`);
  const keyFile = path.join(folder, `${name}.key`);
  if (!existsSync(certFile)) {
    const made = make();
    writeSecret(keyFile, made.keyPem);
    writeFileSync(certFile, made.certPem);
  }
  return {
    certFile,
    keyFile,
    certPem: readFileSync(certFile, 'utf8'),
    keyPem: readFileSync(keyFile, 'utf8'),
  };
}

function writeSecret(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}
