import { writeFileSync } from 'node:fs';

/** How a kubeconfig's user proves who it is. */
export type Credential = { readonly certPem: string; readonly keyPem: string } | { readonly token: string };

/** What a kubeconfig points at. */
export interface KubeconfigTarget {
  /** Name of its cluster, context and user. */
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly caPem: string;
}

/** A kubeconfig with one context and everything inline. It is JSON, which is YAML too. */
export function kubeconfig(target: KubeconfigTarget, credential: Credential): string {
  const user =
    'token' in credential
      ? { token: credential.token }
      : {
          'client-certificate-data': base64(credential.certPem),
          'client-key-data': base64(credential.keyPem),
        };
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': target.name,
      clusters: [
        {
          name: target.name,
          cluster: { server: target.server, 'certificate-authority-data': base64(target.caPem) },
        },
      ],
      users: [{ name: target.name, user }],
      contexts: [{ name: target.name, context: { cluster: target.name, user: target.name } }],
    },
    null,
    2,
  )}\n`;
}

/** Writes a kubeconfig that only its owner can read. */
export function writeKubeconfig(file: string, target: KubeconfigTarget, credential: Credential): void {
  writeFileSync(file, kubeconfig(target, credential), { mode: 0o600 });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
