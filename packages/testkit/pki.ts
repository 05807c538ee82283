import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CertificateRequest, createAuthority, type KeyPair, openAuthority } from './certificates.ts';

/** A certificate that lies on the disk, for the programs that read it from there. */
export interface StoredKeyPair extends KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The certificates of one world, all under one folder and signed by one authority. */
export interface Pki {
  readonly folder: string;
  readonly caPem: string;
  readonly caFile: string;
  /** A certificate under a file name; made once and then read back. */
  issue(file: string, request: CertificateRequest): Promise<StoredKeyPair>;
  /** A certificate for a server on loopback, which is a client as well where `both` is set. */
  server(file: string, dnsNames?: readonly string[], both?: boolean): Promise<StoredKeyPair>;
}

/**
 * Opens a folder of certificates, or makes it with a new authority.
 *
 * @param commonName of the authority, when it is new
 */
export async function openPki(folder: string, commonName: string): Promise<Pki> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ca = await stored(folder, 'ca', () => createAuthority(commonName));
  const authority = await openAuthority(ca);
  // Two that ask for one file at the same time must not each make their own.
  const issued = new Map<string, Promise<StoredKeyPair>>();
  const issue = (file: string, request: CertificateRequest): Promise<StoredKeyPair> => {
    const known = issued.get(file) ?? stored(folder, file, () => authority.issue(request));
    issued.set(file, known);
    return known;
  };
  return {
    folder,
    caPem: ca.cert,
    caFile: ca.certFile,
    issue,
    server: (file, dnsNames = [], both = false) =>
      issue(file, {
        commonName: file,
        dnsNames: ['localhost', ...dnsNames],
        ips: ['127.0.0.1'],
        uses: both ? ['server', 'client'] : ['server'],
      }),
  };
}

async function stored(folder: string, name: string, make: () => Promise<KeyPair>): Promise<StoredKeyPair> {
  const certFile = path.join(folder, `${name}.crt`);
  const keyFile = path.join(folder, `${name}.key`);
  if (!existsSync(certFile)) {
    const made = await make();
    writeFileSync(keyFile, made.key, { mode: 0o600 });
    writeFileSync(certFile, made.cert);
  }
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}
