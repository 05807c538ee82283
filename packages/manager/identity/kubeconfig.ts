/** The kubeconfig of a tenant's member: one context a cluster, each through capsule-proxy with its CA. */
import { stringify } from 'yaml';

export interface KubeconfigContext {
  cluster: string;
  capsuleProxyUrl: string;
  /** PEM; the system's authorities where there is none. */
  capsuleProxyCa: string | null;
  /** A token for this cluster's audience alone. */
  token: string;
}

/**
 * The YAML text. Contexts are `<tenant>@<cluster>`, and the first is current. No default namespace is set: a member sees
 * only its tenant's namespaces, and `default` is none of them.
 */
export function kubeconfigText(tenant: string, contexts: readonly KubeconfigContext[]): string {
  const nameOf = (context: KubeconfigContext) => `${tenant}@${context.cluster}`;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': contexts[0] === undefined ? '' : nameOf(contexts[0]),
      clusters: contexts.map((context) => ({
        name: context.cluster,
        cluster: {
          server: context.capsuleProxyUrl,
          ...(context.capsuleProxyCa === null
            ? {}
            : { 'certificate-authority-data': Buffer.from(context.capsuleProxyCa).toString('base64') }),
        },
      })),
      users: contexts.map((context) => ({ name: nameOf(context), user: { token: context.token } })),
      contexts: contexts.map((context) => ({
        name: nameOf(context),
        context: { cluster: context.cluster, user: nameOf(context) },
      })),
    },
    { lineWidth: 0 },
  );
}
