import { writeFileSync } from 'node:fs';
import type { KubeConnection, KubeCredential } from '@kubenova/kube/connection.ts';

/**
 * A kubeconfig with one context and everything inline: what `parseKubeconfig` reads back as the same connection. It is
 * JSON, which is YAML too.
 *
 * @param name of its cluster, context and user
 */
export function kubeconfig(name: string, { server, ca, credential, tlsServerName, namespace }: KubeConnection): string {
  const cluster = {
    server,
    ...(ca !== undefined && { 'certificate-authority-data': base64(ca) }),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
  };
  const context = { cluster: name, user: name, ...(namespace !== undefined && { namespace }) };
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    users: [{ name, user: userOf(credential) }],
    contexts: [{ name, context }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Writes a kubeconfig that only its owner can read. */
export function writeKubeconfig(file: string, name: string, connection: KubeConnection): void {
  writeFileSync(file, kubeconfig(name, connection), { mode: 0o600 });
}

function userOf(credential: KubeCredential): Record<string, string> {
  switch (credential.kind) {
    case 'token':
      return { token: credential.token };
    case 'tokenFile':
      return { tokenFile: credential.path };
    case 'certificate':
      return { 'client-certificate-data': base64(credential.cert), 'client-key-data': base64(credential.key) };
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
